#include "sync-server/http/http_internal.h"
#include "sync-server/server.h"

/* GET /v1/server: which keys this server uses, signed by its root. */
enum serve_next
card_get(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct http *http = arg;
	struct writer bytes = { 0 };
	struct err err;

	(void)request;
	if (server_card_pack(&bytes, &http->server->card,
		&http->server->keys.root, &err) != ST_OK) {
		writer_free(&bytes);
		return serve_refuse(reply, &err);
	}
	return http_reply_bytes(reply, &bytes, "application/octet-stream");
}
