#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/place/region.h"

#include "agent/agent_internal.h"
#include "agent/records/display.h"
#include "agent/records/listed.h"
#include "agent/records/view.h"

/* Of a list; some room is left for what is put around it. */
#define LINE_MAX (JSON_TEXT_MAX - 4096u)

struct telling {
	struct unlocked *u;
	struct writer *out;    /* lines */
	struct json_writer *w; /* or one document */
};

/* One record into an object that is open. */
static enum status
put_record(struct unlocked *u, struct json_writer *w,
    const struct listed_line *line, struct err *err)
{
	struct display d;
	enum status st;

	st = display_read(
	    u->reader, line->id, u->standing.cursor.epoch, &d, err);
	if (st != ST_OK)
		return st;
	view_put(w, &d, line->place, u->ins);
	display_free(&d);
	return ST_OK;
}

/* Whom the first of a group stands for; nothing if it is alone. */
static enum status
put_same_ids(struct telling *t, const struct listed_line *line, struct err *err)
{
	uint64_t *ids;
	enum status st;
	size_t i, n;

	st = listed_group(t->u->listed, line->kind, line->id, &ids, &n, err);
	if (st != ST_OK)
		return st;
	if (n > 1) {
		json_put_array(t->w, "same");
		for (i = 1; i < n; i++)
			json_put_decimal(t->w, NULL, ids[i]);
		json_put_end(t->w);
	}
	free(ids);
	return ST_OK;
}

static enum status
put_member(void *arg, const struct listed_line *line, struct err *err)
{
	struct telling *t = arg;
	enum status st;

	json_put_object(t->w, NULL);
	st = put_record(t->u, t->w, line, err);
	if (st == ST_OK)
		st = put_same_ids(t, line, err);
	json_put_end(t->w);
	return st;
}

static enum status
put_member_id(void *arg, const struct listed_line *line, struct err *err)
{
	struct telling *t = arg;

	(void)err;
	json_put_decimal(t->w, NULL, line->id);
	return ST_OK;
}

/* In place of a household of which there is more than a line may hold. */
static enum status
put_short(struct writer *out, const struct listed_line *line, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	char village[REGION_TEXT_SIZE];

	json_put_object(&w, NULL);
	json_put_decimal(&w, "id", line->id);
	json_put_string(&w, "kind", "household");
	region_print(line->place, village);
	json_put_string(&w, "village", village);
	json_put_bool(&w, "too_long", true);
	json_put_end(&w);
	return agent_end_line(&w, out, err);
}

static enum status
put_household(void *arg, const struct listed_line *line, struct err *err)
{
	struct telling *t = arg;
	struct json_writer w = json_writer_start(t->out);
	size_t before = t->out->len;
	enum status st;

	t->w = &w;
	json_put_object(&w, NULL);
	st = put_record(t->u, &w, line, err);
	if (st == ST_OK)
		st = put_same_ids(t, line, err);
	json_put_array(&w, "members");
	if (st == ST_OK)
		st = listed_members(
		    t->u->listed, line->id, put_member_id, t, err);
	json_put_end(&w);
	json_put_end(&w);
	if (st == ST_OK)
		st = agent_end_line(&w, t->out, err);
	/* One household that somebody filled must not hide all the others. */
	if (st == ST_OK && t->out->len - before > LINE_MAX) {
		t->out->len = before;
		st = put_short(t->out, line, err);
	}
	return st;
}

enum status
agent_list(struct agent *agent, const char *village, struct writer *out,
    struct err *err)
{
	struct telling t = { .u = agent->open, .out = out };
	uint64_t place = 0;
	enum status st;

	if ((st = agent_need_unlocked(agent, err)) != ST_OK)
		return st;
	if (village != NULL &&
	    (st = region_parse(&place, village, err)) != ST_OK)
		return st;
	return listed_households(t.u->listed, place, put_household, &t, err);
}

/* Each record that the first of ${ids} stands for, with what it holds. */
static enum status
put_same(struct telling *t, const uint64_t *ids, size_t n, struct err *err)
{
	struct unlocked *u = t->u;
	enum status st = ST_OK;
	struct display d;
	size_t i;

	json_put_array(t->w, "same");
	for (i = 1; i < n && st == ST_OK; i++) {
		st = display_read(
		    u->reader, ids[i], u->standing.cursor.epoch, &d, err);
		if (st != ST_OK)
			break;
		json_put_object(t->w, NULL);
		view_put(t->w, &d, listed_place(&d), u->ins);
		json_put_end(t->w);
		display_free(&d);
	}
	json_put_end(t->w);
	return st;
}

/* ${asked}, or what stands for it, as one document. */
static enum status
show(struct telling *t, const struct display *d, uint64_t asked,
    const uint64_t *ids, size_t n, struct err *err)
{
	enum status st = ST_OK;

	json_put_object(t->w, NULL);
	view_put(t->w, d, listed_place(d), t->u->ins);
	if (d->id != asked)
		json_put_decimal(t->w, "asked", asked);
	if (n > 1)
		st = put_same(t, ids, n, err);
	if (st == ST_OK && d->kind == RECORD_HOUSEHOLD) {
		json_put_array(t->w, "members");
		st = listed_members(t->u->listed, d->id, put_member, t, err);
		json_put_end(t->w);
	}
	json_put_end(t->w);
	return st == ST_OK ? agent_end_line(t->w, t->out, err) : st;
}

enum status
agent_show(
    struct agent *agent, uint64_t id, struct writer *out, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	struct telling t = { .u = agent->open, .out = out, .w = &w };
	uint32_t epoch;
	uint64_t *ids = NULL;
	struct display d;
	enum status st;
	size_t n = 0;

	if ((st = agent_need_unlocked(agent, err)) != ST_OK)
		return st;
	epoch = t.u->standing.cursor.epoch;
	if ((st = display_read(t.u->reader, id, epoch, &d, err)) != ST_OK)
		return st;
	if (d.kind == 0) {
		/* It may be an identity number: never repeated. */
		st = err_set(err, ST_NOTFOUND,
		    "there is no record of that id on this laptop");
		goto out;
	}
	st = listed_group(t.u->listed, d.kind, id, &ids, &n, err);
	if (st == ST_OK && ids[0] != id) {
		display_free(&d);
		st = display_read(t.u->reader, ids[0], epoch, &d, err);
	}
	if (st == ST_OK)
		st = show(&t, &d, id, ids, n, err);
out:
	free(ids);
	display_free(&d);
	return st;
}
