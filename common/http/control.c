#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/http/control_internal.h"
#include "common/http/serve.h"

/* A few command lines at once; each costs a thread. */
#define CONNECTIONS_MAX 64
/* Progress that nobody reads is left out from here on. */
#define PROGRESS_QUEUE_MAX (64u << 10)

struct control {
	const struct env *env;
	const struct control_table *table;
	struct serve *serve;
	char path[4096];
	uint8_t token[CONTROL_TOKEN_LEN];
	char token_hex[CONTROL_HEX_SIZE];
	pthread_mutex_t turn; /* held by the command that runs alone */
	atomic_bool stopping;
	atomic_uint urgent; /* commands that wait for their turn */
	atomic_uint nrunning;
};

/* From a command's thread to the connection's. */
struct channel {
	struct control *control;
	const struct control_command *command;
	struct json *request;
	struct control_out out;
	pthread_mutex_t lock; /* holds what is below */
	pthread_cond_t wake;
	struct writer lines;
	size_t taken; /* bytes of them */
	bool ended;   /* no more will come */
	bool left;    /* nobody reads any more */
};

static void
channel_free(struct channel *ch)
{
	if (ch == NULL)
		return;
	json_free(ch->request);
	writer_free(&ch->lines);
	pthread_cond_destroy(&ch->wake);
	pthread_mutex_destroy(&ch->lock);
	free(ch);
}

/* Called by each side as it goes; the second frees. */
static void
channel_leave(struct channel *ch, bool *mine, const bool *others)
{
	bool last;

	pthread_mutex_lock(&ch->lock);
	*mine = true;
	last = *others;
	pthread_cond_signal(&ch->wake);
	pthread_mutex_unlock(&ch->lock);
	if (last)
		channel_free(ch);
}

static bool
put_line(void *arg, const char *line, size_t len, bool needed)
{
	struct channel *ch = arg;
	size_t max = needed ? CONTROL_QUEUE_MAX : PROGRESS_QUEUE_MAX;
	bool good = true;

	pthread_mutex_lock(&ch->lock);
	if (!ch->left) {
		good = ch->lines.len - ch->taken + len <= max;
		if (good)
			writer_bytes(&ch->lines, line, len);
		good = good && writer_ok(&ch->lines);
		pthread_cond_signal(&ch->wake);
	}
	pthread_mutex_unlock(&ch->lock);
	return good || !needed;
}

static ssize_t
read_lines(void *arg, char *out, size_t max)
{
	struct channel *ch = arg;
	size_t n;

	pthread_mutex_lock(&ch->lock);
	while (ch->lines.len == ch->taken && !ch->ended)
		pthread_cond_wait(&ch->wake, &ch->lock);
	n = ch->lines.len - ch->taken;
	n = n < max ? n : max;
	if (n > 0)
		memcpy(out, ch->lines.bytes + ch->taken, n);
	ch->taken += n;
	if (ch->taken == ch->lines.len) {
		writer_clear(&ch->lines);
		ch->taken = 0;
	}
	pthread_mutex_unlock(&ch->lock);
	return (ssize_t)n;
}

static void
close_lines(void *arg)
{
	struct channel *ch = arg;

	channel_leave(ch, &ch->left, &ch->ended);
}

static const struct serve_source LINES = { read_lines, close_lines };

static void *
run(void *arg)
{
	struct channel *ch = arg;
	struct control *control = ch->control;
	struct writer line = { 0 };
	bool alone = !ch->command->together;
	struct err err;

	if (alone && pthread_mutex_trylock(&control->turn) != 0) {
		control_progress(&ch->out, "waiting", 0, 0);
		atomic_fetch_add(&control->urgent, ch->command->urgent);
		pthread_mutex_lock(&control->turn);
		atomic_fetch_sub(&control->urgent, ch->command->urgent);
	}
	if (control_run(ch->command, control->table->arg, ch->request, &ch->out,
		&err) != ST_OK) {
		control_print_error(&line, &err);
		put_line(ch, (const char *)line.bytes, line.len, true);
		writer_free(&line);
	}
	if (alone)
		pthread_mutex_unlock(&control->turn);
	channel_leave(ch, &ch->ended, &ch->left);
	atomic_fetch_sub(&control->nrunning, 1);
	return NULL;
}

static struct channel *
channel_new(struct control *control, const struct control_command *command)
{
	struct channel *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		return NULL;
	ch->control = control;
	ch->command = command;
	ch->out.put = put_line;
	/* What is shown is of households: nothing of it stays in memory. */
	ch->lines.secret = true;
	ch->out.row_bytes.secret = true;
	ch->out.result_bytes.secret = true;
	ch->out.arg = ch;
	ch->out.stopping = &control->stopping;
	ch->out.urgent = &control->urgent;
	pthread_mutex_init(&ch->lock, NULL);
	pthread_cond_init(&ch->wake, NULL);
	return ch;
}

/* On success the thread has ${ch}, together with who reads its lines. */
static enum status
start_thread(struct control *control, struct channel *ch, struct err *err)
{
	pthread_attr_t attr;
	pthread_t thread;
	int result;

	/* Counted first: who stops us looks at the count second. */
	atomic_fetch_add(&control->nrunning, 1);
	if (atomic_load(&control->stopping)) {
		atomic_fetch_sub(&control->nrunning, 1);
		return err_set(err, ST_BUSY, "the daemon is being stopped");
	}
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	result = pthread_create(&thread, &attr, run, ch);
	pthread_attr_destroy(&attr);
	if (result == 0)
		return ST_OK;
	atomic_fetch_sub(&control->nrunning, 1);
	return err_set(err, ST_BUSY, "no further thread can be started");
}

static enum status
start_command(struct control *control, struct serve_request *request,
    struct channel **out, struct err *err)
{
	const struct control_command *command =
	    control_find(control->table, serve_tail(request));
	struct channel *ch = NULL;
	const void *body;
	size_t len;
	enum status st;

	if (command == NULL)
		return err_set(err, ST_INVALID, "no such command");
	if ((ch = channel_new(control, command)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	body = serve_body(request, &len);
	st = json_parse(&ch->request, body, len, JSON_TEXT_MAX, err);
	if (st == ST_OK)
		st = json_as_object(ch->request, err);
	if (st == ST_OK)
		st = start_thread(control, ch, err);
	if (st == ST_OK) {
		*out = ch;
		ch = NULL;
	}
	channel_free(ch);
	return st;
}

static enum serve_next
handle_command(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct channel *ch = NULL;
	struct err err;

	if (start_command(arg, request, &ch, &err) != ST_OK)
		return serve_refuse(reply, &err);
	reply->type = "application/x-ndjson";
	reply->source = &LINES;
	reply->source_arg = ch;
	return SERVE_REPLY;
}

static enum serve_next
handle_hello(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct control *control = arg;
	const char *hex = serve_header(request, "Padu-Nonce");
	uint8_t nonce[CONTROL_TOKEN_LEN], proof[KEY_LEN];
	char text[2 * KEY_LEN + 1];
	struct err err;

	if (hex == NULL ||
	    crypto_unhex(nonce, sizeof(nonce), hex, &err) != ST_OK)
		return serve_refuse_code(reply, 400, ST_INVALID,
		    "a Padu-Nonce of 64 digits is needed");
	hash_derive(
	    proof, control->token, CONTROL_DOMAIN, nonce, sizeof(nonce));
	crypto_hex(text, proof, sizeof(proof));
	return serve_copy(reply, "text/plain", text, 2 * KEY_LEN);
}

static bool
knows_token(const struct control *control, const struct serve_request *r)
{
	const char *token = serve_header(r, "Padu-Token");

	return token != NULL && strlen(token) == 2 * CONTROL_TOKEN_LEN &&
	    crypto_equal(token, control->token_hex, 2 * CONTROL_TOKEN_LEN);
}

/* Command lines pass; pages in browsers and other users do not. */
static enum serve_next
guard(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	const struct control *control = arg;
	const char *type = serve_header(request, "Content-Type");
	bool hello = strcmp(serve_path(request), "/v1/hello") == 0;

	if (!serve_host_is(request, "127.0.0.1"))
		return serve_refuse_code(
		    reply, 403, ST_UNTRUSTED, "this door is not of that Host");
	if (serve_header(request, "Origin") != NULL ||
	    serve_header(request, "Sec-Fetch-Site") != NULL)
		return serve_refuse_code(
		    reply, 403, ST_UNTRUSTED, "this door is not for web pages");
	if (hello)
		return SERVE_MORE;
	if (!knows_token(control, request))
		return serve_refuse_code(reply, 403, ST_UNTRUSTED,
		    "the token of this door is another one");
	if (type == NULL || strcmp(type, "application/json") != 0)
		return serve_refuse_code(reply, 415, ST_INVALID,
		    "Content-Type must be application/json");
	return SERVE_MORE;
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/v1/hello", .handle = handle_hello },
	{ .method = "POST",
	    .path = "/v1/commands/*",
	    .body_max = JSON_TEXT_MAX,
	    .secret = true,
	    .handle = handle_command },
};

static enum status
listen_here(struct control *control, struct err *err)
{
	const struct serve_opts opts = {
		.routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.guard = guard,
		.arg = control,
		.thread_per_connection = true,
		.connections_max = CONNECTIONS_MAX,
		.secret = true,
		/* Who is on this machine has no slow link. */
		.patience = { .head_ms = 2000, .window_ms = 5000 },
	};

	return serve_open(&control->serve, &opts, err);
}

static void
print_file(const struct control *control, char out[CONTROL_FILE_MAX])
{
	snprintf(out, CONTROL_FILE_MAX, "%u %s\n",
	    (unsigned)serve_port(control->serve), control->token_hex);
}

enum status
control_start(struct control **out, const char *dir, const struct env *env,
    const struct control_table *table, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));
	char file[CONTROL_FILE_MAX];
	enum status st;

	*out = NULL;
	if (control == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	control->env = env;
	control->table = table;
	pthread_mutex_init(&control->turn, NULL);
	env_random(env, control->token, sizeof(control->token));
	crypto_hex(control->token_hex, control->token, CONTROL_TOKEN_LEN);
	st = control_path(control->path, sizeof(control->path), dir, err);
	if (st == ST_OK)
		st = listen_here(control, err);
	if (st == ST_OK) {
		print_file(control, file);
		st = env->write(
		    env->arg, control->path, file, strlen(file), err);
	}
	if (st == ST_OK) {
		*out = control;
		control = NULL;
	} else {
		err_wrap(err, "open the local door");
	}
	control_stop(control);
	return st;
}

/* Ours only: a daemon started meanwhile may have written another. */
static void
remove_file(struct control *control)
{
	const struct env *env = control->env;
	char file[CONTROL_FILE_MAX];
	uint8_t *bytes;
	struct err err;
	size_t len;

	if (env->read(env->arg, control->path, CONTROL_FILE_MAX, &bytes, &len,
		&err) != ST_OK)
		return;
	print_file(control, file);
	if (len == strlen(file) && memcmp(bytes, file, len) == 0)
		env->remove(env->arg, control->path, &err);
	free(bytes);
}

void
control_stop(struct control *control)
{
	struct timespec ts = { 0, 2000000 };

	if (control == NULL)
		return;
	if (control->serve != NULL) {
		remove_file(control);
		atomic_store(&control->stopping, true);
		while (atomic_load(&control->nrunning) > 0)
			nanosleep(&ts, NULL);
		serve_close(control->serve);
	}
	pthread_mutex_destroy(&control->turn);
	crypto_wipe(control, sizeof(*control));
	free(control);
}

bool
control_try_turn(struct control *control, void (*fn)(void *arg), void *arg)
{
	if (pthread_mutex_trylock(&control->turn) != 0)
		return false;
	fn(arg);
	pthread_mutex_unlock(&control->turn);
	return true;
}
