#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "common/base/writer.h"
#include "common/http/fetch.h"

/*
 * What the kernel holds unsent for us.  A break costs as much, sent twice;
 * with its own choice of some 200 KiB, progress would run ahead of the link.
 */
#define SEND_BUFFER (64 << 10)
#define CONNECT_MS 15000
/* Standing still: EDGE pauses for 10 s and more and goes on. */
#define STALL_BYTES 50L
#define STALL_S 30
/* All header lines of a reply; ours have about 300 bytes. */
#define HEAD_MAX (32u << 10)

struct fetch {
	CURL *curl;
	struct writer body;
	size_t head_len;
	const struct fetch_request *request; /* while it runs */
	struct err fault;                    /* what our own callback refused */
};

static int
shrink_send_buffer(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	int size = SEND_BUFFER;

	(void)arg;
	(void)purpose;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return CURL_SOCKOPT_OK;
}

static size_t
take_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct fetch *f = arg;
	const struct fetch_request *request = f->request;
	long code = 0;

	(void)one;
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
	if (request->on_body != NULL && code == 200) {
		if (request->on_body(request->arg, bytes, len, &f->fault) !=
		    ST_OK)
			return 0;
		return len;
	}
	if (len > request->reply_max - f->body.len) {
		err_set(&f->fault, ST_INVALID,
		    "the reply is larger than %zu bytes", request->reply_max);
		return 0;
	}
	writer_bytes(&f->body, bytes, len);
	if (writer_ok(&f->body))
		return len;
	err_set(&f->fault, ST_NOMEM, "no memory");
	return 0;
}

static size_t
count_head(char *bytes, size_t one, size_t len, void *arg)
{
	struct fetch *f = arg;

	(void)bytes;
	(void)one;
	if (len <= HEAD_MAX - f->head_len) {
		f->head_len += len;
		return len;
	}
	err_set(&f->fault, ST_INVALID, "the reply's head is too large");
	return 0;
}

static int
tell_progress(void *arg, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
	struct fetch *f = arg;

	(void)down_total;
	(void)up_total;
	return f->request->on_progress(
		   f->request->arg, (uint64_t)up, (uint64_t)down)
	    ? 0
	    : 1;
}

/* Options of the connection, for all its requests. */
static void
set_up(struct fetch *f, const struct fetch_opts *opts)
{
	CURL *c = f->curl;
	unsigned connect_ms =
	    opts->connect_ms != 0 ? opts->connect_ms : CONNECT_MS;
	unsigned stall_s = opts->stall_s != 0 ? opts->stall_s : STALL_S;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(c, CURLOPT_MAXCONNECTS, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, shrink_send_buffer);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	if (!opts->patient) {
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)stall_s);
	}
	if (!opts->env_proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "padu/" PADU_VERSION);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (opts->ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, opts->ca_file);
	if (opts->pinned_key != NULL)
		curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, opts->pinned_key);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, count_head);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, tell_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, f);
}

enum status
fetch_open(struct fetch **out, const struct fetch_opts *opts, struct err *err)
{
	struct fetch *f = calloc(1, sizeof(*f));

	*out = NULL;
	if (f == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(f);
		return err_set(err, ST_IO, "the HTTP library does not start");
	}
	if ((f->curl = curl_easy_init()) == NULL) {
		fetch_close(f);
		return err_set(err, ST_NOMEM, "no memory");
	}
	set_up(f, opts);
	*out = f;
	return ST_OK;
}

void
fetch_close(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	curl_easy_cleanup(fetch->curl);
	curl_global_cleanup();
	writer_free(&fetch->body);
	free(fetch);
}

static bool
append(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

/* The caller's headers, and none that libcurl would put in by itself. */
static struct curl_slist *
list_headers(const struct fetch_request *request)
{
	struct curl_slist *list = NULL;
	bool typed = request->len == 0;
	size_t i;

	if (!append(&list, "Expect:") || !append(&list, "Accept:"))
		goto fail;
	for (i = 0; i < request->nheaders; i++) {
		if (strncasecmp(request->headers[i], "Content-Type:", 13) == 0)
			typed = true;
		if (!append(&list, request->headers[i]))
			goto fail;
	}
	if (!typed && !append(&list, "Content-Type: application/octet-stream"))
		goto fail;
	return list;
fail:
	curl_slist_free_all(list);
	return NULL;
}

/* Everything that one request may leave behind is set by each. */
static void
prepare(CURL *c, const struct fetch_request *request,
    const struct curl_slist *headers)
{
	bool posts = strcmp(request->method, "GET") != 0 &&
	    strcmp(request->method, "HEAD") != 0;

	curl_easy_setopt(c, CURLOPT_URL, request->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(
	    c, CURLOPT_NOBODY, strcmp(request->method, "HEAD") == 0 ? 1L : 0L);
	curl_easy_setopt(
	    c, CURLOPT_CUSTOMREQUEST, posts ? request->method : NULL);
	if (posts) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(
		    c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS,
		    request->len > 0 ? request->body : "");
	}
	curl_easy_setopt(
	    c, CURLOPT_NOPROGRESS, request->on_progress == NULL ? 1L : 0L);
}

static enum status
status_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return ST_OK;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_ABORTED_BY_CALLBACK:
		return ST_BUSY;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return ST_UNTRUSTED;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return ST_INVALID;
	case CURLE_OUT_OF_MEMORY:
		return ST_NOMEM;
	default:
		return ST_IO;
	}
}

/* A kept connection counts: it was made before. */
static bool
was_connected(CURL *c, CURLcode result)
{
	curl_off_t connect_us = 0;
	long made = 0;

	curl_easy_getinfo(c, CURLINFO_CONNECT_TIME_T, &connect_us);
	curl_easy_getinfo(c, CURLINFO_NUM_CONNECTS, &made);
	return result == CURLE_OK || connect_us > 0 ||
	    (made == 0 && result == CURLE_RECV_ERROR);
}

enum status
fetch_run(struct fetch *fetch, const struct fetch_request *request,
    struct fetch_reply *reply, struct err *err)
{
	struct curl_slist *headers = list_headers(request);
	CURLcode result;
	long code = 0;

	memset(reply, 0, sizeof(*reply));
	if (headers == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	writer_clear(&fetch->body);
	fetch->head_len = 0;
	fetch->fault.status = ST_OK;
	fetch->request = request;
	prepare(fetch->curl, request, headers);
	result = curl_easy_perform(fetch->curl);
	curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	fetch->request = NULL;
	reply->connected = was_connected(fetch->curl, result);
	if (fetch->fault.status != ST_OK) {
		*err = fetch->fault;
		return err->status;
	}
	/* The library's own words: its longer text may quote the reply. */
	if (result != CURLE_OK)
		return err_set(
		    err, status_of(result), "%s", curl_easy_strerror(result));
	curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &code);
	reply->code = (unsigned)code;
	reply->body = fetch->body.bytes;
	reply->len = fetch->body.len;
	return ST_OK;
}

const char *
fetch_header(struct fetch *fetch, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(fetch->curl, name, 0, CURLH_HEADER, -1, &header) !=
		CURLHE_OK ||
	    header->amount != 1)
		return NULL;
	return header->value;
}

enum status
fetch_check(const struct fetch_reply *reply, struct err *err)
{
	unsigned code = reply->code;

	if (code >= 200 && code < 300)
		return ST_OK;
	if (code >= 300 && code < 400)
		return err_set(err, ST_UNTRUSTED,
		    "redirected (HTTP %u): is there a login page between?",
		    code);
	return err_set(err,
	    code == 408 || code == 429 || code >= 500 ? ST_BUSY
		: code == 401 || code == 403          ? ST_UNTRUSTED
		: code == 404 || code == 410          ? ST_NOTFOUND
		: code == 409                         ? ST_CONFLICT
						      : ST_INVALID,
	    "the server answered HTTP %u", code);
}
