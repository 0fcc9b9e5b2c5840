#include "common/base/env.h"
#include "common/json/json.h"

#include "sync-server/http/committer.h"
#include "sync-server/http/http_internal.h"
#include "sync-server/server.h"

/* GET /v1/health: 200 while uploads can be taken in.  Counts only. */
enum serve_next
health_get(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct http *http = arg;
	struct committer_counts counts;
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err err;

	(void)request;
	committer_count(http->committer, &counts);
	json_put_object(&w, NULL);
	json_put_string(&w, "status", "ok");
	json_put_i64(
	    &w, "up_ms", env_now_ms(http->server->env) - http->started_ms);
	json_put_i64(&w, "uploads", (int64_t)counts.uploads);
	json_put_i64(&w, "batches", (int64_t)counts.batches);
	json_put_i64(&w, "waiting", counts.waiting);
	json_put_end(&w);
	if (json_writer_finish(&w, &err) != ST_OK) {
		writer_free(&bytes);
		return serve_refuse(reply, &err);
	}
	return http_reply_bytes(reply, &bytes, "application/json");
}
