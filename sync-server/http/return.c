#include "sync-server/http/http_internal.h"
#include "sync-server/people/readmit.h"
#include "sync-server/server.h"

/* POST /v1/return: cards of a laptop that a restored server does not know. */
enum serve_next
return_post(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct http *http = arg;
	struct writer bytes = { 0 };
	const void *body;
	struct err err;
	size_t len;

	body = serve_body(request, &len);
	if (body == NULL)
		return serve_refuse_code(
		    reply, 400, ST_INVALID, "an empty request");
	if (readmit(http->server, body, len, &err) != ST_OK) {
		if (err.status == ST_UNTRUSTED)
			return serve_refuse_code(reply, 403, ST_UNTRUSTED,
			    "these cards are not taken; enrol with a new code");
		return serve_refuse(reply, &err);
	}
	return http_reply_bytes(reply, &bytes, "application/octet-stream");
}
