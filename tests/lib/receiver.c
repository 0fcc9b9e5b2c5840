/*
 * receiver: the upper tier, as far as forwarding needs one.  Checks each
 * request's signature, keeps it as a file, knows it again by its idempotency
 * key, and can be told to misbehave.
 *
 *	receiver --dir DIR --key HEX [--port PORT]
 *
 *	DIR/address              where it listens
 *	DIR/requests/NNNNNN.json bodies in order of arrival, each once per key
 *	DIR/requests/NNNNNN.head its key and signature, "name: value" lines
 *	DIR/items.tsv            key, type, record of every item, each once
 *	DIR/control              "MODE N": for the next N requests
 *	                           500      answer 500, keep nothing
 *	                           400      answer 400, keep nothing
 *	                           down     close without a word, keep nothing
 *	                           slow     wait two seconds, then as usual
 *	                           silent   keep it, then close without a word
 *	                           portal   answer 200 with a page of HTML
 *	GET /status              counts as JSON
 *
 * Exit status: 0 after SIGTERM; 1 failed; 2 wrong use.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/http/serve.h"
#include "common/json/json.h"

#define BODY_MAX (8u << 20)
#define KEYS_MAX 1000000u
#define FORWARD_DOMAIN "padu/forward/v1"

struct keys {
	uint8_t (*at)[32];
	size_t n;
};

struct receiver {
	const char *dir;
	uint8_t public[SIGN_PUBLIC_LEN];
	pthread_mutex_t lock;
	struct keys batches, items;
	unsigned requests, stored, repeated, refused;
	unsigned item_repeats;
};

static bool
known(const struct keys *keys, const uint8_t key[32])
{
	size_t i;

	for (i = 0; i < keys->n; i++) {
		if (memcmp(keys->at[i], key, 32) == 0)
			return true;
	}
	return false;
}

static bool
remember(struct keys *keys, const uint8_t key[32])
{
	void *more;

	if ((keys->n & (keys->n - 1)) == 0) {
		more = realloc(keys->at, (keys->n == 0 ? 1 : 2 * keys->n) * 32);
		if (more == NULL || keys->n == KEYS_MAX)
			return false;
		keys->at = more;
	}
	memcpy(keys->at[keys->n++], key, 32);
	return true;
}

/* What the file DIR/control wants of this request; counts it down. */
static void
read_mode(struct receiver *r, char mode[16])
{
	char path[400], text[64] = "";
	unsigned n = 0;
	FILE *file;

	strcpy(mode, "");
	snprintf(path, sizeof(path), "%s/control", r->dir);
	if ((file = fopen(path, "r")) == NULL)
		return;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	if (sscanf(text, "%15s %u", mode, &n) != 2 || n == 0) {
		strcpy(mode, "");
		return;
	}
	if ((file = fopen(path, "w")) != NULL) {
		fprintf(file, "%s %u\n", mode, n - 1);
		fclose(file);
	}
}

/* Is the body signed by the server we were told of? */
static enum status
check_signature(struct receiver *r, struct serve_request *request,
    const void *body, size_t len, uint8_t key[32], struct err *err)
{
	const char *signature = serve_header(request, "Padu-Signature");
	const char *name = serve_header(request, "Idempotency-Key");
	uint8_t bytes[SIGN_LEN], hash[HASH_LEN];
	enum status st;

	if (signature != NULL)
		signature = strchr(signature, ':');
	if (signature++ == NULL || name == NULL)
		return err_set(err, ST_INVALID, "unsigned, or without a key");
	if ((st = crypto_unhex(bytes, sizeof(bytes), signature, err)) !=
		ST_OK ||
	    (st = crypto_unhex(key, 32, name, err)) != ST_OK)
		return st;
	hash_bytes(hash, body, len);
	if (memcmp(hash, key, sizeof(hash)) != 0)
		return err_set(err, ST_CONFLICT, "a key for another body");
	return sign_check(
	    bytes, r->public, FORWARD_DOMAIN, hash, sizeof(hash), err);
}

/* Note each item of the batch, once. */
static enum status
note_items(struct receiver *r, const void *body, size_t len, struct err *err)
{
	const struct json *items, *item;
	const char *hex, *type, *record;
	struct json *doc = NULL;
	char path[400];
	uint8_t key[32];
	enum status st;
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "%s/items.tsv", r->dir);
	if ((file = fopen(path, "a")) == NULL)
		return err_set(err, ST_IO, "items.tsv");
	if ((st = json_parse(&doc, body, len, BODY_MAX, err)) != ST_OK ||
	    (st = json_get_array(doc, "items", &items, err)) != ST_OK)
		goto out;
	for (i = 0; i < json_count(items) && st == ST_OK; i++) {
		item = json_at(items, i);
		if ((st = json_get_string(item, "key", &hex, err)) != ST_OK ||
		    (st = json_get_string(item, "type", &type, err)) != ST_OK ||
		    (st = json_get_string(item, "record", &record, err)) !=
			ST_OK ||
		    (st = crypto_unhex(key, 32, hex, err)) != ST_OK)
			break;
		if (known(&r->items, key)) {
			r->item_repeats++;
			continue;
		}
		if (!remember(&r->items, key))
			st = err_set(err, ST_NOMEM, "no memory");
		fprintf(file, "%s\t%s\t%s\n", hex, type, record);
	}
out:
	json_free(doc);
	fclose(file);
	return st;
}

static enum status
keep_head(struct receiver *r, struct serve_request *request, struct err *err)
{
	static const char *const NAMES[] = { "Idempotency-Key",
		"Padu-Signature" };
	char path[400];
	FILE *file;
	size_t i;

	snprintf(
	    path, sizeof(path), "%s/requests/%06u.head", r->dir, r->stored);
	if ((file = fopen(path, "w")) == NULL)
		return err_set(err, ST_IO, "cannot keep a request");
	for (i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		fprintf(file, "%s: %s\n", NAMES[i],
		    serve_header(request, NAMES[i]));
	return fclose(file) == 0 ? ST_OK
				 : err_set(err, ST_IO, "cannot keep a request");
}

static enum status
keep(struct receiver *r, struct serve_request *request, const uint8_t key[32],
    const void *body, size_t len, struct err *err)
{
	char path[400], part[410];
	FILE *file;

	r->stored++;
	if (keep_head(r, request, err) != ST_OK)
		return err->status;
	/* Whoever looks meanwhile finds it whole or not at all. */
	snprintf(
	    path, sizeof(path), "%s/requests/%06u.json", r->dir, r->stored);
	snprintf(part, sizeof(part), "%s.part", path);
	if ((file = fopen(part, "w")) == NULL ||
	    fwrite(body, 1, len, file) != len || fclose(file) != 0 ||
	    rename(part, path) != 0)
		return err_set(err, ST_IO, "cannot keep a request");
	if (!remember(&r->batches, key))
		return err_set(err, ST_NOMEM, "no memory");
	return note_items(r, body, len, err);
}

/* Take a request that is to be believed. */
static enum status
take(struct receiver *r, struct serve_request *request, struct err *err)
{
	uint8_t key[32];
	const void *body;
	enum status st;
	size_t len;

	body = serve_body(request, &len);
	st = check_signature(r, request, body, len, key, err);
	if (st != ST_OK)
		return st;
	if (known(&r->batches, key)) {
		r->repeated++;
		return ST_OK;
	}
	return keep(r, request, key, body, len, err);
}

/* What was taken before a restart. */
static enum status
load(struct receiver *r, struct err *err)
{
	const struct env *env = env_real();
	char path[400], line[256], **names = NULL;
	uint8_t hash[HASH_LEN], *body;
	enum status st;
	size_t i, n, len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/requests", r->dir);
	if ((st = env->list(env->arg, path, &names, &n, err)) != ST_OK)
		return st;
	for (i = 0; i < n && st == ST_OK; i++) {
		if (strstr(names[i], ".json") == NULL)
			continue;
		snprintf(
		    path, sizeof(path), "%s/requests/%s", r->dir, names[i]);
		st = env->read(env->arg, path, BODY_MAX, &body, &len, err);
		if (st != ST_OK)
			break;
		hash_bytes(hash, body, len);
		free(body);
		r->stored++;
		if (!remember(&r->batches, hash))
			st = err_set(err, ST_NOMEM, "no memory");
	}
	free(names);
	snprintf(path, sizeof(path), "%s/items.tsv", r->dir);
	if ((file = fopen(path, "r")) == NULL)
		return st;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[64] = '\0';
		if (crypto_unhex(hash, 32, line, err) == ST_OK)
			remember(&r->items, hash);
	}
	fclose(file);
	return st;
}

static void
wait_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static ssize_t
read_nothing(void *arg, char *out, size_t max)
{
	(void)arg;
	(void)out;
	(void)max;
	return -1;
}

static void
close_nothing(void *arg)
{
	(void)arg;
}

/* A reply that breaks off: the client cannot know what became of it. */
static enum serve_next
say_nothing(struct serve_reply *reply)
{
	static const struct serve_source NOTHING = { read_nothing,
		close_nothing };

	reply->source = &NOTHING;
	return SERVE_REPLY;
}

static enum serve_next
post(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	static const char PAGE[] = "<html>Selamat datang</html>";
	struct receiver *r = arg;
	char mode[16];
	struct err err;
	enum status st;

	pthread_mutex_lock(&r->lock);
	r->requests++;
	read_mode(r, mode);
	if (strcmp(mode, "slow") == 0)
		wait_ms(2000);
	if (strcmp(mode, "500") == 0 || strcmp(mode, "400") == 0) {
		pthread_mutex_unlock(&r->lock);
		return serve_refuse_code(
		    reply, (unsigned)atoi(mode), ST_IO, "as I was told");
	}
	if (strcmp(mode, "down") == 0) {
		pthread_mutex_unlock(&r->lock);
		return say_nothing(reply);
	}
	if (strcmp(mode, "portal") == 0) {
		pthread_mutex_unlock(&r->lock);
		reply->type = "text/html";
		reply->body = PAGE;
		reply->len = sizeof(PAGE) - 1;
		reply->own = SERVE_STATIC;
		return SERVE_REPLY;
	}
	st = take(r, request, &err);
	r->refused += st != ST_OK;
	pthread_mutex_unlock(&r->lock);
	if (st != ST_OK)
		return serve_refuse(reply, &err);
	return strcmp(mode, "silent") == 0 ? say_nothing(reply) : SERVE_REPLY;
}

static enum serve_next
status(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct receiver *r = arg;
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err err;

	(void)request;
	pthread_mutex_lock(&r->lock);
	json_put_object(&w, NULL);
	json_put_i64(&w, "requests", r->requests);
	json_put_i64(&w, "stored", r->stored);
	json_put_i64(&w, "repeated", r->repeated);
	json_put_i64(&w, "refused", r->refused);
	json_put_i64(&w, "items", (int64_t)r->items.n);
	json_put_i64(&w, "item_repeats", r->item_repeats);
	json_put_end(&w);
	pthread_mutex_unlock(&r->lock);
	if (json_writer_finish(&w, &err) != ST_OK) {
		writer_free(&bytes);
		return serve_refuse(reply, &err);
	}
	reply->type = "application/json";
	reply->body = writer_take(&bytes, &reply->len);
	reply->own = SERVE_TAKE;
	return SERVE_REPLY;
}

static const struct serve_route ROUTES[] = {
	{ .method = "POST",
	    .path = "/forward",
	    .body_max = BODY_MAX,
	    .handle = post },
	{ .method = "GET", .path = "/status", .handle = status },
};

static int
run(struct receiver *r, struct serve_opts *opts)
{
	struct serve *serve;
	char path[400], line[64];
	sigset_t signals;
	struct err err;
	int n, got;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (serve_open(&serve, opts, &err) != ST_OK)
		goto fail;
	n = snprintf(line, sizeof(line), "127.0.0.1:%u\n", serve_port(serve));
	snprintf(path, sizeof(path), "%s/address", r->dir);
	if (env_real()->write(env_real()->arg, path, line, (size_t)n, &err) !=
	    ST_OK)
		goto fail;
	printf("listening on %s", line);
	fflush(stdout);
	while (sigwait(&signals, &got) != 0)
		;
	serve_close(serve);
	return 0;
fail:
	fprintf(stderr, "receiver: %s\n", err.text);
	return 1;
}

int
main(int argc, char **argv)
{
	struct receiver r = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.thread_per_connection = true,
		.arg = &r };
	const char *key = NULL;
	char path[400];
	struct err err;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--dir") == 0)
			r.dir = argv[i + 1];
		else if (strcmp(argv[i], "--key") == 0)
			key = argv[i + 1];
		else if (strcmp(argv[i], "--port") == 0)
			opts.port = (uint16_t)atoi(argv[i + 1]);
		else
			break;
	}
	if (i < argc || r.dir == NULL || key == NULL ||
	    crypto_start(&err) != ST_OK ||
	    crypto_unhex(r.public, sizeof(r.public), key, &err) != ST_OK) {
		fprintf(stderr, "receiver --dir DIR --key HEX [--port PORT]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/requests", r.dir);
	if ((mkdir(r.dir, 0700) != 0 && errno != EEXIST) ||
	    (mkdir(path, 0700) != 0 && errno != EEXIST)) {
		fprintf(stderr, "receiver: %s: %s\n", r.dir, strerror(errno));
		return 1;
	}
	if (load(&r, &err) != ST_OK) {
		fprintf(stderr, "receiver: %s\n", err.text);
		return 1;
	}
	return run(&r, &opts);
}
