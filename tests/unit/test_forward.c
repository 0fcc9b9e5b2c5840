#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/http/serve.h"
#include "common/json/json.h"
#include "sync-server/forward/forward.h"
#include "sync-server/forward/forwarder.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/review/approve.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define NOW 1800000000000
#define NHOUSES 5u

static struct office office;
static struct laptop laptop;
static struct forward *forward;
static struct err err;
static uint32_t approver;
static uint64_t houses[NHOUSES];

static void
open_forward(size_t batch_max)
{
	struct forward_opts opts = { .batch_max = batch_max,
		.backoff_min_ms = 1000,
		.backoff_max_ms = 60000 };

	ok(forward_open(&forward, office.server, &opts, &err));
}

static void
record(uint32_t i, const char *address)
{
	struct draft *draft = calloc(1, sizeof(*draft));
	uint8_t id[CHANGE_ID_LEN];

	draft_start(draft, CHANGE_VISITS, 1000 + laptop.pen.seq);
	draft_row(draft, houses[i], RECORD_HOUSEHOLD, 0, 0);
	draft_write(draft, 4, OFFICE_VILLAGE);
	draft_write(draft, 52, address);
	laptop_add(&laptop, &office, draft, id);
	ck_assert_int_eq(laptop_send(&laptop, &office), RECEIPT_MERGED);
	free(draft);
}

static void
approve(uint32_t i)
{
	struct approve_opts opts = { .record = houses[i], .person = approver };
	struct approve_result result;

	ok(approve_put(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.approved, 1);
}

static void
set_up(void)
{
	uint32_t i;

	office_open(&office);
	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
	approver = office_person(&office, "App", PERSON_APPROVER);
	for (i = 0; i < NHOUSES; i++) {
		houses[i] = laptop_id(&laptop, i + 1);
		record(i, "Jalan Uji");
	}
	open_forward(0);
}

static void
tear_down(void)
{
	forward_close(forward);
	laptop_free(&laptop);
	office_close(&office);
}

static struct outbox_counts
counts(void)
{
	struct outbox_counts out;

	server_lock(office.server);
	ok(outbox_count(office.server->outbox, &out, &err));
	server_unlock(office.server);
	return out;
}

/* How many items the batch has; checks that its JSON is sound. */
static size_t
items(const struct forward_batch *batch)
{
	const struct json *array;
	struct json *doc;
	size_t n;

	ok(json_parse(&doc, batch->body.bytes, batch->body.len, 1 << 22, &err));
	ok(json_get_array(doc, "items", &array, &err));
	n = json_count(array);
	json_free(doc);
	return n;
}

START_TEST(a_batch_is_signed_over_its_bytes)
{
	uint8_t hash[HASH_LEN], key[HASH_LEN], signature[SIGN_LEN];
	struct forward_batch batch;
	int64_t due;

	approve(0);
	approve(1);
	ok(forward_next(forward, NOW, &batch, &due, &err));
	ck_assert_uint_eq(items(&batch), 2);
	hash_bytes(hash, batch.body.bytes, batch.body.len);
	ok(crypto_unhex(key, sizeof(key), batch.key, &err));
	ck_assert_mem_eq(key, hash, sizeof(key));
	ck_assert_int_eq(strncmp(batch.signature, "6402:", 5), 0);
	ok(crypto_unhex(
	    signature, sizeof(signature), batch.signature + 5, &err));
	ok(sign_check(signature, office.server->card.receipt_public,
	    FORWARD_DOMAIN, hash, sizeof(hash), &err));
	forward_batch_free(&batch);
}
END_TEST

START_TEST(an_item_is_the_whole_record_with_the_writes_it_is_made_of)
{
	const struct json *array, *item, *fields, *heads;
	struct forward_batch batch;
	const char *text;
	char id[24];
	struct json *doc;
	int64_t due;

	approve(0);
	ok(forward_next(forward, NOW, &batch, &due, &err));
	ok(json_parse(&doc, batch.body.bytes, batch.body.len, 1 << 22, &err));
	ok(json_get_array(doc, "items", &array, &err));
	item = json_at(array, 0);
	snprintf(id, sizeof(id), "%llu", (unsigned long long)houses[0]);
	ok(json_get_string(item, "record", &text, &err));
	ck_assert_str_eq(text, id);
	ok(json_get_string(item, "kind", &text, &err));
	ck_assert_str_eq(text, "household");
	ok(json_get_string(item, "village", &text, &err));
	ck_assert_str_eq(text, OFFICE_VILLAGE);
	ok(json_get_object(item, "fields", &fields, &err));
	ok(json_get_string(fields, "alamat", &text, &err));
	ck_assert_str_eq(text, "Jalan Uji");
	ok(json_get_array(item, "heads", &heads, &err));
	ck_assert_uint_eq(json_count(heads), 2);
	json_free(doc);
	forward_batch_free(&batch);
}
END_TEST

START_TEST(nothing_goes_up_that_is_not_approved)
{
	struct forward_batch batch;
	int64_t due;

	ck_assert_int_eq(
	    forward_next(forward, NOW, &batch, &due, &err), ST_NOTFOUND);
	ck_assert_int_eq(due, INT64_MAX);
}
END_TEST

START_TEST(the_same_bytes_go_out_until_they_are_answered)
{
	struct forward_batch one, two;
	int64_t due;

	approve(0);
	ok(forward_next(forward, NOW, &one, &due, &err));
	ok(forward_done(forward, &one, FORWARD_FAILED, NOW, &err));
	approve(1);
	/* Also over a restart. */
	forward_close(forward);
	office_restart(&office);
	open_forward(0);
	ok(forward_next(forward, NOW, &two, &due, &err));
	ck_assert_uint_eq(one.body.len, two.body.len);
	ck_assert_mem_eq(one.body.bytes, two.body.bytes, one.body.len);
	ck_assert_str_eq(one.key, two.key);
	ok(forward_done(forward, &two, FORWARD_ACCEPTED, NOW, &err));
	forward_batch_free(&one);
	forward_batch_free(&two);
	ok(forward_next(forward, NOW, &two, &due, &err));
	ck_assert_uint_eq(items(&two), 1);
	forward_batch_free(&two);
}
END_TEST

START_TEST(batches_are_as_large_as_they_may_be)
{
	struct forward_batch batch;
	int64_t due;
	uint32_t i;

	forward_close(forward);
	open_forward(2);
	for (i = 0; i < NHOUSES; i++)
		approve(i);
	for (i = 0; i < 3; i++) {
		ok(forward_next(forward, NOW, &batch, &due, &err));
		ck_assert_uint_eq(items(&batch), i < 2 ? 2 : 1);
		ok(forward_done(forward, &batch, FORWARD_ACCEPTED, NOW, &err));
		forward_batch_free(&batch);
	}
	ck_assert_uint_eq(counts().records[OUTBOX_DONE], NHOUSES);
}
END_TEST

START_TEST(after_a_failure_it_waits_longer_and_longer_but_not_for_ever)
{
	struct forward_batch batch;
	int64_t due, now = NOW, most = 0;
	unsigned i, span = 1000;

	approve(0);
	for (i = 0; i < 40; i++) {
		ok(forward_next(forward, now, &batch, &due, &err));
		ok(forward_done(forward, &batch, FORWARD_FAILED, now, &err));
		forward_batch_free(&batch);
		ck_assert_int_eq(forward_next(forward, now, &batch, &due, &err),
		    ST_NOTFOUND);
		ck_assert_int_gt(due, now);
		ck_assert_int_le(due, now + span);
		if (due - now > most)
			most = due - now;
		now = due;
		span = span < 30000 ? 2 * span : 60000;
	}
	ck_assert_int_gt(most, 20000);
	/* A good answer makes it quick again. */
	ok(forward_next(forward, now, &batch, &due, &err));
	ok(forward_done(forward, &batch, FORWARD_ACCEPTED, now, &err));
	forward_batch_free(&batch);
	approve(1);
	ok(forward_next(forward, now, &batch, &due, &err));
	forward_batch_free(&batch);
}
END_TEST

START_TEST(a_clock_put_back_does_not_stop_it_for_years)
{
	struct forward_batch batch;
	int64_t due, now = NOW - 10ll * 365 * 86400000;

	approve(0);
	ok(forward_next(forward, NOW, &batch, &due, &err));
	ok(forward_done(forward, &batch, FORWARD_FAILED, NOW, &err));
	forward_batch_free(&batch);
	ck_assert_int_eq(
	    forward_next(forward, now, &batch, &due, &err), ST_NOTFOUND);
	ck_assert_int_le(due, now + 60000);
}
END_TEST

START_TEST(one_item_that_is_refused_stops_no_other)
{
	struct forward_batch batch;
	int64_t due;
	unsigned i;

	approve(0);
	approve(1);
	approve(2);
	ok(forward_next(forward, NOW, &batch, &due, &err));
	ok(forward_done(forward, &batch, FORWARD_REJECTED, NOW, &err));
	forward_batch_free(&batch);
	for (i = 0; i < 3; i++) {
		ok(forward_next(forward, NOW, &batch, &due, &err));
		ck_assert_uint_eq(items(&batch), 1);
		ok(forward_done(forward, &batch,
		    i == 1 ? FORWARD_REJECTED : FORWARD_ACCEPTED, NOW, &err));
		forward_batch_free(&batch);
	}
	ck_assert_uint_eq(counts().records[OUTBOX_DONE], 2);
	ck_assert_uint_eq(counts().records[OUTBOX_REFUSED], 1);
}
END_TEST

static const struct {
	unsigned code;
	const char *type;
	enum forward_outcome outcome;
} ANSWERS[] = {
	{ 200, NULL, FORWARD_ACCEPTED },
	{ 202, "application/json", FORWARD_ACCEPTED },
	{ 204, NULL, FORWARD_ACCEPTED },
	{ 200, "text/html; charset=utf-8", FORWARD_FAILED }, /* a portal */
	{ 200, "TEXT/HTML", FORWARD_FAILED },
	{ 302, NULL, FORWARD_FAILED },
	{ 400, NULL, FORWARD_REJECTED },
	{ 401, NULL, FORWARD_FAILED },
	{ 403, NULL, FORWARD_FAILED },
	{ 404, NULL, FORWARD_FAILED },
	{ 408, NULL, FORWARD_FAILED },
	{ 409, NULL, FORWARD_REJECTED },
	{ 413, NULL, FORWARD_REJECTED },
	{ 422, NULL, FORWARD_REJECTED },
	{ 429, NULL, FORWARD_FAILED },
	{ 500, NULL, FORWARD_FAILED },
	{ 503, NULL, FORWARD_FAILED },
};

START_TEST(an_answer_means_what_it_says)
{
	ck_assert_int_eq(forward_judge(ANSWERS[_i].code, ANSWERS[_i].type),
	    ANSWERS[_i].outcome);
}
END_TEST

/* ---- over the network ----------------------------------------------- */

/* An upstream with a list of what to do with each request. */
struct upstream {
	pthread_mutex_t lock;
	const char *script; /* a letter for each: 5 500, s silent after it
	                     * took it, h html, . good; then good */
	unsigned requests;
	char keys[64][65]; /* of what it took, in order */
	unsigned taken;
};

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

static enum serve_next
take(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	static const struct serve_source NOTHING = { read_nothing,
		close_nothing };
	struct upstream *up = arg;
	char what = '.';

	pthread_mutex_lock(&up->lock);
	if (up->requests < strlen(up->script))
		what = up->script[up->requests];
	up->requests++;
	if (what == '.' || what == 's') {
		ck_assert_uint_lt(up->taken, 64);
		snprintf(up->keys[up->taken++], 65, "%s",
		    serve_header(request, "Idempotency-Key"));
	}
	pthread_mutex_unlock(&up->lock);
	if (what == '5')
		return serve_refuse_code(reply, 500, ST_IO, "no");
	if (what == 's')
		reply->source = &NOTHING;
	if (what == 'h')
		reply->type = "text/html";
	return SERVE_REPLY;
}

static const struct serve_route ROUTES[] = {
	{ .method = "POST",
	    .path = "/forward",
	    .body_max = 1 << 22,
	    .handle = take },
};

static struct serve *
open_upstream(struct upstream *up, const char *script)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = 1,
		.thread_per_connection = true,
		.arg = up };
	struct serve *serve;

	memset(up, 0, sizeof(*up));
	pthread_mutex_init(&up->lock, NULL);
	up->script = script;
	ok(serve_open(&serve, &opts, &err));
	return serve;
}

static void
wait_until_done(unsigned n)
{
	struct timespec nap = { 0, 20000000 };
	unsigned i;

	for (i = 0; i < 500 && counts().records[OUTBOX_DONE] < n; i++)
		nanosleep(&nap, NULL);
	ck_assert_uint_eq(counts().records[OUTBOX_DONE], n);
}

static struct forwarder *
open_forwarder(const char *url)
{
	struct forwarder_opts opts = { .server = office.server,
		.url = url,
		.forward = { .batch_max = 2,
		    .backoff_min_ms = 1,
		    .backoff_max_ms = 10 } };
	struct forwarder *f;

	ok(forwarder_open(&f, &opts, &err));
	return f;
}

START_TEST(an_upstream_that_misbehaves_ends_with_every_record_once)
{
	struct forwarder *forwarder;
	struct upstream up;
	struct serve *serve = open_upstream(&up, "55s.h.s5s.");
	char url[64];
	unsigned i, k, different = 0;

	for (i = 0; i < NHOUSES; i++)
		approve(i);
	snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/forward", serve_port(serve));
	forwarder = open_forwarder(url);
	wait_until_done(NHOUSES);
	forwarder_close(forwarder);
	serve_close(serve);
	/* What it took twice it knows again by its key: three batches. */
	for (i = 0; i < up.taken; i++) {
		for (k = 0; k < i; k++) {
			if (strcmp(up.keys[i], up.keys[k]) == 0)
				break;
		}
		different += k == i;
	}
	ck_assert_uint_eq(different, 3);
	ck_assert_uint_gt(up.taken, 3);
}
END_TEST

START_TEST(a_failed_try_is_explained)
{
	static const struct {
		unsigned code;
		const char *type, *says;
	} TRIES[] = {
		{ 404, "application/json", "404: nothing is at that address" },
		{ 403, NULL, "403: it does not let us in" },
		{ 302, NULL, "302: it is elsewhere" },
		{ 200, "text/html; charset=utf-8", "200, with a page" },
		{ 500, NULL, "500" },
	};
	char text[160];
	size_t i;

	for (i = 0; i < sizeof(TRIES) / sizeof(TRIES[0]); i++) {
		ck_assert_int_eq(forward_judge(TRIES[i].code, TRIES[i].type),
		    FORWARD_FAILED);
		forward_explain(
		    text, sizeof(text), TRIES[i].code, TRIES[i].type);
		ck_assert_msg(strstr(text, TRIES[i].says) != NULL, "%s", text);
	}
}
END_TEST

START_TEST(an_upstream_that_is_away_is_waited_for)
{
	struct timespec nap = { 0, 300000000 };
	struct forwarder *forwarder;
	struct upstream up;
	struct serve *serve = open_upstream(&up, "");
	struct serve_opts again = { .routes = ROUTES,
		.nroutes = 1,
		.thread_per_connection = true,
		.arg = &up };
	char url[64];

	again.port = serve_port(serve);
	snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/forward", serve_port(serve));
	serve_close(serve);
	approve(0);
	forwarder = open_forwarder(url);
	nanosleep(&nap, NULL);
	ck_assert_uint_eq(counts().records[OUTBOX_SENDING], 1);
	/* Whoever asks is told so, and why. */
	server_lock(office.server);
	ck_assert(office.server->upstream.on);
	ck_assert_uint_gt(office.server->upstream.failures, 0);
	ck_assert_str_ne(office.server->upstream.why, "");
	ck_assert_int_ge(
	    office.server->upstream.due_ms, office.server->upstream.failed_ms);
	server_unlock(office.server);
	ok(serve_open(&serve, &again, &err));
	wait_until_done(1);
	server_lock(office.server);
	ck_assert_uint_eq(office.server->upstream.failures, 0);
	server_unlock(office.server);
	forwarder_close(forwarder);
	serve_close(serve);
	ck_assert_uint_eq(up.taken, 1);
}
END_TEST

START_TEST(an_address_that_is_none_is_refused)
{
	struct forwarder_opts opts = { .server = office.server,
		.url = "ftp://127.0.0.1/" };
	struct forwarder *f;

	ck_assert_int_eq(forwarder_open(&f, &opts, &err), ST_INVALID);
	ck_assert_ptr_null(f);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_batch_is_signed_over_its_bytes);
	tcase_add_test(
	    tc, an_item_is_the_whole_record_with_the_writes_it_is_made_of);
	tcase_add_test(tc, nothing_goes_up_that_is_not_approved);
	tcase_add_test(tc, the_same_bytes_go_out_until_they_are_answered);
	tcase_add_test(tc, batches_are_as_large_as_they_may_be);
	tcase_add_test(
	    tc, after_a_failure_it_waits_longer_and_longer_but_not_for_ever);
	tcase_add_test(tc, a_clock_put_back_does_not_stop_it_for_years);
	tcase_add_test(tc, one_item_that_is_refused_stops_no_other);
	tcase_add_loop_test(tc, an_answer_means_what_it_says, 0,
	    (int)(sizeof(ANSWERS) / sizeof(ANSWERS[0])));
	tcase_add_test(
	    tc, an_upstream_that_misbehaves_ends_with_every_record_once);
	tcase_add_test(tc, a_failed_try_is_explained);
	tcase_add_test(tc, an_upstream_that_is_away_is_waited_for);
	tcase_add_test(tc, an_address_that_is_none_is_refused);
}

UNIT_MAIN("forward", add)
