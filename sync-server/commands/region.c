#include "common/place/region.h"
#include "common/base/day.h"

#include "sync-server/commands/command.h"
#include "sync-server/server.h"

static void
put_day(struct json_writer *w, const char *name, int32_t day)
{
	char text[DAY_TEXT_SIZE];

	if (day == DAY_NONE)
		return;
	day_print(day, text);
	json_put_string(w, name, text);
}

static void
put_text(struct json_writer *w, const char *name, const char *text)
{
	if (text[0] != '\0')
		json_put_string(w, name, text);
}

/* The regions that ${region} lies in, from the nearest outward. */
static void
put_within(struct json_writer *w, const struct region_table *table,
    const struct region *region)
{
	char code[REGION_TEXT_SIZE];
	struct region outer;
	uint64_t at;

	json_put_array(w, "within");
	for (at = region_parent(region->code); at != 0;
	     at = region_parent(at)) {
		if (!region_find(table, at, &outer))
			continue;
		region_print(at, code);
		json_put_object(w, NULL);
		json_put_string(w, "code", code);
		json_put_string(w, "name", outer.name);
		json_put_end(w);
	}
	json_put_end(w);
}

/* What stands for an ended code today. */
static void
put_successor(struct json_writer *w, const struct region_table *table,
    const struct region *region)
{
	uint64_t now = region_current(table, region->code);
	char code[REGION_TEXT_SIZE];
	struct region successor;

	if (region->valid_to == DAY_NONE)
		return;
	if (now == 0 || !region_find(table, now, &successor)) {
		json_put_null(w, "successor");
		return;
	}
	region_print(now, code);
	json_put_object(w, "successor");
	json_put_string(w, "code", code);
	json_put_string(w, "name", successor.name);
	json_put_end(w);
}

enum status
command_region(struct command_call *call, struct err *err)
{
	const struct region_table *table = call->server->regions;
	struct json_writer *w = control_result(call->out);
	char text[REGION_TEXT_SIZE];
	struct region region;
	uint64_t code;
	enum status st;

	if ((st = region_parse(&code, call->args.pos[0], err)) != ST_OK)
		return st;
	region_print(code, text);
	if (!region_find(table, code, &region))
		return err_set(err, ST_NOTFOUND,
		    "no edition of the region table has the code %s", text);
	json_put_string(w, "code", text);
	json_put_string(w, "kind", region_kind(code));
	json_put_string(w, "name", region.name);
	put_text(w, "name_before", region.name_before);
	put_text(w, "bps_code", region.bps_code);
	put_within(w, table, &region);
	put_day(w, "valid_from", region.valid_from);
	put_day(w, "valid_to", region.valid_to);
	json_put_bool(w, "valid", region.valid_to == DAY_NONE);
	put_successor(w, table, &region);
	return ST_OK;
}
