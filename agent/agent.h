#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

/*
 * agent: the owner of everything that padu-agent holds: one laptop, the
 * people who share it, their households, visits and what waits to be sent.
 *
 *	closed --agent_open()--> locked --agent_unlock()--> unlocked
 *	                           ^                            |
 *	                           +------- agent_lock() -------+
 *
 *	locked: carries envelopes and keeps receipts (it holds the transport
 *	key and the spool only); reads nothing.  unlocked: one person records
 *	visits under their own writer.
 *
 *	DIR/store.db     sealed store: people, households, visits, sets
 *	DIR/device       0600: transport key, device card, server card, URL
 *	DIR/tally        how far each writer came: see unlock/tally.h
 *	DIR/spool/       envelopes to send, replies to take in
 *	DIR/control      the local door while the daemon runs
 *	DIR/tries        wrong passphrases, counted
 *	DIR/recover      a request to the custodians, while one waits
 *
 * No network here: sync/ exchanges bytes, main carries them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/passphrase.h"

struct agent;
struct env;
struct writer;

struct agent_opts {
	const char *dir;
	const char *vfs; /* a registered sealing VFS; NULL: over unix-excl */
	const struct env *env;
	struct passphrase_cost cost; /* of new passphrases; 0: calibrated */
};

enum status agent_open(
    struct agent **out, const struct agent_opts *opts, struct err *err);
void agent_close(struct agent *agent);

/*
 * Enrolment, in three steps around the network (wire/card.h): the card of
 * the server that ${code} belongs to, a request, the reply.  On a laptop
 * that is enrolled already another person joins: it must be unlocked by one
 * of its people.
 */
struct agent_enrol {
	const char *code;  /* as typed */
	const char *url;   /* of the server */
	const char *label; /* initials, public */
	const char *passphrase;
	struct passphrase_cost cost; /* 0: as the agent was opened with */
	/* The server's recovery card; left out where it is not good. */
	const uint8_t *recovery;
	size_t recovery_len;
};
enum status agent_enrol_request(struct agent *agent,
    const struct agent_enrol *enrol, const uint8_t *card, size_t card_len,
    struct writer *out, struct err *err);
enum status agent_enrol_reply(struct agent *agent,
    const struct agent_enrol *enrol, const uint8_t *reply, size_t len,
    struct err *err);

/*
 * ST_LOCKED: wrong passphrase or no such label.  ST_BUSY: wrong too often,
 * wait (or another program has the store: err.state says which).
 */
enum status agent_unlock(struct agent *agent, const char *label,
    const char *passphrase, struct err *err);
/* Signs what is unsigned, wipes keys, closes the store. */
enum status agent_lock(struct agent *agent, struct err *err);
/*
 * ST_OK, unless the store is an older copy or a clone for the person who is
 * here, as say/say.h has it: then recording goes on, and signing waits until
 * they are enrolled anew.
 */
enum status agent_halted(const struct agent *agent, struct err *err);
bool agent_unlocked(const struct agent *agent);
/* Is the laptop's clock behind what the server's was? */
bool agent_clock_behind(const struct agent *agent);
/* Whose passphrase unlocked it; NULL while it is locked. */
const char *agent_label(const struct agent *agent);

/*
 * A forgotten passphrase (common/wire/recovery.h); the laptop is locked.
 *
 * agent_recover_request() appends the request for two custodians, as text
 * for a file and as one line for a QR code, and says the code that is read
 * out to them.  The same request again, as long as it waits.  ST_NOTFOUND:
 * this laptop knows no recovery key.
 *
 * agent_recover_finish() takes two answers: from then on the store opens for
 * ${label} with the new passphrase.  All is there; what was not signed waits,
 * with what is recorded now, until the same person enrols with a new code
 * (agent_enrol_request(), unlocked by themselves).  Everybody else's
 * passphrase stays.  On any other status than ST_OK nothing was changed:
 * ST_UNTRUSTED: an answer is wrong, damaged or another regency's;
 * ST_CONFLICT: it is to another request, or both are one custodian's.
 */
#define AGENT_CODE_SIZE 15
struct agent_recovery {
	const char *answer[2]; /* as text */
	const char *label, *passphrase;
	struct passphrase_cost cost; /* 0: as the agent was opened with */
};
enum status agent_recover_request(struct agent *agent, struct writer *text,
    struct writer *line, char code[AGENT_CODE_SIZE], uint32_t *laptop,
    struct err *err);
enum status agent_recover_finish(struct agent *agent,
    const struct agent_recovery *recovery, struct err *err);
/* Is the person who is here waiting for a new code after a recovery? */
bool agent_waits(const struct agent *agent);

/*
 * The people of the laptop.  All of these need it unlocked.
 *
 * agent_people() gives one JSON object a line: label, writer, here,
 * unsigned_records, way_in (false: enrolling was cut off, enrol again).
 *
 * agent_passphrase() changes the passphrase of the person who is here;
 * ${cost} NULL or 0: as the agent was opened with.  ST_LOCKED: ${old} is
 * wrong; ST_BUSY: wrong too often; ST_INVALID: ${new} is too weak.
 *
 * agent_remove() takes ${label} off the laptop, who may be the one who is
 * here: then it is locked after it.  What they recorded travels on.
 * ST_LOCKED: they have visits that only they can sign.
 *
 * After both *${renewed} is false if the file's key could not be made anew
 * (no room for a copy): an old copy of the header would still open it as
 * before.
 */
enum status agent_people(
    struct agent *agent, struct writer *out, struct err *err);
enum status agent_passphrase(struct agent *agent, const char *old,
    const char *new, const struct passphrase_cost *cost, bool *renewed,
    struct err *err);
enum status agent_remove(
    struct agent *agent, const char *label, bool *renewed, struct err *err);

/*
 * A copy of all of it in one sealed file (agent/unlock/backup.h): ${to}, or a
 * new one in the folder ${to}, elsewhere.  Signs what is unsigned of who is
 * here, before.  ${out} gets {"backup": path, "bytes": n} once the file is
 * durable and every page of it was read back; else no such file is there.
 * ST_CONFLICT: there is such a file.
 */
enum status agent_backup(
    struct agent *agent, const char *to, struct writer *out, struct err *err);

/*
 * Make a laptop of a backup, in a folder that holds no store (the file
 * 'device' may be there, if it is of the same laptop).  It is locked after
 * it, and everybody in it records on and signs no more, until they enrol anew
 * with a code.  ST_UNTRUSTED: a byte is damaged, or it is no backup;
 * ST_CONFLICT: there is a store; ST_LOCKED: wrong passphrase.  On any status
 * but ST_OK the folder holds no store.
 */
struct agent_restoring {
	const char *from;
	const char *label, *passphrase; /* anybody's of that laptop */
	bool worn; /* one of the two copies of its header may be damaged */
};
enum status agent_restore(
    struct agent *agent, const struct agent_restoring *how, struct err *err);

/*
 * Let go what may (agent/purge/purge.h); it is done by itself at every unlock
 * and after a sync.  ${out} gets what left, as JSON: {"visits": 12,
 * "changesets": 2, ...}; ${stay} of what did not why, a line each: {"stays":
 * "young", "changesets": 3, "en": "...", "id": "..."}.  *${marked} false: the
 * server has not said that it has a backup.
 */
enum status agent_purge(struct agent *agent, struct writer *stay,
    struct writer *out, bool *marked, struct err *err);
/* The same, quietly, if a day has gone by and it is unlocked. */
void agent_purge_daily(struct agent *agent);

/*
 * Record a finished visit (JSON, as in agent/visit/visit.h), durably before
 * it returns; ${out} gets the answer as JSON.  ST_INVALID names field and
 * rule; ST_CONFLICT: the record moved under the form (both values in the
 * answer); the same key again gives the first answer again.
 */
enum status agent_visit(struct agent *agent, const char *json, size_t len,
    struct writer *out, struct err *err);

/*
 * One exchange with the server.  agent_sync_bundle() closes and signs open
 * sets (if unlocked), and appends the bundle that is due, with its name:
 * ST_NOTFOUND if nothing is due and ${pull} is false.  agent_sync_reply()
 * takes what came back; it adds to ${out}, which starts as all zero, so that
 * several rounds add up.  Anything that is no signed reply to ${name} is
 * ST_UNTRUSTED: not delivered, nothing changed.  A reply to another bundle
 * than the latest is good for its receipts alone.  The same reply may come
 * any number of times.
 */
struct agent_synced {
	bool more;     /* another exchange should follow at once */
	bool locked;   /* what came down is kept, and read at the next unlock */
	unsigned sent; /* change sets in bundles that were answered */
	unsigned merged, quarantined, refused, voided; /* receipts, by state */
	unsigned records;                              /* that came down */
	unsigned dropped; /* that left this laptop's scope */
	unsigned desk;    /* change sets of the desk */
	unsigned returns; /* visits sent back */
};
enum status agent_sync_bundle(struct agent *agent, bool pull,
    struct writer *out, uint8_t name[32], struct err *err);
enum status agent_sync_reply(struct agent *agent, const uint8_t name[32],
    const uint8_t *reply, size_t len, struct agent_synced *out,
    struct err *err);
/* Has the server begun an epoch that its card here is not of? */
bool agent_card_is_old(const struct agent *agent);
/*
 * A newer card of the same server (after a restore or a change of keys).
 * ST_UNTRUSTED: another root's, or an older one.
 */
enum status agent_server_card(
    struct agent *agent, const uint8_t *card, size_t len, struct err *err);
/*
 * What to show a restored server that does not know this laptop: for each of
 * its people an enrol reply, as it once came, sealed to the server.
 * ST_LOCKED: nobody has it unlocked.
 */
enum status agent_papers(struct agent *agent,
    enum status (*each)(
	void *arg, const uint8_t *bytes, size_t len, struct err *err),
    void *arg, struct err *err);
/* "" before the enrolment. */
const char *agent_url(const struct agent *agent);

/*
 * What stands where, as JSON: waiting, delivered, refused, ...; needs no
 * unlocking, but tells more then.
 */
enum status agent_status(
    struct agent *agent, struct writer *out, struct err *err);
/*
 * What is wrong and what to do: findings, one JSON object a line, as in
 * doctor/finding.h.  Nothing is mended.
 *
 * agent_doctor_folder() looks at the folder with nothing open; *${usable}
 * false: do not agent_open() on it.  agent_doctor() goes on with what only
 * an agent knows, and looks further inside if it is unlocked.
 *
 * agent_doctor_damaged() is for who wanted to unlock it for that, and could
 * not, with ${why}: true, and a finding, if the store inside is damaged.
 */
enum status agent_doctor_folder(const struct agent_opts *opts,
    struct writer *out, bool *usable, struct err *err);
enum status agent_doctor(
    struct agent *agent, struct writer *out, struct err *err);
bool agent_doctor_damaged(struct writer *out, const struct err *why);
/*
 * Households of ${village} (NULL: of all), one JSON object a line.  Of records
 * that are said to be one, the smallest that is here, and in "same" the others.
 */
enum status agent_list(struct agent *agent, const char *village,
    struct writer *out, struct err *err);
/*
 * One record with what is shown, as JSON; a household with its members.  Of
 * one that another stands for: that one, with "asked", and in "same" what each
 * of the others holds, to hand in with a visit to it.
 */
enum status agent_show(
    struct agent *agent, uint64_t id, struct writer *out, struct err *err);
/*
 * Visits made here, and those sent back, newest first, one a line.  A visit
 * that was sent back is "returned", with the reason, until a later one.  Of
 * visits that were delivered and have left there is one line, the last:
 * {"visits": n, "state": "delivered", "purged": true}.
 */
enum status agent_visits(
    struct agent *agent, struct writer *out, struct err *err);
enum status agent_returns(
    struct agent *agent, struct writer *out, struct err *err);

#endif /* AGENT_AGENT_H */
