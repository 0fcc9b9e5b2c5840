#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"
#include "common/json/json.h"
#include "common/say/say.h"
#include "common/wire/armor.h"

#include "sync-server/recovery/custodian.h"
#include "sync-server/recovery/share_file.h"

#define LOG_MAX (1u << 20) /* bytes: some 2,000 answers */
#define LOG_DOMAIN "padu/recovery-log/v1"
#define PATH_SIZE 4096
#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* One share and one request, read. */
struct work {
	uint8_t *bytes; /* of the share file */
	struct share_file file;
	struct share_secret secret;
	struct writer request; /* as it was packed */
	uint8_t hash[32];
};

static void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	free(w->bytes);
	writer_free(&w->request);
	secret_free(w);
}

static enum status
read_request(struct writer *out, const struct env *env, const char *path,
    struct err *err)
{
	uint8_t *text = NULL;
	enum status st;
	size_t len;

	st = env->read(env->arg, path, ARMOR_TEXT_MAX, &text, &len, err);
	if (st == ST_NOTFOUND)
		return say_set(err, SAY_REQUEST_MISSING, NULL);
	if (st == ST_OK)
		st = armor_parse(out, text, len, err);
	free(text);
	if (st == ST_INVALID) /* too large, or not what was sent */
		say_mark(err, SAY_REQUEST_DAMAGED);
	return st == ST_OK ? st : err_wrap(err, "the request");
}

/* Why is ${w}'s request not one of the regency of ${print}? */
static enum say_state
strange_state(const struct work *w, const uint8_t print[CARD_FINGERPRINT_LEN])
{
	uint8_t theirs[CARD_FINGERPRINT_LEN];
	struct err none;

	return recovery_request_root(
		   theirs, w->request.bytes, w->request.len, &none) == ST_OK &&
		!crypto_equal(theirs, print, sizeof(theirs))
	    ? SAY_REQUEST_REGENCY
	    : SAY_REQUEST_DAMAGED;
}

static enum status
look(struct work *w, struct custodian_look *out, const struct env *env,
    const char *share, const char *request, struct err *err)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	enum status st;
	size_t len;

	memset(out, 0, sizeof(*out));
	st = env->read(env->arg, share, SHARE_FILE_MAX, &w->bytes, &len, err);
	if (st == ST_NOTFOUND)
		return say_set(err, SAY_SHARE_MISSING, NULL);
	if (st == ST_OK)
		st = share_file_unpack(&w->file, w->bytes, len, err);
	if (st == ST_INVALID || st == ST_UNTRUSTED)
		say_mark(err, SAY_SHARE_DAMAGED);
	if (st != ST_OK)
		return err_wrap(err, "the share");
	if ((st = read_request(&w->request, env, request, err)) != ST_OK)
		return st;
	recovery_request_hash(w->hash, w->request.bytes, w->request.len);
	card_fingerprint(print, w->file.card.root_public);
	st = recovery_request_unpack(&out->request, &out->office,
	    w->request.bytes, w->request.len, print, err);
	if (st != ST_OK) {
		say_mark(err, strange_state(w, print));
		return err_wrap(err, "the request");
	}
	out->number = w->file.card.number;
	out->custodian = w->file.custodian;
	out->held = crypto_equal(out->request.slot.public,
	    w->file.card.keys.public, CURVE_POINT_LEN);
	return ST_OK;
}

enum status
custodian_look(struct custodian_look *out, const struct env *env,
    const char *share, const char *request, struct err *err)
{
	struct work *w = secret_new(sizeof(*w));
	enum status st;

	if (w == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = look(w, out, env, share, request, err);
	work_free(w);
	return st;
}

static void
put_hex(struct json_writer *w, const char *name, const void *bytes, size_t len)
{
	char hex[2 * SIGN_LEN + 1];

	crypto_hex(hex, bytes, len);
	json_put_string(w, name, hex);
}

/* One line, signed, behind what ${log} holds. */
static enum status
add_line(struct writer *log, const struct work *w,
    const struct custodian_look *look, int64_t now_ms,
    const struct writer *answer, struct err *err)
{
	uint8_t before[HASH_LEN], made[HASH_LEN], sig[SIGN_LEN];
	struct writer line = { 0 };
	struct json_writer j = json_writer_start(&line);
	char hex[2 * SIGN_LEN + 1];
	enum status st;

	hash_domain(before, LOG_DOMAIN, log->bytes, log->len);
	hash_domain(made, LOG_DOMAIN, answer->bytes, answer->len);
	json_put_object(&j, NULL);
	json_put_i64(&j, "time_ms", now_ms);
	json_put_i64(&j, "authority", look->request.authority);
	json_put_i64(&j, "recovery_key", look->number);
	json_put_i64(&j, "custodian", look->custodian);
	json_put_i64(&j, "laptop", look->request.device);
	put_hex(&j, "request", look->request.number, RECOVERY_NUMBER_LEN);
	put_hex(&j, "answer", made, sizeof(made));
	put_hex(&j, "before", before, sizeof(before));
	json_put_end(&j);
	if ((st = json_writer_finish(&j, err)) != ST_OK)
		goto out;
	st = sign_make(
	    sig, &w->secret.sign, LOG_DOMAIN, line.bytes, line.len, err);
	if (st != ST_OK)
		goto out;
	crypto_hex(hex, sig, sizeof(sig));
	writer_bytes(log, line.bytes, line.len - 1); /* without the brace */
	writer_bytes(log, ",\"signature\":\"", 14);
	writer_bytes(log, hex, strlen(hex));
	writer_bytes(log, "\"}\n", 3);
	if (!writer_ok(log))
		st = err_set(err, ST_NOMEM, "no memory");
out:
	writer_free(&line);
	return st;
}

static enum status
log_path(char out[PATH_SIZE], const char *share, struct err *err)
{
	if ((size_t)snprintf(out, PATH_SIZE, "%s.log", share) >= PATH_SIZE)
		return err_set(err, ST_INVALID, "the file's name is too long");
	return ST_OK;
}

static enum status
write_log(const struct work *w, const struct env *env, const char *share,
    const struct custodian_look *look, int64_t now_ms,
    const struct writer *answer, struct err *err)
{
	struct writer log = { 0 };
	char path[PATH_SIZE];
	uint8_t *old = NULL;
	enum status st;
	size_t len = 0;

	if ((st = log_path(path, share, err)) != ST_OK)
		return st;
	st = env->read(env->arg, path, LOG_MAX, &old, &len, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		goto out;
	writer_bytes(&log, old, st == ST_OK ? len : 0);
	st = add_line(&log, w, look, now_ms, answer, err);
	if (st == ST_OK)
		st = env->write(env->arg, path, log.bytes, log.len, err);
out:
	free(old);
	writer_free(&log);
	return st == ST_OK ? st : err_wrap(err, "the custodian's log");
}

static enum status
check_asked(const struct work *w, const struct custodian_look *look,
    const struct custodian_answer *answer, int64_t now_ms, struct err *err)
{
	int64_t days = (now_ms - look->request.time_ms) / DAY_MS;

	if (!recovery_code_same(answer->code, w->hash))
		return say_set(err, SAY_REQUEST_CODE, NULL);
	if (!look->held)
		return say_set(err, SAY_SHARE_OTHER,
		    "this share is of recovery key %u", (unsigned)look->number);
	if (!answer->old &&
	    (days > CUSTODIAN_DAYS_MAX || days < -CUSTODIAN_DAYS_MAX))
		return say_set(err, SAY_REQUEST_OLD,
		    "by the clocks it is %" PRId64 " days old", days);
	return ST_OK;
}

/* Has this share answered the request before?  Its log says. */
static enum status
check_first(const struct env *env, const struct custodian_answer *answer,
    const struct custodian_look *look, struct err *err)
{
	char path[PATH_SIZE], hex[2 * RECOVERY_NUMBER_LEN + 1];
	struct writer text = { 0 };
	uint8_t *log = NULL;
	enum status st;
	size_t len;

	if (answer->again)
		return ST_OK;
	if ((st = log_path(path, answer->share, err)) != ST_OK)
		return st;
	st = env->read(env->arg, path, LOG_MAX, &log, &len, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	writer_bytes(&text, log, len);
	writer_u8(&text, '\0');
	crypto_hex(hex, look->request.number, RECOVERY_NUMBER_LEN);
	if (!writer_ok(&text))
		st = err_set(err, ST_NOMEM, "no memory");
	else if (strstr((const char *)text.bytes, hex) != NULL)
		st = say_set(err, SAY_REQUEST_ANSWERED, NULL);
	writer_free(&text);
	free(log);
	return st;
}

static enum status
open_share(struct work *w, const char *passphrase, struct err *err)
{
	enum status st = share_file_open(&w->secret, &w->file, passphrase, err);

	if (st == ST_LOCKED)
		say_mark(err, SAY_SHARE_PASSPHRASE);
	else if (st == ST_UNTRUSTED)
		say_mark(err, SAY_SHARE_DAMAGED);
	return st;
}

/* The answer in memory. */
static enum status
make_answer(struct writer *out, const struct work *w,
    const struct custodian_look *look, int64_t now_ms, struct err *err)
{
	struct recovery_answer a = { .authority = w->file.card.authority,
		.number = look->number,
		.custodian = look->custodian,
		.time_ms = now_ms,
		.card = w->file.card_bytes,
		.card_len = w->file.card_len };

	memcpy(a.request, w->hash, sizeof(a.request));
	return recovery_answer_pack(out, &a, &w->file.card, &look->request,
	    &w->secret.share, &w->secret.sign, err);
}

enum status
custodian_answer(const struct env *env, const struct custodian_answer *answer,
    struct custodian_look *out, struct err *err)
{
	struct work *w = secret_new(sizeof(*w));
	struct writer bytes = { 0 }, text = { 0 };
	int64_t now_ms = env_now_ms(env);
	enum status st;

	if (w == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = look(w, out, env, answer->share, answer->request, err);
	if (st == ST_OK)
		st = check_asked(w, out, answer, now_ms, err);
	if (st == ST_OK)
		st = check_first(env, answer, out, err);
	if (st == ST_OK)
		st = open_share(w, answer->passphrase, err);
	if (st == ST_OK)
		st = make_answer(&bytes, w, out, now_ms, err);
	if (st == ST_OK)
		st = armor_print(&text, bytes.bytes, bytes.len, err);
	/* What is not in the log is not given away. */
	if (st == ST_OK)
		st = write_log(w, env, answer->share, out, now_ms, &bytes, err);
	if (st == ST_OK)
		st = env->write(
		    env->arg, answer->out, text.bytes, text.len, err);
	work_free(w);
	writer_free(&bytes);
	writer_free(&text);
	return st;
}
