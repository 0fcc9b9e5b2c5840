#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/reader.h"
#include "common/base/writer.h"
#include "tests/bench/floor.h"
#include "tests/bench/measure.h"
#include "tests/bench/sqlite.h"

#define LOAD_COMMIT 100000u /* households in one commit while loading */

struct floor {
	sqlite3 *db;
	sqlite3_stmt *put;
};

struct floor *
floor_open(const char *path, bool fresh)
{
	struct floor *f = measure_memory(1, sizeof(*f));

	f->db = sqlite_open(path, fresh);
	sqlite_exec(f->db,
	    "CREATE TABLE IF NOT EXISTS rec"
	    " (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
	f->put = sqlite_prepare(f->db,
	    "INSERT INTO rec VALUES (?1, ?2)"
	    " ON CONFLICT (id) DO UPDATE SET body = excluded.body");
	return f;
}

void
floor_close(struct floor *f)
{
	if (f == NULL)
		return;
	sqlite3_finalize(f->put);
	sqlite3_close(f->db);
	free(f);
}

/* The household as that laptop has it: it never saw the other's edits. */
static void
write_json(struct writer *out, uint32_t record, enum workload_round round,
    const struct workload_edit *edit)
{
	char value[WORKLOAD_VALUE_SIZE], text[2 * WORKLOAD_VALUE_SIZE];
	unsigned i, k = 0;
	int len;

	len = snprintf(text, sizeof(text), "{\"id\":\"%llu\"",
	    (unsigned long long)workload_id(record));
	writer_bytes(out, text, (size_t)len);
	for (i = 0; i < WORKLOAD_FIELDS; i++) {
		if (edit != NULL && k < WORKLOAD_EDIT_FIELDS &&
		    edit->fields[k] == i) {
			workload_value(value, record, i, round);
			k++;
		} else {
			workload_value(value, record, i, WORKLOAD_BASE);
		}
		len = snprintf(text, sizeof(text),
		    workload_field_is_number(i) ? ",\"%s\":%s"
						: ",\"%s\":\"%s\"",
		    workload_field_name(i), value);
		writer_bytes(out, text, (size_t)len);
	}
	writer_u8(out, '}');
}

/* A batch: for each household its key, the text's length, the text. */
struct workload_batch *
floor_pack(const struct workload *w, enum workload_round round)
{
	size_t i, k, n = workload_nbatches(w, round);
	struct workload_batch *batches = measure_memory(n, sizeof(*batches));
	const struct workload_edit *edit = NULL;
	struct writer out = { 0 }, json = { 0 };
	uint32_t record;

	for (i = 0; i < n; i++) {
		for (k = 0; k < WORKLOAD_BATCH; k++) {
			record = (uint32_t)(i * WORKLOAD_BATCH + k);
			if (round != WORKLOAD_BASE) {
				edit = &w->edits[round - WORKLOAD_A][record];
				record = edit->record;
			}
			writer_clear(&json);
			write_json(&json, record, round, edit);
			writer_u64(&out, workload_id(record));
			writer_u32(&out, (uint32_t)json.len);
			writer_bytes(&out, json.bytes, json.len);
		}
		batches[i].n = WORKLOAD_BATCH;
		batches[i].bytes = writer_take(&out, &batches[i].len);
	}
	writer_free(&json);
	return batches;
}

static void
put(struct floor *f, uint64_t id, const void *text, size_t len)
{
	sqlite3_bind_int64(f->put, 1, (sqlite3_int64)id);
	sqlite3_bind_text(f->put, 2, text, (int)len, SQLITE_STATIC);
	sqlite_run(f->db, f->put);
}

void
floor_apply(struct floor *f, const struct workload_batch *batch)
{
	struct reader r = reader_start(batch->bytes, batch->len);
	uint64_t id;
	uint32_t i, len;

	sqlite_exec(f->db, "BEGIN IMMEDIATE");
	for (i = 0; i < batch->n; i++) {
		id = reader_u64(&r);
		len = reader_u32(&r);
		put(f, id, reader_bytes(&r, len), len);
	}
	sqlite_exec(f->db, "COMMIT");
}

void
floor_load(struct floor *f, const struct workload *w)
{
	struct writer json = { 0 };
	uint32_t i;

	sqlite_exec(f->db, "PRAGMA synchronous = OFF");
	for (i = 0; i < w->nrecords; i++) {
		if (i % LOAD_COMMIT == 0)
			sqlite_exec(f->db, "BEGIN IMMEDIATE");
		writer_clear(&json);
		write_json(&json, i, WORKLOAD_BASE, NULL);
		put(f, workload_id(i), json.bytes, json.len);
		if ((i + 1) % LOAD_COMMIT == 0 || i + 1 == w->nrecords)
			sqlite_exec(f->db, "COMMIT");
	}
	writer_free(&json);
	/* All of it on the disk, so that no later commit pays for it. */
	sqlite_exec(f->db, "PRAGMA synchronous = FULL");
	sqlite_exec(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

void
floor_print_settings(const struct floor *f)
{
	sqlite_print_settings(f->db, "floor");
}
