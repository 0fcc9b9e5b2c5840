#ifndef COMMON_BASE_ERR_H
#define COMMON_BASE_ERR_H

/*
 * err: what went wrong, once for the program and once for a person.
 *
 * A function that can fail returns an enum status and takes a struct err as
 * its last argument.  Code decides by the status alone.  The text is shown
 * or logged, and never compared.  It never holds personal data: it names the
 * record's id, the field and the rule, not the value of a person's field.
 *
 * Nothing here allocates, so an error can always be reported.
 */

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum status {
	ST_OK = 0,
	ST_NOTFOUND,  /* there is no such thing; often an ordinary answer */
	ST_CONFLICT,  /* that name already stands for something else */
	ST_INVALID,   /* the input breaks a written rule */
	ST_UNTRUSTED, /* a signature, key, or sequence number is wrong */
	ST_LOCKED,    /* a passphrase or key is needed first */
	ST_BUSY,      /* nothing changed; the same call may work later */
	ST_FULL,      /* no room on the disk, or over a quota */
	ST_NOMEM,     /* out of memory */
	ST_IO,        /* disk, network, or database failed beneath us */
	ST_BUG,       /* we broke a rule of our own */
};

struct err {
	enum status status;
	char text[256]; /* always terminated; long text is cut short */
	unsigned state; /* what a person is told (say/say.h); 0: by status */
};

/*
 * Start an error: store ${status} and the formatted text, replacing what was
 * there.  Return ${status}, so that a caller may write "return err_set(...)".
 */
enum status err_set(struct err *err, enum status status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * Add what we were doing, in front of the text: "send visit 12: connect: ..."
 * Return the status already there, unchanged.
 */
enum status err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The name of ${status} as programs print it: "ok", "notfound", ... */
const char *err_name(enum status status);

#endif /* COMMON_BASE_ERR_H */
