/*
 * What a hostile or broken client may say to serve, and that the next client
 * is served all the same.
 */

#include <stdatomic.h>

#include "common/base/limits.h"
#include "common/http/serve.h"
#include "tests/lib/raw.h"
#include "tests/lib/unit.h"

static struct err err;
static struct serve *serve;
static atomic_uint handled;

static enum serve_next
echo(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	atomic_fetch_add(&handled, 1);
	reply->type = "text/plain";
	reply->body = serve_body(request, &reply->len);
	return SERVE_REPLY;
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/hello", .handle = echo },
	{ .method = "POST", .path = "/echo", .body_max = 1000, .handle = echo },
	{ .method = "POST", .path = "/dir/*", .body_max = 10, .handle = echo },
};

static void
setup(void)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.threads = 2,
		.patience = { .head_ms = 1500 } };

	ok(serve_open(&serve, &opts, &err));
}

static void
teardown(void)
{
	serve_close(serve);
}

struct row {
	const char *what;
	unsigned code; /* 0: closed without a word */
	const char *text;
	size_t len;
};

#define ROW(what, code, text)                                                  \
	{                                                                      \
		what, code, text, sizeof(text) - 1                             \
	}
#define GET "GET /hello HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define HI "5\r\nhello\r\n0\r\n\r\n"

static const struct row HOSTILE[] = {
	/* How long is the body? */
	ROW("length and chunked", 400,
	    POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" HI),
	ROW("chunked and length", 400,
	    POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" HI),
	ROW("chunked and length 0", 400,
	    POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" HI),
	ROW("two lengths that differ", 400,
	    POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
	ROW("two lengths alike", 400,
	    POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
	ROW("two lengths in other case", 400,
	    POST "Content-Length: 5\r\ncontent-LENGTH: 5\r\n\r\nhello"),
	ROW("length list", 400, POST "Content-Length: 5, 5\r\n\r\nhello"),
	ROW("length list without space", 400,
	    POST "Content-Length: 5,6\r\n\r\nhello"),
	ROW("length +5", 400, POST "Content-Length: +5\r\n\r\nhello"),
	ROW("length -1", 400, POST "Content-Length: -1\r\n\r\nhello"),
	ROW("length -0", 400, POST "Content-Length: -0\r\n\r\nhello"),
	ROW("length 0x5", 400, POST "Content-Length: 0x5\r\n\r\nhello"),
	ROW("length 5.0", 400, POST "Content-Length: 5.0\r\n\r\nhello"),
	ROW("length 1e1", 400, POST "Content-Length: 1e1\r\n\r\nhello"),
	ROW("length five", 400, POST "Content-Length: five\r\n\r\nhello"),
	ROW("length of nothing", 400, POST "Content-Length:\r\n\r\nhello"),
	ROW("length of space", 400, POST "Content-Length:  \r\n\r\nhello"),
	ROW("length with space after", 400,
	    POST "Content-Length: 5 \r\n\r\nhello"),
	ROW("length with space within", 400,
	    POST "Content-Length: 1 0\r\n\r\nhello"),
	ROW("length with NUL", 400, POST "Content-Length: 5\0\r\n\r\nhello"),
	ROW("length with NUL and more", 400,
	    POST "Content-Length: 5\0000\r\n\r\nhello"),
	ROW("length with vertical tab", 400,
	    POST "Content-Length: \0135\r\n\r\nhello"),
	ROW("length of the route and one", 413,
	    POST "Content-Length: 1001\r\n\r\n"),
	ROW("length of 17 digits", 413,
	    POST "Content-Length: 99999999999999999\r\n\r\n"),
	ROW("length 2^63", 400,
	    POST "Content-Length: 9223372036854775808\r\n\r\n"),
	ROW("length 2^64 + 5", 413,
	    POST "Content-Length: 18446744073709551621\r\n\r\nhello"),
	ROW("length of 30 digits", 413,
	    POST "Content-Length: 100000000000000000000000000005\r\n\r\n"),
	ROW("length with leading zeros", 400,
	    POST "Content-Length: 0000000000000000000005\r\n\r\nhello"),
	ROW("body for a GET", 413, GET "Content-Length: 5\r\n\r\nhello"),
	ROW("chunked body for a GET", 413,
	    GET "Transfer-Encoding: chunked\r\n\r\n" HI),
	/* Chunked in other spellings. */
	ROW("Chunked", 400, POST "Transfer-Encoding: Chunked\r\n\r\n" HI),
	ROW("CHUNKED", 400, POST "Transfer-Encoding: CHUNKED\r\n\r\n" HI),
	ROW("chunked and space", 400,
	    POST "Transfer-Encoding: chunked \r\n\r\n" HI),
	ROW("chunked twice in a line", 400,
	    POST "Transfer-Encoding: chunked, chunked\r\n\r\n" HI),
	ROW("chunked in two lines", 400,
	    POST "Transfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n" HI),
	ROW("identity and chunked in two lines", 400,
	    POST "Transfer-Encoding: identity\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n" HI),
	ROW("gzip, chunked", 400,
	    POST "Transfer-Encoding: gzip, chunked\r\n\r\n" HI),
	ROW("chunked, identity", 400,
	    POST "Transfer-Encoding: chunked, identity\r\n\r\n" HI),
	ROW("identity", 400, POST "Transfer-Encoding: identity\r\n\r\n" HI),
	ROW("gzip", 400, POST "Transfer-Encoding: gzip\r\n\r\n" HI),
	ROW("xchunked", 400, POST "Transfer-Encoding: xchunked\r\n\r\n" HI),
	ROW("chunked with parameter", 400,
	    POST "Transfer-Encoding: chunked;q=1\r\n\r\n" HI),
	ROW("chunked in quotes", 400,
	    POST "Transfer-Encoding: \"chunked\"\r\n\r\n" HI),
	ROW("chunked after a comma", 400,
	    POST "Transfer-Encoding: ,chunked\r\n\r\n" HI),
	ROW("chunked after a vertical tab", 400,
	    POST "Transfer-Encoding: \013chunked\r\n\r\n" HI),
	ROW("chunked and NUL", 400,
	    POST "Transfer-Encoding: chunked\0\r\n\r\n" HI),
	ROW("encoding of nothing", 400, POST "Transfer-Encoding:\r\n\r\n" HI),
	ROW("space before the colon", 400,
	    POST "Transfer-Encoding : chunked\r\n\r\n" HI),
	ROW("tab before the colon", 400,
	    POST "Transfer-Encoding\t: chunked\r\n\r\n" HI),
	ROW("length with space before the colon", 400,
	    POST "Content-Length : 5\r\n\r\nhello"),
	ROW("chunked in a continued line", 400,
	    POST "Transfer-Encoding:\r\n chunked\r\n\r\n" HI),
	ROW("chunked by a continued name", 400,
	    POST "Transfer-Encodin: chunked\r\n g\r\n\r\n" HI),
	/* Chunks. */
	ROW("chunk size -1", 400, CHUNKED "-1\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size +5", 400, CHUNKED "+5\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size 0x5", 400, CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size of nothing", 400, CHUNKED "\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size g", 400, CHUNKED "g\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size with space before", 400,
	    CHUNKED " 5\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size with space after", 400,
	    CHUNKED "5 \r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size with NUL", 400, CHUNKED "5\0\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size 2^64", 413,
	    CHUNKED "10000000000000000\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk size 2^64 + 5", 413,
	    CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk extension only", 400, CHUNKED ";a\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk longer than its size", 400,
	    CHUNKED "4\r\nhello\r\n0\r\n\r\n"),
	ROW("chunk without its end", 400, CHUNKED "5\r\nhello0\r\n\r\n"),
	ROW("trailer", 400,
	    CHUNKED "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"),
	ROW("trailer without colon", 400,
	    CHUNKED "5\r\nhello\r\n0\r\nx\r\n\r\n"),
	/* For whom is it? */
	ROW("no Host", 400, "GET /hello HTTP/1.1\r\n\r\n"),
	ROW("two Hosts", 400, GET "Host: b\r\n\r\n"),
	ROW("two Hosts alike", 400, GET "Host: a\r\n\r\n"),
	ROW("Host of nothing", 400, "GET /hello HTTP/1.1\r\nHost:\r\n\r\n"),
	ROW("Host with a path", 400,
	    "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	ROW("Host with a user", 400,
	    "GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n"),
	ROW("Host list", 400, "GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n"),
	ROW("Host and space", 400, "GET /hello HTTP/1.1\r\nHost: a \r\n\r\n"),
	ROW("absolute form", 400,
	    "GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("absolute form, other Host", 400,
	    "GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("asterisk", 400, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("authority form", 400, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("no slash", 400, "GET hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("backslash", 400, "GET \\hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("two slashes", 400, "GET //hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("dots", 400, "GET /x/../hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("escaped dots", 400,
	    "GET /x/%2e%2e/hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("escape in the path", 400,
	    "GET /hell%6f HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("escaped NUL", 400, "GET /hello%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("NUL in the path", 400, "GET /hello\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("NUL and more in the path", 400,
	    "GET /hello\0x HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("control character in the path", 400,
	    "GET /hello\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("tab in the path", 400, "GET /hel\tlo HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("CR in the path", 400, "GET /hel\rlo HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("space in the path", 400,
	    "GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("byte beyond ASCII in the path", 400,
	    "GET /hell\xc3\xb6 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("fragment", 400, "GET /hello#a HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("NUL in the query", 400,
	    "GET /hello?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("newline in the query", 400,
	    "GET /hello?a=%0ab HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("no UTF-8 in the query", 400,
	    "GET /hello?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("DEL in the name of a parameter", 400,
	    "GET /hello?%7f=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
	/* The request line. */
	ROW("HTTP/1.0", 505, "GET /hello HTTP/1.0\r\nHost: a\r\n\r\n"),
	ROW("HTTP/1.0, kept alive", 505,
	    "GET /hello HTTP/1.0\r\nHost: a\r\nConnection: keep-alive"
	    "\r\n\r\n"),
	ROW("HTTP/1.2", 505, "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n"),
	ROW("HTTP/2.0", 505, "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"),
	ROW("HTTP/0.9", 505, "GET /hello HTTP/0.9\r\nHost: a\r\n\r\n"),
	ROW("HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	ROW("http/1.1", 400, "GET /hello http/1.1\r\nHost: a\r\n\r\n"),
	ROW("HTTP/1.10", 400, "GET /hello HTTP/1.10\r\nHost: a\r\n\r\n"),
	ROW("HTTP/01.1", 400, "GET /hello HTTP/01.1\r\nHost: a\r\n\r\n"),
	ROW("HTTP/1.1 and more", 400,
	    "GET /hello HTTP/1.1x\r\nHost: a\r\n\r\n"),
	ROW("no version", 400, "GET /hello\r\nHost: a\r\n\r\n"),
	ROW("two spaces before the target", 400,
	    "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("two spaces before the version", 400,
	    "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("space after the version", 400,
	    "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n"),
	ROW("tab in the method", 400,
	    "GE\tT /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("NUL in the method", 400,
	    "GET\0 /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("method alone", 0, "GET\r\n\r\n"),
	ROW("a greeting of TLS", 0, "\x16\x03\x01\x02\x01\x01\n\r\n\r\n"),
	ROW("method that is not known", 405,
	    "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("method in small letters", 405,
	    "get /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("method of another path", 405,
	    "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("TRACE", 405, "TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("path that is not known", 404,
	    "GET /hell HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("path that goes on", 404,
	    "GET /hello/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("wildcard that stands for nothing", 404,
	    "POST /dir/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
	/* Lines. */
	ROW("LF only", 400, "GET /hello HTTP/1.1\nHost: a\n\n"),
	ROW("LF after the request line", 400,
	    "GET /hello HTTP/1.1\nHost: a\r\n\r\n"),
	ROW("LF after a header", 400, GET "X: y\n\r\n"),
	ROW("LF at the end of the head", 400, GET "\n"),
	ROW("LF hiding a header", 400,
	    GET "X: y\nTransfer-Encoding: chunked\r\n\r\n"),
	ROW("LF made up for by a space", 400, GET "X: y \n\r\n"),
	ROW("CR in a value", 400, GET "X: y\rz\r\n\r\n"),
	ROW("CR before CR LF", 400, GET "X: y\r\r\n\r\n"),
	ROW("CR hiding a header", 400,
	    GET "X: y\rTransfer-Encoding: chunked\r\n\r\n"),
	ROW("CR in a name", 400, GET "X\rY: z\r\n\r\n"),
	ROW("NUL in a value", 400, GET "X: y\0z\r\n\r\n"),
	ROW("NUL at the end of a value", 400, GET "X: y\0\r\n\r\n"),
	ROW("NUL as a value", 400, GET "X: \0\r\n\r\n"),
	ROW("NUL in a name", 400, GET "X\0Y: z\r\n\r\n"),
	ROW("NUL at the end of a name", 400, GET "X\0: z\r\n\r\n"),
	ROW("NUL at the start of a line", 400, GET "\0X: y\r\n\r\n"),
	ROW("NUL hiding a length", 400,
	    POST "X: y\r\n\0Content-Length: 5\r\n\r\nhello"),
	ROW("NUL in Host", 400, "GET /hello HTTP/1.1\r\nHost: a\0b\r\n\r\n"),
	ROW("control character in a value", 400, GET "X: \x01\r\n\r\n"),
	ROW("escape character in a value", 400, GET "X: \033[0m\r\n\r\n"),
	ROW("DEL in a value", 400, GET "X: \x7f\r\n\r\n"),
	ROW("byte beyond ASCII in a value", 400, GET "X: \xe9\r\n\r\n"),
	ROW("byte beyond ASCII in a name", 400, GET "X\xe9: y\r\n\r\n"),
	ROW("space in a name", 400, GET "X Y: z\r\n\r\n"),
	ROW("parenthesis in a name", 400, GET "X(Y): z\r\n\r\n"),
	ROW("quote in a name", 400, GET "\"X\": y\r\n\r\n"),
	ROW("name of nothing", 400, GET ": y\r\n\r\n"),
	ROW("no colon", 400, GET "X y\r\n\r\n"),
	ROW("continued line", 400, GET "X: y\r\n z\r\n\r\n"),
	ROW("line continued by a tab", 400, GET "X: y\r\n\tz\r\n\r\n"),
	ROW("line continued twice", 400, GET "X: y\r\n z\r\n z\r\n\r\n"),
	ROW("line continued by space alone", 400, GET "X: y\r\n \r\n\r\n"),
	ROW("first line continued", 400,
	    "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n"),
	ROW("last line continued", 400, GET " \r\n\r\n"),
};
#define NHOSTILE (sizeof(HOSTILE) / sizeof(HOSTILE[0]))

static void
next_client_is_served(void)
{
	unsigned before = atomic_load(&handled);
	struct raw_reply r = raw_ask(serve_port(serve), GET "\r\n");

	ck_assert_uint_eq(r.code, 200);
	ck_assert(!r.close);
	ck_assert_uint_eq(atomic_load(&handled), before + 1);
}

static void
must_be_refused(const char *what, unsigned code, const char *text, size_t len)
{
	unsigned before = atomic_load(&handled);
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	raw_send(fd, text, len);
	raw_send(fd, GET "\r\n", sizeof(GET));
	r = raw_read(fd);
	ck_assert_msg(
	    r.code == code, "%s: %u, not %u: %s", what, r.code, code, r.body);
	ck_assert_msg(r.closed || r.close, "%s: no close said", what);
	ck_assert_msg(raw_is_closed(fd, 2000), "%s: not closed", what);
	close(fd);
	ck_assert_msg(atomic_load(&handled) == before,
	    "%s: it or what follows was served", what);
	next_client_is_served();
}

START_TEST(hostile_requests_are_refused_and_the_next_client_served)
{
	must_be_refused(HOSTILE[_i].what, HOSTILE[_i].code, HOSTILE[_i].text,
	    HOSTILE[_i].len);
}
END_TEST

/* ${before}, ${n} times ${again}, ${after}. */
static char *
repeat(const char *before, const char *again, size_t n, const char *after)
{
	char *text =
		 malloc(strlen(before) + n * strlen(again) + strlen(after) + 1),
	     *at;
	size_t i;

	ck_assert_ptr_nonnull(text);
	at = stpcpy(text, before);
	for (i = 0; i < n; i++)
		at = stpcpy(at, again);
	strcpy(at, after);
	return text;
}

static const struct {
	const char *what;
	unsigned code;
	const char *before, *again;
	size_t n;
	const char *after;
} LARGE[] = {
	{ "header of 100 KiB", 431, GET "X: ", "y", 100u << 10, "\r\n\r\n" },
	{ "name of 100 KiB", 431, GET, "X", 100u << 10, ": y\r\n\r\n" },
	{ "2,000 headers", 431, GET, "X: y\r\n", 2000, "\r\n" },
	{ "one header too many", 431, GET, "X: y\r\n", SERVE_HEADERS_MAX,
	    "\r\n" },
	{ "header a little too large", 431, GET "X: ", "y", SERVE_HEAD_MAX - 36,
	    "\r\n\r\n" },
	{ "target of 100 KiB", 414, "GET /", "x", 100u << 10,
	    " HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "target a little too long", 414, "GET /", "x", SERVE_TARGET_MAX,
	    " HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "more parameters than memory", 0, "GET /hello?", "a&", 700,
	    " HTTP/1.1\r\nHost: a\r\n\r\n" },
};
#define NLARGE (sizeof(LARGE) / sizeof(LARGE[0]))

START_TEST(large_requests_are_refused_and_the_next_client_served)
{
	char *text = repeat(
	    LARGE[_i].before, LARGE[_i].again, LARGE[_i].n, LARGE[_i].after);

	must_be_refused(LARGE[_i].what, LARGE[_i].code, text, strlen(text));
	free(text);
}
END_TEST

START_TEST(as_many_headers_as_are_allowed_are_served)
{
	char *text = repeat(GET, "X: y\r\n", SERVE_HEADERS_MAX - 1, "\r\n");

	ck_assert_uint_eq(raw_ask(serve_port(serve), text).code, 200);
	free(text);
}
END_TEST

/* What looks odd and is not. */
static const struct row GOOD[] = {
	ROW("no space after the colon", 200,
	    "GET /hello HTTP/1.1\r\nHost:a\r\nX:\r\n\r\n"),
	ROW("much space after the colon", 200,
	    "GET /hello HTTP/1.1\r\nHost: \t  a\r\n\r\n"),
	ROW("space at the end of a value", 200, GET "X: y  \t\r\n\r\n"),
	ROW("value of nothing", 200, GET "X: \r\nY:\r\n\r\n"),
	ROW("names in small letters", 200,
	    "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n"),
	ROW("Host with a port", 200,
	    "GET /hello HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
	ROW("empty line before", 200, "\r\n" GET "\r\n"),
	ROW("query", 200,
	    "GET /hello?a=b&c=%C3%A9+d HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW("the same name twice", 200, GET "X: y\r\nX: z\r\n\r\n"),
	ROW("body", 200, POST "Content-Length: 5\r\n\r\nhello"),
	ROW("no body", 200, POST "Content-Length: 0\r\n\r\n"),
	ROW("no length", 200, POST "\r\n"),
	ROW("chunks", 200, CHUNKED "2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n"),
	ROW("chunk extension", 200, CHUNKED "5;a=b\r\nhello\r\n0\r\n\r\n"),
};
#define NGOOD (sizeof(GOOD) / sizeof(GOOD[0]))

START_TEST(good_requests_in_odd_form_are_served)
{
	struct raw_reply r = raw_ask(serve_port(serve), GOOD[_i].text);

	ck_assert_msg(
	    r.code == 200, "%s: %u: %s", GOOD[_i].what, r.code, r.body);
	if (strstr(GOOD[_i].text, "\r\n\r\nhello") != NULL)
		ck_assert_str_eq(r.body, "hello");
}
END_TEST

START_TEST(nothing_hides_behind_a_chunked_body)
{
	unsigned before = atomic_load(&handled);
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	raw_say(fd, CHUNKED HI GET "\r\n");
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 200);
	ck_assert_str_eq(r.body, "hello");
	ck_assert(r.close);
	ck_assert(raw_is_closed(fd, 2000));
	close(fd);
	ck_assert_uint_eq(atomic_load(&handled), before + 1);
}
END_TEST

START_TEST(a_refusal_is_json_and_shows_nothing_of_the_request)
{
	struct raw_reply r =
	    raw_ask(serve_port(serve), GET "X: secret\x01\r\n\r\n");

	ck_assert_str_eq(r.body,
	    "{\"status\":\"invalid\",\"message\":"
	    "\"a header value that is not printable ASCII\"}");
	ck_assert_ptr_nonnull(strstr(r.head, "application/json"));
	ck_assert_ptr_nonnull(strstr(r.head, "Cache-Control: no-store"));
}
END_TEST

START_TEST(a_request_in_single_bytes_is_served)
{
	static const char TEXT[] = POST "Content-Length: 5\r\n\r\nhello";
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;
	size_t i;

	for (i = 0; i < sizeof(TEXT) - 1; i++)
		raw_send(fd, TEXT + i, 1);
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 200);
	ck_assert_str_eq(r.body, "hello");
	close(fd);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc,
	    hostile_requests_are_refused_and_the_next_client_served, 0,
	    (int)NHOSTILE);
	tcase_add_loop_test(tc,
	    large_requests_are_refused_and_the_next_client_served, 0,
	    (int)NLARGE);
	tcase_add_test(tc, as_many_headers_as_are_allowed_are_served);
	tcase_add_loop_test(
	    tc, good_requests_in_odd_form_are_served, 0, (int)NGOOD);
	tcase_add_test(tc, nothing_hides_behind_a_chunked_body);
	tcase_add_test(tc, a_refusal_is_json_and_shows_nothing_of_the_request);
	tcase_add_test(tc, a_request_in_single_bytes_is_served);
}

UNIT_MAIN("serve, hostile clients", add)
