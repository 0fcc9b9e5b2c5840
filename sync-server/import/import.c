#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/path.h"
#include "common/place/region.h"

#include "sync-server/audit/audit.h"
#include "sync-server/import/import_internal.h"
#include "sync-server/intake/desk.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

#define FAMILY_ROWS_MAX (1u + PRELIST_MEMBERS_MAX)

struct reading {
	struct import im;
	const struct import_opts *opts;
	struct import_wait wait;
	uint64_t seen; /* rows */
};

/* ---- transactions --------------------------------------------------- */

static enum status
begin(struct import *im, struct err *err)
{
	enum status st;

	if (im->begun)
		return ST_OK;
	server_lock(im->server);
	if ((st = store_begin(im->server->store, err)) != ST_OK)
		server_unlock(im->server);
	else
		im->begun = true;
	im->pending = 0;
	return st;
}

/* In the audit log: what this transaction loads, one part of the import. */
static enum status
note(struct import *im, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_IMPORT,
		.facts = { { AUDIT_NUMBER, im->number, NULL },
		    { AUDIT_PART, im->part + 1, NULL },
		    { AUDIT_COUNT, im->pending, NULL } } };
	enum status st = audit_append(im->server, &entry, err);

	im->part += st == ST_OK;
	return st;
}

static enum status
end(struct import *im, bool keep, struct err *err)
{
	enum status st = ST_OK;

	if (!im->begun)
		return ST_OK;
	if (keep && im->pending > 0)
		st = note(im, err);
	if (keep && st == ST_OK)
		st = store_commit(im->server->store, err);
	store_rollback(im->server->store);
	server_unlock(im->server);
	im->begun = false;
	return st;
}

/* ---- sets ----------------------------------------------------------- */

static int
by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct change_row *)a)->id;
	uint64_t y = ((const struct change_row *)b)->id;

	return (x > y) - (x < y);
}

/* Put rows as one set; as two halves where one would be too large. */
static enum status
put_rows(
    struct import *im, const struct change_row *rows, size_t n, struct err *err)
{
	struct change_visit visit = { .day = DAY_NONE };
	struct change_body body = {
		.visits = &visit, .rows = rows, .nvisits = 1, .nrows = n
	};
	enum status st;

	visit.hlc = desk_next_hlc(im->server);
	st = desk_put(im->server, CHANGE_IMPORT, desk_set_id(im->server), &body,
	    NULL, err);
	if (st == ST_INVALID && n > 1) {
		st = put_rows(im, rows, n / 2, err);
		if (st == ST_OK)
			st = put_rows(im, rows + n / 2, n - n / 2, err);
		return st;
	}
	im->counts->sets += st == ST_OK;
	return st;
}

static enum status
put_set(struct import *im, struct err *err)
{
	struct import_set *set = &im->set;
	enum status st = ST_OK;

	if (set->nrows > 0) {
		qsort(set->rows, set->nrows, sizeof(set->rows[0]), by_id);
		st = put_rows(im, set->rows, set->nrows, err);
		im->pending += set->nrows;
	}
	set->nrows = 0;
	set->bytes = 0;
	pool_clear(&set->pool);
	return st;
}

/* ---- families ------------------------------------------------------- */

/* The record that the household of ${family} is. */
static enum status
find_household(struct import *im, const struct prelist_family *family,
    struct import_record *r, struct err *err)
{
	uint8_t key[IMPORTED_KEY_LEN];
	enum status st;

	imported_key(im->imported, family->key, key);
	st = imported_family(im->imported, key, &r->id, err);
	if (st != ST_NOTFOUND)
		return st;
	r->id = desk_next_id(im->server);
	r->is_new = true;
	im->counts->loaded_families++;
	return imported_family_put(im->imported, key, r->id, err);
}

static enum status
add_person(struct import *im, const struct prelist_person *person,
    const struct imported_person *known, bool is_new, uint64_t household,
    struct err *err)
{
	char link[ID_TEXT_SIZE];
	struct import_record r = { .id = known->person,
		.kind = RECORD_PERSON,
		.is_new = is_new,
		.cells = person->cells,
		.ncells = person->ncells,
		.link_reg = INSTRUMENT_HOUSEHOLD,
		.link = link };
	enum status st;

	id_print(household, link);
	st = imported_person_put(im->imported, household, known, err);
	if (st == ST_OK)
		st = import_record_add(im, &r, err);
	im->counts->loaded_members += is_new;
	return st;
}

/* Was anybody of the family erased, or all of it? */
static enum status
find_erased(struct import *im, uint64_t household,
    const struct imported_person *known, size_t n, bool *erased,
    struct err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (import_was_erased(&known[i])) {
			*erased = true;
			return ST_OK;
		}
	}
	return store_tombstones_meet(
	    im->server->store, &household, 1, erased, err);
}

/* It may be somebody who was erased: for a person to look at. */
static enum status
withhold(
    struct import *im, const struct prelist_person *person, struct err *err)
{
	const struct prelist_problem problem = { .line = person->line,
		.column = "",
		.value = "",
		.rule = PRELIST_ERASED };

	im->withheld++;
	return report_add(&im->report, &problem, err);
}

static enum status
add_persons(struct import *im, const struct prelist_family *family,
    uint64_t household, struct err *err)
{
	struct imported_person known[IMPORTED_PERSONS_MAX];
	struct imported_person persons[PRELIST_MEMBERS_MAX];
	enum status st;
	size_t i, n;
	bool is_new, erased = false;

	if (family->npersons > PRELIST_MEMBERS_MAX)
		return err_set(
		    err, ST_BUG, "a family of %zu persons", family->npersons);
	st = imported_persons(im->imported, household, known, &n, err);
	if (st == ST_OK)
		st = find_erased(im, household, known, n, &erased, err);
	if (st != ST_OK)
		return st;
	import_match(im, family, known, n, persons);
	for (i = 0; i < family->npersons && st == ST_OK; i++) {
		is_new = persons[i].person == 0;
		if (is_new && erased) {
			st = withhold(im, &family->persons[i], err);
			continue;
		}
		if (is_new)
			persons[i].person = desk_next_id(im->server);
		st = add_person(im, &family->persons[i], &persons[i], is_new,
		    household, err);
	}
	return st;
}

static enum status
add_family(
    struct import *im, const struct prelist_family *family, struct err *err)
{
	char village[REGION_TEXT_SIZE];
	struct import_record r = { .kind = RECORD_HOUSEHOLD,
		.cells = family->cells,
		.ncells = family->ncells,
		.link_reg = INSTRUMENT_PLACE,
		.link = village };
	enum status st;

	if (im->set.nrows + FAMILY_ROWS_MAX > IMPORT_SET_ROWS ||
	    im->set.bytes > IMPORT_SET_BYTES) {
		if ((st = put_set(im, err)) != ST_OK)
			return st;
	}
	region_print(family->village, village);
	if ((st = find_household(im, family, &r, err)) != ST_OK ||
	    (st = import_record_add(im, &r, err)) != ST_OK)
		return st;
	return add_persons(im, family, r.id, err);
}

static enum status
flush_village(struct reading *rd, struct import_village *v, struct err *err)
{
	enum status st;
	size_t i;

	if ((st = begin(&rd->im, err)) != ST_OK)
		return st;
	for (i = 0; i < v->nfamilies && st == ST_OK; i++)
		st = add_family(&rd->im, &v->families[i], err);
	if (st == ST_OK)
		st = put_set(&rd->im, err);
	if (st == ST_OK && rd->im.pending >= IMPORT_COMMIT_ROWS)
		st = end(&rd->im, true, err);
	import_wait_clear(v);
	return st;
}

/* ---- what prelist gives --------------------------------------------- */

static enum status
take_family(void *arg, const struct prelist_family *family, struct err *err)
{
	struct reading *rd = arg;
	struct import_village *v = import_wait_add(&rd->wait, family);

	if (v == NULL)
		return err_set(err, ST_NOMEM, "no memory for an import");
	rd->seen += family->npersons;
	if (rd->opts->progress != NULL &&
	    !rd->opts->progress(rd->opts->arg, rd->seen))
		return err_set(err, ST_BUSY,
		    "stopped; what was loaded stays, import again to go on");
	if (v->nrows + FAMILY_ROWS_MAX > IMPORT_SET_ROWS)
		return flush_village(rd, v, err);
	return ST_OK;
}

static enum status
take_problem(void *arg, const struct prelist_problem *problem, struct err *err)
{
	struct reading *rd = arg;

	return report_add(&rd->im.report, problem, err);
}

/* ---- the file ------------------------------------------------------- */

static enum status
read_file(void *arg, void *out, size_t size, size_t *got, struct err *err)
{
	FILE *file = arg;

	*got = fread(out, 1, size, file);
	if (*got == 0 && ferror(file))
		return err_set(err, ST_IO, "the file cannot be read");
	return ST_OK;
}

static enum status
rewind_file(void *arg, struct err *err)
{
	if (fseek(arg, 0, SEEK_SET) != 0)
		return err_set(err, ST_IO, "the file cannot be read again");
	return ST_OK;
}

static enum status
open_imported(struct import *im, struct err *err)
{
	enum status st;

	if ((st = begin(im, err)) != ST_OK)
		return st;
	st = imported_open(&im->imported, im->server->db, im->server->env, err);
	if (end(im, st == ST_OK, err) != ST_OK)
		st = err->status;
	return st;
}

/* Read all of ${file}; what was begun is ended. */
static enum status
read_all(struct reading *rd, FILE *file, struct err *err)
{
	struct sheet_source source = { file, read_file, rewind_file };
	struct prelist_sink sink = { rd, take_family, take_problem };
	struct server *server = rd->im.server;
	struct prelist_counts counts = { 0 };
	struct prelist_opts opts = { .instrument = rd->im.ins,
		.regions = server->regions,
		.regency = region_from_authority(server->authority),
		.today = day_from_ms(env_now_ms(server->env), 0) };
	struct err late;
	enum status st;
	size_t i;

	st = prelist_read(&counts, &source, &opts, &sink, err);
	for (i = 0; i < rd->wait.nvillages && st == ST_OK; i++)
		st = flush_village(rd, &rd->wait.villages[i], err);
	/* That a file was given is said also where it changed nothing. */
	if (st == ST_OK && rd->im.part == 0 && rd->im.pending == 0 &&
	    (st = begin(&rd->im, err)) == ST_OK)
		st = note(&rd->im, err);
	if (end(&rd->im, st == ST_OK, &late) != ST_OK && st == ST_OK) {
		*err = late;
		st = late.status;
	}
	rd->im.counts->rows = counts.rows;
	rd->im.counts->blank = counts.blank;
	rd->im.counts->bad_rows = counts.refused + rd->im.withheld;
	rd->im.counts->members = counts.loaded - rd->im.withheld;
	rd->im.counts->families = counts.families;
	return st;
}

static void
free_reading(struct reading *rd)
{
	import_wait_free(&rd->wait);
	pool_clear(&rd->im.set.pool);
	record_free(rd->im.record);
	imported_close(rd->im.imported);
	report_free(&rd->im.report);
	free(rd);
}

enum status
import_prelist(struct server *server, const struct import_opts *opts,
    struct import_counts *counts, struct err *err)
{
	struct reading *rd;
	FILE *file = NULL;
	enum status st;

	memset(counts, 0, sizeof(*counts));
	if ((rd = calloc(1, sizeof(*rd))) == NULL)
		return err_set(err, ST_NOMEM, "import: no memory");
	rd->opts = opts;
	rd->im.server = server;
	rd->im.counts = counts;
	rd->im.ins = instrument_builtin();
	env_random(server->env, &rd->im.number, sizeof(rd->im.number));
	rd->im.number >>= 1;
	if ((st = path_open_stream(&file, opts->file, err)) != ST_OK) {
		/* How a person's file is called may name a person. */
		err_set(err, st,
		    st == ST_NOTFOUND      ? "there is no such file"
			: st == ST_INVALID ? "that is no file"
					   : "the file cannot be opened");
		goto out;
	}
	if ((st = record_new(&rd->im.record, err)) != ST_OK ||
	    (st = open_imported(&rd->im, err)) != ST_OK)
		goto out;
	st = read_all(rd, file, err);
	counts->reported = rd->im.report.lines;
	if (st == ST_OK)
		st = report_write(
		    &rd->im.report, server->env, opts->report, err);
out:
	if (file != NULL)
		fclose(file);
	/* The statements belong to the database, which others use. */
	server_lock(server);
	free_reading(rd);
	server_unlock(server);
	if (st != ST_OK)
		err_wrap(err, "import");
	return st;
}
