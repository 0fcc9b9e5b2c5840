#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"

#define must(l, call)                                                          \
	ck_assert_msg((call) == ST_OK, "%s: %s", #call, (l)->err.text)

static int64_t
now_ms(void *arg)
{
	return ((struct laptop *)arg)->now_ms;
}

/* Disk full at the call that the test chose. */
static enum status
write_file(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	struct laptop *l = arg;

	if (l->fail_write > 0 && --l->fail_write == 0)
		return err_set(err, ST_FULL, "the test says: no room");
	return env_real()->write(NULL, path, bytes, len, err);
}

static void
open_agent(struct laptop *l)
{
	struct agent_opts opts = {
		.dir = l->dir, .env = &l->env, .cost = SEALED_COST
	};

	must(l, agent_open(&l->agent, &opts, &l->err));
}

struct laptop *
laptop_new(struct fake_server *server)
{
	const char *under = getenv("TMPDIR");
	struct laptop *l = calloc(1, sizeof(*l));

	ck_assert_ptr_nonnull(l);
	sealed_start();
	snprintf(l->dir, sizeof(l->dir), "%s/padu-laptop-XXXXXX",
	    under != NULL && strlen(under) < 150 ? under : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(l->dir));
	l->env = *env_real();
	l->env.arg = l;
	l->env.now_ms = now_ms;
	l->env.write = write_file;
	l->now_ms = server->now_ms;
	l->server = server;
	open_agent(l);
	return l;
}

const char *
laptop_path(const struct laptop *l, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", l->dir, name);
	return path;
}

void
laptop_empty(const struct laptop *l, const char *name)
{
	char folder[4096], path[8300];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s", laptop_path(l, name));
	if ((dir = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	closedir(dir);
}

void
laptop_free(struct laptop *l)
{
	if (l == NULL)
		return;
	agent_close(l->agent);
	laptop_empty(l, "spool");
	rmdir(laptop_path(l, "spool"));
	laptop_empty(l, ".");
	rmdir(l->dir);
	writer_free(&l->said);
	free(l);
}

void
laptop_reopen(struct laptop *l)
{
	char label[17];

	snprintf(label, sizeof(label), "%s", l->label);
	agent_close(l->agent);
	l->agent = NULL;
	l->label[0] = '\0';
	open_agent(l);
	if (label[0] != '\0')
		laptop_unlock(l, label);
}

static void
step(struct laptop *l)
{
	if (l->reopen)
		laptop_reopen(l);
	writer_clear(&l->said);
	l->err.text[0] = '\0';
}

static const char *
ended(struct laptop *l)
{
	writer_u8(&l->said, 0);
	ck_assert(writer_ok(&l->said));
	return (const char *)l->said.bytes;
}

void
laptop_enrol(struct laptop *l, const char *label, const char *village,
    const char *village2)
{
	char code[CARD_CODE_TEXT_SIZE], pass[40];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = label,
		.passphrase = pass };
	struct writer card = { 0 }, request = { 0 }, reply = { 0 };

	step(l);
	snprintf(pass, sizeof(pass), "rahasia %s", label);
	fake_server_code(l->server, label, village, village2, code);
	fake_server_card(l->server, &card);
	must(l,
	    agent_enrol_request(
		l->agent, &enrol, card.bytes, card.len, &request, &l->err));
	fake_server_enrol(l->server, request.bytes, request.len, &reply);
	must(l,
	    agent_enrol_reply(
		l->agent, &enrol, reply.bytes, reply.len, &l->err));
	writer_free(&card);
	writer_free(&request);
	writer_free(&reply);
}

void
laptop_unlock(struct laptop *l, const char *label)
{
	char pass[40];

	snprintf(pass, sizeof(pass), "rahasia %s", label);
	must(l, agent_unlock(l->agent, label, pass, &l->err));
	snprintf(l->label, sizeof(l->label), "%s", label);
}

void
laptop_lock(struct laptop *l)
{
	must(l, agent_lock(l->agent, &l->err));
	l->label[0] = '\0';
}

enum status
laptop_try_visit(struct laptop *l, const char *json)
{
	enum status st;

	step(l);
	st = agent_visit(l->agent, json, strlen(json), &l->said, &l->err);
	ended(l);
	return st;
}

const char *
laptop_visit(struct laptop *l, const char *fmt, ...)
{
	static char json[1 << 20];
	va_list ap;
	char *p;

	va_start(ap, fmt);
	vsnprintf(json, sizeof(json), fmt, ap);
	va_end(ap);
	for (p = json; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	ck_assert_msg(laptop_try_visit(l, json) == ST_OK, "%s: %s: %s", json,
	    l->err.text, (const char *)l->said.bytes);
	return (const char *)l->said.bytes;
}

enum status
laptop_exchange(struct laptop *l, bool lose)
{
	struct writer bundle = { 0 }, reply = { 0 };
	uint8_t name[32];
	enum status st;

	step(l);
	l->synced.more = false;
	must(l, agent_sync_bundle(l->agent, true, &bundle, name, &l->err));
	fake_server_answer(l->server, bundle.bytes, bundle.len, &reply);
	l->now_ms += 1000;
	st = lose ? ST_OK
		  : agent_sync_reply(l->agent, name, reply.bytes, reply.len,
			&l->synced, &l->err);
	writer_free(&bundle);
	writer_free(&reply);
	return st;
}

void
laptop_sync(struct laptop *l)
{
	int rounds = 0;

	l->synced = (struct agent_synced){ 0 };
	do {
		must(l, laptop_exchange(l, false));
		ck_assert_int_lt(++rounds, 200);
	} while (l->synced.more);
}

const char *
laptop_show(struct laptop *l, uint64_t id)
{
	step(l);
	must(l, agent_show(l->agent, id, &l->said, &l->err));
	return ended(l);
}

const char *
laptop_list(struct laptop *l)
{
	step(l);
	must(l, agent_list(l->agent, NULL, &l->said, &l->err));
	return ended(l);
}

const char *
laptop_status(struct laptop *l)
{
	step(l);
	must(l, agent_status(l->agent, &l->said, &l->err));
	return ended(l);
}

const char *
laptop_visits(struct laptop *l)
{
	step(l);
	must(l, agent_visits(l->agent, &l->said, &l->err));
	return ended(l);
}

const char *
laptop_returns(struct laptop *l)
{
	step(l);
	must(l, agent_returns(l->agent, &l->said, &l->err));
	return ended(l);
}

const char *
laptop_stand(struct laptop *l, uint64_t id)
{
	static char stand[64];
	const char *at;
	size_t i;

	at = strstr(laptop_show(l, id), "\"shown\":\"");
	ck_assert_ptr_nonnull(at);
	at += strlen("\"shown\":\"");
	for (i = 0; i < sizeof(stand) - 1 && at[i] != '"'; i++)
		stand[i] = at[i];
	stand[i] = '\0';
	return stand;
}

uint64_t
laptop_id(const struct laptop *l, const char *name)
{
	char want[60];
	const char *at;

	snprintf(want, sizeof(want), "\"%s\":", name);
	at = strstr((const char *)l->said.bytes, want);
	ck_assert_msg(
	    at != NULL, "no %s in %s", name, (const char *)l->said.bytes);
	at += strlen(want);
	while (*at == '"' || *at == '[')
		at++;
	return strtoull(at, NULL, 10);
}

void
laptop_says(const struct laptop *l, const char *text, bool yes,
    const char *file, int line)
{
	char want[1000];
	char *p;

	snprintf(want, sizeof(want), "%s", text);
	for (p = want; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	ck_assert_msg(
	    (strstr((const char *)l->said.bytes, want) != NULL) == yes,
	    "%s:%d: %s %s\nin %s", file, line, yes ? "missing" : "unwanted",
	    want, (const char *)l->said.bytes);
}
