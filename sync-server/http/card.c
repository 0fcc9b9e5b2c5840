#include "sync-server/http/http_internal.h"
#include "sync-server/recovery/custody.h"
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

/* GET /v1/recovery: the recovery key and who holds it, if there is one. */
enum serve_next
recovery_get(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct http *http = arg;
	struct writer bytes = { 0 };
	struct custody_stamp stamp;
	struct err err;
	enum status st;

	(void)request;
	server_lock(http->server);
	st = custody_card(http->server->custody, &bytes, &stamp, &err);
	server_unlock(http->server);
	if (st != ST_OK) {
		writer_free(&bytes);
		return serve_refuse(reply, &err);
	}
	return http_reply_bytes(reply, &bytes, "application/octet-stream");
}
