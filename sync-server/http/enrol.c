#include "sync-server/people/enrol.h"
#include "sync-server/http/http_internal.h"
#include "sync-server/server.h"

/* POST /v1/enrol: a sealed request, answered with signed cards. */
enum serve_next
enrol_post(void *arg, struct serve_request *request, struct serve_reply *reply)
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
	if (enrol_answer(http->server, body, len, &bytes, &err) != ST_OK) {
		writer_free(&bytes);
		/* Whoever guesses codes learns nothing from the reason. */
		if (err.status == ST_UNTRUSTED)
			return serve_refuse_code(reply, 403, ST_UNTRUSTED,
			    "the code is not valid, or was used, or is too "
			    "old; ask for a new one");
		return serve_refuse(reply, &err);
	}
	return http_reply_bytes(reply, &bytes, "application/octet-stream");
}
