#ifndef AGENT_RECORDS_VIEW_H
#define AGENT_RECORDS_VIEW_H

/*
 * view: a displayed record as JSON, for lists, `show` and the page.
 *
 *	{"id": "...", "kind": "household", "village": "64.02.05.2001",
 *	 "shown": "1.204+2", "waiting": 2, "gone": false,
 *	 "fields": {"alamat": "...", "lantai": "3"},
 *	 "conflicts": [{"register": "lantai", "values": [
 *	     {"fields": {"lantai": "3"}, "day": "2026-11-20",
 *	      "writer": 17, "shown": true}]}]}
 *
 * "shown" inside a value: this is the one in "fields" meanwhile.  "shown"
 * of the record is handed in again with a visit.
 */

#include <stdint.h>

struct display;
struct instrument;
struct json_writer;

/*
 * Put the members of one object; the caller opens and ends it.  ${place}: the
 * village to show, 0: none.  What goes wrong json_writer_finish() tells.
 */
void view_put(struct json_writer *w, const struct display *display,
    uint64_t place, const struct instrument *ins);

#endif /* AGENT_RECORDS_VIEW_H */
