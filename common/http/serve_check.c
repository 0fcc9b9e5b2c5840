#include <string.h>
#include <strings.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/http/serve_internal.h"

/* What a walk over the headers gathers. */
struct head {
	size_t bytes; /* as they would be with every line in good form */
	unsigned nheaders;
	unsigned nhosts, nlengths, nencodings;
	const char *rule; /* the first one broken */
};

static bool
is_token(const char *text, size_t len)
{
	static const char TOKEN[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "!#$%&'*+-.^_`|~";

	return len > 0 && strspn(text, TOKEN) == len;
}

static bool
is_printable(const char *text, size_t len, bool space)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] > ' ' && text[i] < 0x7f)
			continue;
		if (!space || (text[i] != ' ' && text[i] != '\t'))
			return false;
	}
	return true;
}

static bool
is_host(const char *text)
{
	static const char HOST[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   ".-_:[]";
	size_t len = strlen(text);

	return len > 0 && strspn(text, HOST) == len;
}

/* Digits alone, so that "+5" and "5, 5" are none. */
static bool
is_length(const char *text, int64_t *out)
{
	size_t len = strspn(text, "0123456789"), i;

	*out = 0;
	if (len == 0 || len > 18 || text[len] != '\0')
		return false;
	for (i = 0; i < len; i++)
		*out = *out * 10 + (text[i] - '0');
	return true;
}

/*
 * Name and value lie in the request as it came, with the colon and the space
 * after it between them: a line that was continued or put together does not.
 */
static bool
space_between(
    const char *name, size_t name_len, const char *value, size_t *space)
{
	uintptr_t after = (uintptr_t)name + name_len + 1;

	if ((uintptr_t)value < after ||
	    (uintptr_t)value - after > SERVE_HEAD_MAX)
		return false;
	*space = (uintptr_t)value - after;
	return true;
}

static enum MHD_Result
look_at_header(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
	struct head *head = arg;
	size_t space = 0;

	(void)kind;
	head->nheaders++;
	if (head->nheaders > SERVE_HEADERS_MAX)
		head->rule = "too many header lines";
	else if (!is_token(name, name_len))
		head->rule = "a header name that is no token";
	else if (value == NULL || !is_printable(value, value_len, true))
		head->rule = "a header value that is not printable ASCII";
	else if (!space_between(name, name_len, value, &space))
		head->rule = "a header line that is continued";
	if (head->rule != NULL)
		return MHD_NO;
	head->bytes += name_len + 1 + space + value_len + 2;
	head->nhosts += strcasecmp(name, "Host") == 0;
	head->nlengths += strcasecmp(name, "Content-Length") == 0;
	head->nencodings += strcasecmp(name, "Transfer-Encoding") == 0;
	if (strcasecmp(name, "Host") == 0 && !is_host(value))
		head->rule = "a Host that is none";
	if (strcasecmp(name, "Transfer-Encoding") == 0 &&
	    strcmp(value, "chunked") != 0)
		head->rule = "a Transfer-Encoding other than chunked";
	return head->rule == NULL ? MHD_YES : MHD_NO;
}

static enum MHD_Result
look_at_parameter(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
	const char **rule = arg;
	size_t i;

	(void)kind;
	for (i = 0; i < name_len + value_len; i++) {
		unsigned char c =
		    (unsigned char)(i < name_len ? name[i]
						 : value[i - name_len]);
		if (c < 0x20 || c == 0x7f)
			*rule = "a control character in the query";
	}
	if (!utf8_valid(name, name_len) ||
	    (value != NULL && !utf8_valid(value, value_len)))
		*rule = "a query that is not UTF-8";
	return *rule == NULL ? MHD_YES : MHD_NO;
}

/* The path, cut off from the query. */
static const char *
check_target(struct serve_request *request)
{
	static const char PATH[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._~/";
	char *target = request->target;

	if (target[0] != '/')
		return "a target that does not begin with /";
	if (!is_printable(target, request->target_len, false))
		return "a target that is not printable ASCII";
	target[strcspn(target, "?")] = '\0';
	if (target[strspn(target, PATH)] != '\0')
		return "a character that no path here has";
	if (strstr(target, "//") != NULL || strstr(target, "..") != NULL)
		return "'//' or '..' in the path";
	return NULL;
}

/*
 * libmicrohttpd hides bare LF at the end of lines, NULs within them and
 * doubled spaces in the request line.  But it tells how many bytes the head
 * had, and that is more or less than it would be without these.
 */
static bool
is_in_good_form(const struct serve_request *request, const struct head *head)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    request->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info != NULL && info->header_size == head->bytes;
}

static const char *
check_framing(struct serve_request *request, const struct head *head)
{
	const char *length;

	if (head->nhosts != 1)
		return head->nhosts == 0 ? "no Host" : "more than one Host";
	if (head->nlengths > 1)
		return "more than one Content-Length";
	if (head->nencodings > 1)
		return "more than one Transfer-Encoding";
	if (head->nlengths > 0 && head->nencodings > 0)
		return "both Content-Length and Transfer-Encoding";
	if (head->nencodings > 0)
		request->announced = -1;
	length = serve_header(request, "Content-Length");
	if (length != NULL && !is_length(length, &request->announced))
		return "a Content-Length that is none";
	return NULL;
}

unsigned
serve_check(struct serve_request *request, const char **rule)
{
	/* "METHOD target HTTP/1.1", an empty line, and the headers. */
	struct head head = { .bytes = strlen(request->method) + 1 +
		    request->target_len + 1 + 8 + 2 + 2 };

	if (strcmp(request->version, "HTTP/1.1") != 0) {
		*rule = "a version other than HTTP/1.1";
		return 505;
	}
	MHD_get_connection_values_n(
	    request->mhd, MHD_HEADER_KIND, look_at_header, &head);
	if ((*rule = head.rule) != NULL)
		return head.nheaders > SERVE_HEADERS_MAX ? 431 : 400;
	if (!is_token(request->method, strlen(request->method))) {
		*rule = "a method that is no token";
		return 400;
	}
	if (request->target_len > SERVE_TARGET_MAX) {
		*rule = "the target is too long";
		return 414;
	}
	if (head.bytes > SERVE_HEAD_MAX) {
		*rule = "the head is too large";
		return 431;
	}
	if ((*rule = check_target(request)) != NULL)
		return 400;
	if (!is_in_good_form(request, &head)) {
		*rule = "lines that do not end in CR LF, hold a NUL, or have "
			"spaces where none belong";
		return 400;
	}
	if ((*rule = check_framing(request, &head)) != NULL)
		return 400;
	MHD_get_connection_values_n(
	    request->mhd, MHD_GET_ARGUMENT_KIND, look_at_parameter, rule);
	return *rule != NULL ? 400 : 0;
}

bool
serve_check_trailers(const struct serve_request *request)
{
	return MHD_get_connection_values_n(
		   request->mhd, MHD_FOOTER_KIND, NULL, NULL) > 0;
}
