#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"
#include "common/store/sealvfs.h"
#include "common/wire/recovery.h"

#include "agent/recover/recovery_key.h"
#include "agent/unlock/device.h"

enum { Q_GET, Q_PUT, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = "SELECT number, card FROM recovery_card",

	[Q_PUT] = "INSERT INTO recovery_card (one, number, card)"
		  " VALUES (1, :number, :card) ON CONFLICT (one) DO UPDATE SET"
		  " number = excluded.number, card = excluded.card"
		  " WHERE excluded.number > recovery_card.number",
};

struct recovery_keys {
	struct db_table *sql;
};

enum status
recovery_keys_open(struct recovery_keys **out, struct db *db, struct err *err)
{
	struct recovery_keys *k;
	enum status st;

	*out = NULL;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&k->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = k;
	else
		free(k);
	return st;
}

void
recovery_keys_close(struct recovery_keys *keys)
{
	if (keys == NULL)
		return;
	db_table_close(keys->sql);
	free(keys);
}

static enum status
unpack(struct recovery_card *out, const struct device *device,
    const uint8_t *card, size_t len, struct err *err)
{
	enum status st;

	st = recovery_card_unpack(out, card, len, device->fingerprint, err);
	if (st == ST_OK && out->authority != device->server.authority)
		st = err_set(
		    err, ST_UNTRUSTED, "the recovery key is another regency's");
	return st;
}

enum status
recovery_key_take(struct recovery_keys *keys, const struct device *device,
    const uint8_t *card, size_t len, struct err *err)
{
	struct recovery_card read;
	struct db_query *q;
	enum status st;

	if ((st = unpack(&read, device, card, len, err)) != ST_OK)
		return st;
	q = db_query(keys->sql, Q_PUT);
	db_bind_i64(q, ":number", read.number);
	db_bind_blob(q, ":card", card, len);
	return db_run(q, NULL, err);
}

static enum status
make_slot(struct sealvfs_slot *out, const struct device *device,
    const struct recovery_card *card, struct err *err)
{
	return sealvfs_slot_recovery(out, RECOVERY_KEY_LABEL, card->keys.public,
	    recovery_holder(device->authority, device->device), err);
}

enum status
recovery_key_slot(struct sealvfs_slot *out, const struct device *device,
    const uint8_t *card, size_t len, struct err *err)
{
	struct recovery_card read;
	enum status st;

	memset(out, 0, sizeof(*out));
	st = unpack(&read, device, card, len, err);
	return st == ST_OK ? make_slot(out, device, &read, err) : st;
}

enum status
recovery_key_reseal(struct recovery_keys *keys, const struct device *device,
    const struct sealvfs_file *file, struct err *err)
{
	struct db_query *q = db_query(keys->sql, Q_GET);
	struct sealvfs_sealed now;
	struct sealvfs_slot slot = { 0 };
	struct recovery_card card;
	const void *bytes;
	enum status st;
	size_t len;

	if ((st = db_fetch(q, err)) == ST_OK) {
		bytes = db_column_blob(q, 1, &len);
		st = unpack(&card, device, bytes, len, err);
	}
	db_done(q);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	st = sealvfs_recovery_read(file, RECOVERY_KEY_LABEL, &now, err);
	if (st == ST_OK &&
	    crypto_equal(now.public, card.keys.public, CURVE_POINT_LEN) &&
	    now.holder == recovery_holder(device->authority, device->device))
		return ST_OK;
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	if ((st = make_slot(&slot, device, &card, err)) == ST_OK)
		st = sealvfs_slot_put(file, &slot, err);
	return st;
}
