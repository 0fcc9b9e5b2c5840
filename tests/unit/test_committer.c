#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "sync-server/http/committer.h"
#include "sync-server/intake/intake.h"
#include "tests/lib/door.h"

#define NCLIENTS 24

/* A client of its own thread. */
struct client {
	pthread_t thread;
	struct laptop laptop;
	struct bundle bundle;
	struct ask ask;
	atomic_uint *done;
};

static void *
run_client(void *arg)
{
	struct client *c = arg;

	c->ask.method = "POST";
	c->ask.hex = c->bundle.hex;
	c->ask.offset = 0;
	c->ask.length = (long)c->bundle.bytes.len;
	c->ask.body = c->bundle.bytes.bytes;
	c->ask.len = c->bundle.bytes.len;
	ask(&c->ask);
	if (c->done != NULL)
		(*c->done)++;
	return NULL;
}

static void
make_clients(struct client *clients, size_t n)
{
	char name[24];
	size_t i;

	for (i = 0; i < n; i++) {
		memset(&clients[i], 0, sizeof(clients[i]));
		snprintf(name, sizeof(name), "Petugas %zu", i);
		laptop_make(&clients[i].laptop, (uint8_t)(10 + i));
		laptop_join(&clients[i].laptop, &office, name, OFFICE_VILLAGE);
		make_bundle(&clients[i].bundle, &clients[i].laptop, 1);
	}
}

static void
free_clients(struct client *clients, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		writer_free(&clients[i].ask.reply);
		writer_free(&clients[i].bundle.bytes);
		laptop_free(&clients[i].laptop);
	}
}

START_TEST(many_laptops_at_once_are_all_answered)
{
	static struct client clients[NCLIENTS];
	size_t i;

	make_clients(clients, NCLIENTS);
	for (i = 0; i < NCLIENTS; i++)
		pthread_create(
		    &clients[i].thread, NULL, run_client, &clients[i]);
	for (i = 0; i < NCLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
	for (i = 0; i < NCLIENTS; i++) {
		ck_assert_uint_eq(clients[i].ask.code, 200);
		ck_assert_int_eq(
		    judge(&clients[i].ask, &clients[i].bundle), RECEIPT_MERGED);
	}
	free_clients(clients, NCLIENTS);
}
END_TEST

START_TEST(a_full_queue_says_when_to_come_back_and_loses_nothing)
{
	struct timespec nap = { 0, 10000000 };
	static struct client clients[4];
	atomic_uint done = 0;
	unsigned i, busy = 0, good = 0;

	http_close(http);
	start(1);
	make_clients(clients, 4);
	/* While the lock is held nothing is committed: one upload is with
	 * the committer, one waits, the others find no room. */
	server_lock(office.server);
	for (i = 0; i < 4; i++) {
		clients[i].done = &done;
		pthread_create(
		    &clients[i].thread, NULL, run_client, &clients[i]);
	}
	for (i = 0; i < 500 && done < 2; i++)
		nanosleep(&nap, NULL);
	server_unlock(office.server);
	for (i = 0; i < 4; i++)
		pthread_join(clients[i].thread, NULL);
	for (i = 0; i < 4; i++) {
		good += clients[i].ask.code == 200;
		if (clients[i].ask.code != 503)
			continue;
		busy++;
		ck_assert_str_ne(clients[i].ask.retry, "");
		/* The bytes are there: nothing is sent again. */
		ck_assert_uint_eq(post(&clients[i].ask, &clients[i].bundle,
				      (long)clients[i].bundle.bytes.len, 0),
		    200);
		ck_assert_int_eq(
		    judge(&clients[i].ask, &clients[i].bundle), RECEIPT_MERGED);
	}
	ck_assert_uint_ge(busy, 2);
	ck_assert_uint_eq(good + busy, 4);
	free_clients(clients, 4);
}
END_TEST

START_TEST(closing_answers_what_is_under_way)
{
	struct timespec nap = { 0, 50000000 };
	static struct client client;

	make_clients(&client, 1);
	server_lock(office.server);
	pthread_create(&client.thread, NULL, run_client, &client);
	nanosleep(&nap, NULL);
	nanosleep(&nap, NULL);
	server_unlock(office.server);
	http_close(http);
	pthread_join(client.thread, NULL);
	ck_assert_uint_eq(client.ask.code, 200);
	ck_assert_int_eq(judge(&client.ask, &client.bundle), RECEIPT_MERGED);
	free_clients(&client, 1);
	start(0);
}
END_TEST

/* Answers that take until they are let go. */
static struct {
	atomic_uint begun, given;
	atomic_bool go;
} slow;

static void
answer_slowly(void *arg, void *upload, enum status st,
    const struct writer *bytes, const struct err *error)
{
	const uint8_t *key = office.server->card.receipt_public;
	struct timespec nap = { 0, 1000000 };
	const struct bundle *bundle = upload;
	struct receipt receipt;
	struct reply reply;
	struct err ignored;

	(void)arg;
	(void)error;
	slow.begun++;
	while (!slow.go)
		nanosleep(&nap, NULL);
	slow.given += st == ST_OK &&
	    reply_unpack(&reply, bytes->bytes, bytes->len, bundle->name, key,
		&ignored) == ST_OK &&
	    reply.nreceipts == 1 &&
	    receipt_unpack(&receipt, reply.receipts, key, &ignored) == ST_OK &&
	    receipt.state == RECEIPT_MERGED;
}

START_TEST(the_next_commit_does_not_wait_for_an_answer)
{
	struct committer_opts opts = { .server = office.server,
		.answer = answer_slowly };
	struct timespec nap = { 0, 1000000 };
	struct committer_counts counts;
	struct committer *committer;
	struct client clients[2];
	struct intake_job *job;
	unsigned i, k;

	make_clients(clients, 2);
	slow.begun = slow.given = 0;
	slow.go = false;
	ok(committer_open(&committer, &opts, &err));
	for (i = 0; i < 2; i++) {
		ok(intake_open(&job, office.server, clients[i].bundle.name,
		    clients[i].bundle.bytes.bytes, clients[i].bundle.bytes.len,
		    &err));
		ok(committer_put(committer, job, 1, &clients[i].bundle, &err));
		for (k = 0; k < 5000 && slow.begun == 0; k++)
			nanosleep(&nap, NULL);
	}
	/* The first answer is being given, and the second is durable. */
	for (k = 0; k < 5000; k++) {
		committer_count(committer, &counts);
		if (counts.uploads == 2)
			break;
		nanosleep(&nap, NULL);
	}
	ck_assert_uint_eq(counts.uploads, 2);
	ck_assert_uint_eq(slow.begun, 1);
	ck_assert_uint_eq(slow.given, 0);
	slow.go = true;
	committer_close(committer);
	ck_assert_uint_eq(slow.given, 2);
	free_clients(clients, 2);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, many_laptops_at_once_are_all_answered);
	tcase_add_test(
	    tc, a_full_queue_says_when_to_come_back_and_loses_nothing);
	tcase_add_test(tc, closing_answers_what_is_under_way);
	tcase_add_test(tc, the_next_commit_does_not_wait_for_an_answer);
}

UNIT_MAIN("committer", add)
