#ifndef COMMON_SAY_SAY_H
#define COMMON_SAY_SAY_H

/*
 * say: every state that a person can meet, in one sentence of plain Bahasa
 * Indonesia and one of English: what happened, what is safe, what to do
 * next; with the status for programs and the exit status for scripts.
 *
 *	place of failure   say_set(err, SAY_X, detail)   or any err_set()
 *	      |            struct err: status, state, text
 *	      v  (err_wrap, the local door)
 *	top: say_of(err) -> say_find() -> text[lang], exit
 *
 * To add a state: a name below, its row in say_table.c, a line in the list
 * of tests/flow/20-sentences.sh, which meets it with the real program.  An
 * error that names no state has the one of its status (the last of the list
 * below), so that there is always a sentence.
 *
 * Sentences hold no data.  What is particular (a field and its rule, how many
 * seconds) is the text of struct err, shown beneath the sentence.
 */

#include <stdbool.h>

#include "common/base/err.h"

/* In no file and on no wire: by name there. */
enum say_state {
	SAY_NOTHING = 0, /* not said: the status's own state counts */

	/* Unlocking. */
	SAY_LOCKED,
	SAY_WRONG_PASSPHRASE, /* or nobody has that label */
	SAY_DELAYED,          /* wrong too often, wait; the text: how long */
	SAY_TAKEN,            /* somebody else has it unlocked */
	SAY_IDLE_LOCKED,      /* a note: it had locked itself */

	/* People. */
	SAY_NOT_ENROLLED,
	SAY_PASSPHRASE_SHORT,  /* a new one is too easy to guess */
	SAY_PASSPHRASE_DIGITS, /* digits alone */
	SAY_PASSPHRASE_WORD,   /* one word alone */
	SAY_LABEL_TAKEN,
	SAY_NO_PERSON,    /* nobody here has that label */
	SAY_LAPTOP_FULL,  /* no slot is free */
	SAY_UNSIGNED,     /* a person to be removed has unsigned visits */
	SAY_LAST_PERSON,  /* nobody could open it any more */
	SAY_CODE_REFUSED, /* an enrolment code */

	/* The files. */
	SAY_DAMAGED,        /* the sealed store */
	SAY_DEVICE_DAMAGED, /* DIR/device */
	SAY_DEVICE_MISSING, /* a store without it */
	SAY_STORE_MISSING,  /* and the other way round */
	SAY_NEWER_VERSION,  /* of the files, than this program */
	SAY_IN_USE,         /* by another program */
	SAY_DISK_FULL,
	SAY_STICK_FAILED,  /* a laptop's backup: not made, its disk */
	SAY_STICK_DAMAGED, /* or no backup at all */
	SAY_RESTORE_TAKEN, /* there is a store where it was to go */
	SAY_RESTORED,      /* a note: and signs nothing yet */
	SAY_RESTORED_COPY, /* the store was a backup; signs nothing */
	SAY_NO_MARK,      /* a note: nothing is let go, as no backup is known */
	SAY_OLDER_COPY,   /* of the store, noticed */
	SAY_CLONE,        /* two laptops write under one number */
	SAY_NO_RECOVERY,  /* nobody can help: the store knows no key */
	SAY_NO_REQUEST,   /* answers, but nothing was asked */
	SAY_ANSWER_WRONG, /* a custodian's; the text: whose */
	SAY_ANSWER_OTHER, /* not to this request; the text: why */
	SAY_ASK_CUSTODIANS, /* a note: what to do with a request */
	SAY_WAITS_FOR_CODE, /* a note: recovered, signs nothing yet */
	SAY_RECOVERED,      /* a note: after a forgotten passphrase */

	/* The way to the server. */
	SAY_NOT_CONNECTED,
	SAY_NOT_OUR_SERVER,
	SAY_NOT_TAKEN,    /* the server refused what it was sent */
	SAY_CLOCK,        /* a note: the laptop's clock is wrong */
	SAY_SERVER_OLDER, /* than it was: rolled back, or another copy */

	/* Visits. */
	SAY_RECORD_MOVED, /* under the form */

	/* One for each status; say_of() falls back on them. */
	SAY_NOT_FOUND,
	SAY_CONFLICT,
	SAY_REFUSED,
	SAY_NOT_TRUSTED,
	SAY_LATER,
	SAY_NO_MEMORY,
	SAY_FAILED,
	SAY_FAULT,

	/* Of padu-server from here on (say_office.c).  A custodian's: */
	SAY_OFFICE_FIRST,
	SAY_SHARE_MISSING = SAY_OFFICE_FIRST, /* no such file */
	SAY_SHARE_PASSPHRASE,                 /* wrong, or damaged */
	SAY_SHARE_DAMAGED,
	SAY_SHARE_OTHER,  /* the laptop knows another recovery key */
	SAY_SHARE_PLACES, /* two shares in one place */
	SAY_REQUEST_MISSING,
	SAY_REQUEST_DAMAGED,
	SAY_REQUEST_REGENCY,  /* of another regency, or server */
	SAY_REQUEST_CODE,     /* what was read out is another's */
	SAY_REQUEST_OLD,      /* or of a wrong clock; the text: how old */
	SAY_REQUEST_ANSWERED, /* by this custodian, before */

	/* The server's folder. */
	SAY_NO_SERVER,
	SAY_SERVER_EXISTS,
	SAY_SERVER_KEY, /* store.key is another's */
	SAY_SERVER_DAMAGED,
	SAY_SERVER_IN_USE,

	/* The server's backups, and what is made of them. */
	SAY_BACKUP_NO_FOLDER,
	SAY_BACKUP_NOT_WRITABLE,
	SAY_BACKUP_THERE,
	SAY_BACKUP_FULL,
	SAY_BACKUP_FAILED,
	SAY_BACKUP_NONE, /* to restore from */
	SAY_BACKUP_DAMAGED,
	SAY_BACKUP_KEY, /* it does not open it */
	SAY_RESTORE_THERE,

	/* One for each status that say_of() has for a laptop. */
	SAY_SERVER_NOT_FOUND,
	SAY_SERVER_CONFLICT,
	SAY_SERVER_REFUSED,
	SAY_SERVER_NOT_TRUSTED,
	SAY_SERVER_LATER,
	SAY_SERVER_NO_MEMORY,
	SAY_SERVER_FAILED,
	SAY_SERVER_FAULT,

	SAY_COUNT
};

/* Exit statuses of the command lines; --help and README.md list them. */
enum say_exit {
	SAY_EXIT_DONE = 0,
	SAY_EXIT_FAILED = 1,
	SAY_EXIT_USAGE = 2,
	SAY_EXIT_REFUSED = 3,
	SAY_EXIT_NOT_FOUND = 4,
	SAY_EXIT_CONFLICT = 5,
	SAY_EXIT_LOCKED = 6,
	SAY_EXIT_LATER = 7,
	SAY_EXIT_NOT_TRUSTED = 8,
	SAY_EXIT_NO_ROOM = 9,
	SAY_EXIT_DAMAGED = 10,
	SAY_EXIT_NEWER = 11,
	SAY_EXIT_COPY = 12, /* an older copy, or a clone */
};

enum say_lang { SAY_EN, SAY_ID, SAY_LANGS };

#define SAY_TEXT_MAX 250 /* bytes of a sentence: it fits into struct err */

struct say {
	const char *name;   /* "wrong-passphrase"; stays */
	enum status status; /* ST_OK: a note, beside a command that did */
	enum say_exit exit; /* SAY_EXIT_DONE: a note */
	const char *text[SAY_LANGS];
};

/* ${state}, below SAY_COUNT and not SAY_NOTHING. */
const struct say *say_find(enum say_state state);
/* SAY_NOTHING: there is no such name.  Accepts NULL. */
enum say_state say_by_name(const char *name);

/*
 * Start an error in ${state}, with its status; the detail is as err_set()
 * has it, or NULL: the English sentence.  Returns the status.
 */
enum status say_set(struct err *err, enum say_state state, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Say that ${err}, an error already, is ${state}; its text stays. */
enum status say_mark(struct err *err, enum say_state state);
/* The state that ${err} is in; never SAY_NOTHING, except for ST_OK. */
enum say_state say_of(const struct err *err);
/* The same at the office, where there is no laptop to speak of. */
enum say_state say_of_office(const struct err *err);
/* Can who works with padu-server meet it; padu-agent? */
bool say_at_office(enum say_state state);
bool say_at_laptop(enum say_state state);

/*
 * The language: ${wanted} ("id" or "en"; NULL: not said), else PADU_LANG,
 * else the locale (LC_ALL, LC_MESSAGES, LANG), else English.  False:
 * ${wanted} is neither.
 */
bool say_choose(enum say_lang *out, const char *wanted);

#endif /* COMMON_SAY_SAY_H */
