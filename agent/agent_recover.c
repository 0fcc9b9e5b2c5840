#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/secret.h"
#include "common/say/say.h"
#include "common/store/sealvfs.h"
#include "common/wire/armor.h"
#include "common/words/words.h"

#include "agent/agent_internal.h"
#include "agent/recover/pending.h"
#include "agent/recover/recovery_key.h"
#include "agent/unlock/tries.h"

/* The recovery slot of the store as it is now. */
static enum status
read_slot(
    const struct agent *agent, struct sealvfs_sealed *out, struct err *err)
{
	struct sealvfs_file file = { .vfs = agent->vfs,
		.path = agent->store_path };
	enum status st;

	st = sealvfs_recovery_read(&file, RECOVERY_KEY_LABEL, out, err);
	if (st == ST_NOTFOUND)
		return say_set(err, SAY_NO_RECOVERY, NULL);
	return st;
}

bool
agent_recoverable(const struct agent *agent)
{
	struct sealvfs_sealed sealed;
	struct err ignored;

	return read_slot(agent, &sealed, &ignored) == ST_OK;
}

static void
copy_slot(struct recovery_slot *out, const struct sealvfs_sealed *in)
{
	memcpy(out->label, in->label, sizeof(out->label));
	memcpy(out->file, in->id, sizeof(out->file));
	out->holder = in->holder;
	memcpy(out->public, in->public, sizeof(out->public));
	memcpy(out->wrapped, in->wrapped, sizeof(out->wrapped));
	memcpy(out->proof, in->proof, sizeof(out->proof));
}

static enum status
check_locked(const struct agent *agent, struct err *err)
{
	enum status st = agent_need_enrolled(agent, err);

	if (st == ST_OK && agent->open != NULL)
		st = say_set(
		    err, SAY_TAKEN, "it is '%s'", agent->open->signer.label);
	return st;
}

/*
 * The request that is waiting, if it is for the slot as it is now: answers
 * to it may be on their way.  Otherwise a new one.
 */
static enum status
find_request(struct agent *agent, struct pending *p, struct err *err)
{
	struct sealvfs_sealed sealed;
	struct recovery_slot slot = { 0 };
	struct err none;
	enum status st;

	if ((st = read_slot(agent, &sealed, err)) != ST_OK)
		return st;
	st = pending_read(
	    p, agent->env, agent->recover_path, agent->device, &none);
	if (st == ST_OK &&
	    crypto_equal(
		p->request.slot.wrapped, sealed.wrapped, KEYHOLE_WRAPPED_LEN))
		return ST_OK;
	copy_slot(&slot, &sealed);
	st = pending_make(p, agent->env, agent->device, &slot, err);
	if (st == ST_OK)
		st = pending_write(p, agent->env, agent->recover_path, err);
	return st;
}

enum status
agent_recover_request(struct agent *agent, struct writer *text,
    struct writer *line, char code[AGENT_CODE_SIZE], uint32_t *laptop,
    struct err *err)
{
	struct pending *p;
	enum status st;

	_Static_assert(AGENT_CODE_SIZE == RECOVERY_CODE_SIZE, "a code");
	if ((st = check_locked(agent, err)) != ST_OK)
		return st;
	if ((p = secret_new(sizeof(*p))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for keys");
	st = find_request(agent, p, err);
	if (st == ST_OK)
		st = armor_print(text, p->bytes, p->len, err);
	if (st == ST_OK)
		st = armor_print_line(line, p->bytes, p->len, err);
	if (st == ST_OK) {
		recovery_code_print(code, p->hash);
		*laptop = agent->device->device;
	}
	secret_free(p);
	return st;
}

/* Labels are public: nothing need be opened to know that one is not there. */
static enum status
check_label(const struct agent *agent, const char *label, struct err *err)
{
	struct sealvfs_file file = { .vfs = agent->vfs,
		.path = agent->store_path };
	struct sealvfs_way ways[SEALVFS_SLOTS];
	enum status st;
	size_t i, n;

	st = sealvfs_slot_list(&file, ways, &n, err);
	for (i = 0; st == ST_OK && i < n; i++)
		if (ways[i].kind == SEALVFS_PASSPHRASE &&
		    strcmp(ways[i].label, label) == 0)
			return ST_OK;
	return st == ST_OK ? say_set(err, SAY_NO_PERSON, NULL) : st;
}

/* Two answers, read and checked; in guarded memory. */
struct finishing {
	struct pending pending;
	struct recovery_answer answer[2];
	struct share_part parts[2][SHARE_HALVES];
	struct writer bytes[2];
	uint8_t shared[CURVE_POINT_LEN];
};

static enum status
read_answer(struct finishing *a, const struct agent *agent, const char *text,
    size_t i, struct err *err)
{
	struct recovery_card card;
	enum status st;

	st = armor_parse(&a->bytes[i], text, strlen(text), err);
	if (st == ST_OK)
		st = recovery_answer_open(&a->answer[i], &card, a->parts[i],
		    a->bytes[i].bytes, a->bytes[i].len, &a->pending.request,
		    a->pending.hash, agent->device->fingerprint,
		    &a->pending.once, err);
	if (st == ST_INVALID || st == ST_UNTRUSTED) {
		err->status = ST_UNTRUSTED;
		return say_mark(err, SAY_ANSWER_WRONG);
	}
	if (st == ST_CONFLICT)
		say_mark(err, SAY_ANSWER_OTHER);
	return st;
}

static enum status
join(struct finishing *a, struct err *err)
{
	unsigned x = a->answer[0].custodian, y = a->answer[1].custodian;

	if (x == y)
		return say_set(err, SAY_ANSWER_OTHER,
		    "both are of custodian %u; two custodians are needed", x);
	if (a->answer[0].number != a->answer[1].number ||
	    !share_join(a->shared, &a->parts[0][share_half_with(x, y)],
		&a->parts[1][share_half_with(y, x)]))
		return say_set(
		    err, SAY_ANSWER_OTHER, "the two do not belong together");
	return ST_OK;
}

static enum status
read_answers(struct finishing *a, const struct agent *agent,
    const struct agent_recovery *recovery, struct err *err)
{
	enum status st;
	size_t i;

	st = pending_read(
	    &a->pending, agent->env, agent->recover_path, agent->device, err);
	if (st == ST_NOTFOUND)
		return say_set(err, SAY_NO_REQUEST, NULL);
	for (i = 0; i < 2 && st == ST_OK; i++)
		st = read_answer(a, agent, recovery->answer[i], i, err);
	return st == ST_OK ? join(a, err) : st;
}

/* With both answers: the store opens anew, under the new passphrase. */
static enum status
reopen(struct agent *agent, const struct finishing *a,
    const struct agent_recovery *recovery, struct err *err)
{
	struct unlocked_recovery how = { .shared = a->shared,
		.request = a->pending.request.number,
		.label = recovery->label,
		.passphrase = recovery->passphrase };
	struct sealvfs_sealed sealed;
	struct unlocked_opts opts;
	enum status st;

	st = agent_cost(agent, &recovery->cost, &how.cost, err);
	if (st == ST_OK)
		st = read_slot(agent, &sealed, err);
	if (st != ST_OK)
		return st;
	if (!crypto_equal(a->pending.request.slot.wrapped, sealed.wrapped,
		KEYHOLE_WRAPPED_LEN))
		return say_set(err, SAY_ANSWER_OTHER,
		    "they were for the store before it got a new key");
	how.sealed = &sealed;
	agent_unlocked_opts(agent, &opts);
	st = unlocked_recover(&opts, &how, err);
	if (st == ST_NOTFOUND)
		say_mark(err, SAY_NO_PERSON);
	return st;
}

enum status
agent_recover_finish(
    struct agent *agent, const struct agent_recovery *recovery, struct err *err)
{
	struct finishing *a;
	struct err ignored;
	enum status st;

	if ((st = check_locked(agent, err)) != ST_OK ||
	    (st = check_label(agent, recovery->label, err)) != ST_OK ||
	    (st = words_judge(recovery->passphrase, err)) != ST_OK)
		return st;
	if (strlen(recovery->passphrase) > PASSPHRASE_MAX)
		return err_set(err, ST_INVALID,
		    "a passphrase is at most %u bytes long", PASSPHRASE_MAX);
	if ((a = secret_new(sizeof(*a))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for keys");
	st = read_answers(a, agent, recovery, err);
	if (st == ST_OK)
		st = reopen(agent, a, recovery, err);
	if (st == ST_OK) {
		/* Left behind it opens nothing any more. */
		(void)agent->env->remove(
		    agent->env->arg, agent->recover_path, &ignored);
		tries_right(agent->tries, recovery->label);
	}
	writer_free(&a->bytes[0]);
	writer_free(&a->bytes[1]);
	secret_free(a);
	return st;
}
