#include "sync-server/store/finding.h"
#include "common/place/region.h"
#include "sync-server/store/store_internal.h"

enum {
	Q_PUT,
	Q_CLOSE,
	Q_CLOSE_ALL,
	Q_CLEAR,
	Q_ERASE,
	Q_GET,
	Q_OF,
	Q_KIND,
	Q_PLACE,
	Q_COUNT
};

#define COLUMNS                                                                \
	"f.record, f.kind, f.reg, f.set_id, f.other, f.epoch,"                 \
	" f.version, f.time_ms"

/* enum finding_kind, of those that are stored: a search for each.  Intake's
 * are made again with their record, 7 follows the indexes. */
#define INTAKE_KINDS "1, 2, 3, 4, 5, 6, 10, 11"
#define ALL_KINDS INTAKE_KINDS ", 7"

static const char *const SQL[Q_COUNT] = {
	[Q_PUT] = "REPLACE INTO finding (record, kind, reg, set_id, other,"
		  " epoch, version, time_ms)"
		  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",

	[Q_CLOSE] = "DELETE FROM finding"
		    " WHERE record = ?1 AND kind = ?2 AND reg = ?3",

	[Q_CLOSE_ALL] = "DELETE FROM finding"
			" WHERE kind IN (" INTAKE_KINDS ") AND record = ?1",

	[Q_CLEAR] = "DELETE FROM finding"
		    " WHERE kind IN (" INTAKE_KINDS ")",

	[Q_ERASE] = "DELETE FROM finding"
		    " WHERE kind IN (" ALL_KINDS ") AND record = ?1",

	[Q_GET] = "SELECT " COLUMNS " FROM finding f"
		  " WHERE record = ?1 AND kind = ?2 AND reg = ?3",

	[Q_OF] = "SELECT " COLUMNS " FROM finding f"
		 " WHERE kind IN (" ALL_KINDS ") AND record = ?1"
		 " ORDER BY kind, reg",

	[Q_KIND] = "SELECT " COLUMNS " FROM finding f"
		   " WHERE (?1 = 0 OR kind = ?1) ORDER BY kind, record, reg",

	[Q_PLACE] = "SELECT " COLUMNS " FROM finding f"
		    " JOIN scope s ON s.id = f.record"
		    " WHERE (?1 = 0 OR f.kind = ?1)"
		    " AND s.place BETWEEN ?2 AND ?3"
		    " ORDER BY f.kind, f.record, f.reg",
};

enum status
store_finding_open(struct store *store, struct err *err)
{
	return db_table_open(&store->finding, store->db, SQL, Q_COUNT, err);
}

enum status
store_finding_put(
    struct store *store, const struct store_finding *finding, struct err *err)
{
	struct db_query *q = db_query(store->finding, Q_PUT);

	bind_u64(q, 1, finding->record);
	db_bind_i64_at(q, 2, finding->kind);
	db_bind_i64_at(q, 3, finding->reg);
	bind_u64(q, 4, finding->set_id);
	bind_u64(q, 5, finding->other);
	db_bind_i64_at(q, 6, finding->epoch);
	bind_u64(q, 7, finding->version);
	db_bind_i64_at(q, 8, finding->time_ms);
	return db_run(q, NULL, err);
}

static struct db_query *
bind_key(
    struct store *store, int which, uint64_t record, uint8_t kind, uint16_t reg)
{
	struct db_query *q = db_query(store->finding, (size_t)which);

	bind_u64(q, 1, record);
	db_bind_i64_at(q, 2, kind);
	db_bind_i64_at(q, 3, reg);
	return q;
}

enum status
store_finding_close(struct store *store, uint64_t record, uint8_t kind,
    uint16_t reg, struct err *err)
{
	return db_run(bind_key(store, Q_CLOSE, record, kind, reg), NULL, err);
}

enum status
store_finding_close_all(struct store *store, uint64_t record, struct err *err)
{
	struct db_query *q = db_query(store->finding, Q_CLOSE_ALL);

	bind_u64(q, 1, record);
	return db_run(q, NULL, err);
}

enum status
store_finding_erase(struct store *store, uint64_t record, struct err *err)
{
	struct db_query *q = db_query(store->finding, Q_ERASE);

	bind_u64(q, 1, record);
	return db_run(q, NULL, err);
}

enum status
store_finding_clear(struct store *store, struct err *err)
{
	return db_run(db_query(store->finding, Q_CLEAR), NULL, err);
}

static void
read_finding(const struct db_query *q, struct store_finding *finding)
{
	finding->record = column_u64(q, 0);
	finding->kind = (uint8_t)db_column_i64(q, 1);
	finding->reg = (uint16_t)db_column_i64(q, 2);
	finding->set_id = column_u64(q, 3);
	finding->other = column_u64(q, 4);
	finding->epoch = column_u32(q, 5);
	finding->version = column_u64(q, 6);
	finding->time_ms = db_column_i64(q, 7);
}

enum status
store_finding_get(struct store *store, uint64_t record, uint8_t kind,
    uint16_t reg, struct store_finding *finding, struct err *err)
{
	struct db_query *q = bind_key(store, Q_GET, record, kind, reg);
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK)
		read_finding(q, finding);
	db_done(q);
	return st;
}

static enum status
each_finding(
    struct db_query *q, store_finding_fn *each, void *arg, struct err *err)
{
	struct store_finding finding;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		read_finding(q, &finding);
		if ((st = each(arg, &finding, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_finding_of(struct store *store, uint64_t record, store_finding_fn *each,
    void *arg, struct err *err)
{
	struct db_query *q = db_query(store->finding, Q_OF);

	bind_u64(q, 1, record);
	return each_finding(q, each, arg, err);
}

enum status
store_finding_each(struct store *store, uint8_t kind, uint64_t place,
    store_finding_fn *each, void *arg, struct err *err)
{
	struct db_query *q;
	uint64_t first, last;

	q = db_query(store->finding, place != 0 ? Q_PLACE : Q_KIND);
	db_bind_i64_at(q, 1, kind);
	if (place != 0) {
		region_range(place, &first, &last);
		bind_u64(q, 2, first);
		bind_u64(q, 3, last);
	}
	return each_finding(q, each, arg, err);
}
