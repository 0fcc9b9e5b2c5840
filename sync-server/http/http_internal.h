#ifndef SYNC_SERVER_HTTP_HTTP_INTERNAL_H
#define SYNC_SERVER_HTTP_HTTP_INTERNAL_H

/* http: what its endpoints share.  Each gets a struct http as its arg. */

#include <stdatomic.h>

#include "common/base/writer.h"
#include "common/http/serve.h"

#include "sync-server/http/http.h"

struct committer;
struct parts;

struct http {
	struct server *server; /* not ours */
	struct parts *parts;
	struct committer *committer;
	struct serve *serve;
	int64_t started_ms;
	atomic_size_t memory; /* bytes of uploads that are in no file */
};

/* Answer with ${bytes}, which are taken. */
enum serve_next http_reply_bytes(
    struct serve_reply *reply, struct writer *bytes, const char *type);

/* Add Padu-Protocol: for replies that leave later. */
void http_say_version(struct serve_reply *reply);

/* The endpoints' handlers. */
serve_handler card_get, enrol_post, health_get, recovery_get, return_post;
serve_handler upload_head, upload_begin, upload_handle;
enum status upload_data(void *arg, struct serve_request *request,
    const void *bytes, size_t len, struct err *err);
void upload_close(void *arg, struct serve_request *request);
/* For committer_opts.answer. */
void upload_answer(void *arg, void *upload, enum status st,
    const struct writer *reply, const struct err *err);

#endif /* SYNC_SERVER_HTTP_HTTP_INTERNAL_H */
