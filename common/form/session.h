#ifndef COMMON_FORM_SESSION_H
#define COMMON_FORM_SESSION_H

/*
 * session: one visit on a form: answers in, what follows from them out.
 *
 *	session_open -> session_set / _add_repeat / _remove_repeat ... -> finish
 *	     |                     |                                        |
 *	new, or an instance   session_changes()                 session_errors()
 *	that was sent                                           session_print()
 *
 * An answer has the rules evaluated that depend on it, in their order, and
 * no others; what became different is listed.  Values of nodes that are not
 * relevant are kept until the end, are blank for all expressions, and are not
 * printed.  Nothing that was answered is lost by another answer, but a choice
 * that is no longer among the choices: that is told as a change.
 *
 * Time, random numbers and names of devices come in by struct session_opts,
 * so that a server that validates with the visit's own clock comes to the
 * same.  The form must stay as long as the session.  One thread at a time.
 *
 * Pure: no disk, no network, no clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct env;
struct session;
struct tree;
struct tree_node;
struct writer;
struct xform;
struct xform_control;
struct xpath_ask;

struct session_opts {
	const struct env *env; /* the visit's clock, its random numbers */
	int zone_min;          /* minutes east of UTC */
	size_t language;       /* of the form's */
	/*
	 * What is known of the device and who works with it: "deviceid",
	 * "username", "email", "phonenumber", "userid" ...; NULL: not known.
	 * The text must stay until the next call.
	 */
	const char *(*property)(void *arg, const char *name);
	/* Rows of lists that are kept elsewhere; see struct xpath_host. */
	enum status (*rows)(void *arg, const struct xpath_ask *ask,
	    const struct tree_node *const **rows, size_t *n, struct err *err);
	void *arg;
	/*
	 * An instance to go on with, as session_print() or another client
	 * made it; NULL: a new visit.  With ${correct} it gets an id of its
	 * own, and the one that it had as deprecatedID.
	 */
	const char *instance;
	size_t instance_len;
	bool correct;
};

/* ${form} must outlive the session.  ST_INVALID: not an instance of it. */
enum status session_open(struct session **out, const struct xform *form,
    const struct session_opts *opts, struct err *err);
void session_close(struct session *s);

const struct xform *session_form(const struct session *s);
/* Paths of nodes: tree.h.  Flags of nodes: enum tree_flag. */
const struct tree *session_tree(const struct session *s);

/* ---- answering ------------------------------------------------------ */

/*
 * Put ${len} bytes into ${node}.  An answer that its type or its constraint
 * does not allow is kept and marked, so that nothing typed is lost.
 *
 * ST_INVALID: no text (control characters, not UTF-8, too long), or a node
 * that has no answer of its own.  ST_CONFLICT: it is readonly, or calculated
 * and asked for nowhere.  Both change nothing.  Other failures come from an
 * expression, which the error names; the answer has been put in.
 */
enum status session_set(struct session *s, struct tree_node *node,
    const char *value, size_t len, struct err *err);
/* The same by path; ST_NOTFOUND: there is no such node. */
enum status session_set_path(
    struct session *s, const char *path, const char *value, struct err *err);

/*
 * A new instance of the repeat ${bind} (a number of the form's) under
 * ${parent}, behind the others.  ST_CONFLICT: its number is a matter of the
 * form's.  ST_FULL: SESSION_REPEATS_MAX are there.
 */
enum status session_add_repeat(struct session *s, struct tree_node *parent,
    uint32_t bind, struct tree_node **out, struct err *err);
/* Take the instance ${node} out with all its answers.  ST_CONFLICT: as above.
 */
enum status session_remove_repeat(
    struct session *s, struct tree_node *node, struct err *err);

/* What the last of the calls above, or the opening, made different. */
enum session_what {
	SESSION_VALUE = 1u << 0,
	SESSION_RELEVANT = 1u << 1,
	SESSION_REQUIRED = 1u << 2,
	SESSION_READONLY = 1u << 3,
	SESSION_VALID = 1u << 4, /* its constraint, type, choice */
	SESSION_WARNING = 1u << 5,
	SESSION_CHOICES = 1u << 6, /* may be others now */
	SESSION_LABEL = 1u << 7,
	SESSION_ADDED = 1u << 8,   /* an instance of a repeat, with all in it */
	SESSION_REMOVED = 1u << 9, /* below ${node}: the one that had ${id} */
};

struct session_change {
	struct tree_node *node;
	uint32_t id;   /* of the node */
	unsigned what; /* enum session_what */
};

/* *${n} of them, until the next call. */
const struct session_change *session_changes(
    const struct session *s, size_t *n);
/* How many rules of nodes the last call evaluated. */
uint64_t session_evaluated(const struct session *s);

/* ---- showing -------------------------------------------------------- */

/* ST_NOTFOUND: the form has not so many languages. */
enum status session_set_language(
    struct session *s, size_t language, struct err *err);

/*
 * The label of ${control}, whose node is ${node} (for a group without one the
 * nearest above), in the active language.  ${form} is "" or "short", "image",
 * "audio", ...; "" where there is none of it.  Texts live until the next call
 * that answers.
 */
enum status session_label(struct session *s,
    const struct xform_control *control, const struct tree_node *node,
    const char *form, const char **out, struct err *err);
enum status session_hint(struct session *s, const struct xform_control *control,
    const struct tree_node *node, const char *form, const char **out,
    struct err *err);

struct session_choice {
	const char *value, *label;
};

/*
 * The choices of ${node} in their order, those alone whose label or value has
 * ${query} in it, whatever the case; NULL: all.  At most ${max} of them; *${n}
 * says how many there are in *${out}.
 */
enum status session_choices(struct session *s, const struct tree_node *node,
    const char *query, size_t max, const struct session_choice **out, size_t *n,
    struct err *err);

/* ---- finishing ------------------------------------------------------ */

enum session_fault {
	SESSION_MISSING,    /* required, and blank */
	SESSION_BAD_TYPE,   /* not a date, number, ... */
	SESSION_BAD_CHOICE, /* not among the choices */
	SESSION_BROKEN,     /* its constraint */
	SESSION_TOO_MANY,   /* jr:count asks for more than allowed */
	SESSION_WARNED,     /* its warning: does not keep from finishing */
	SESSION_DIFFERS,    /* validation: calculated otherwise */
};

struct session_error {
	const struct tree_node *node;
	enum session_fault fault;
	const char *message; /* the form's, in the active language, or "" */
};

/*
 * Set what is taken at the end ("end" timestamps) and list what is wrong, in
 * document order, of relevant nodes; *${nfaults} do not count warnings.
 */
enum status session_finish(struct session *s, size_t *nfaults, struct err *err);
const struct session_error *session_errors(const struct session *s, size_t *n);
/* The message of ${node}'s fault, as session_finish() would say it. */
enum status session_message(struct session *s, const struct tree_node *node,
    enum session_fault fault, const char **out, struct err *err);

/*
 * Append the instance as XML: without what is not relevant, with the form's id
 * and version.  Also before it is finished: drafts have ${all}, which keeps
 * what is not relevant as well.
 */
enum status session_print(
    struct session *s, bool all, struct writer *out, struct err *err);

/* meta/instanceID, "" if the form has none. */
const char *session_instance_id(const struct session *s);

/*
 * Elements of the instance that was given which the form does not have.  They
 * are in no tree; who keeps what was sent keeps its bytes.
 */
size_t session_strangers(const struct session *s);

/*
 * Hold an instance that was sent to its form: opens it with ${opts} (whose
 * instance it is), evaluates everything anew and finishes.  The caller closes
 * *${out} and reads session_errors().  Answers stay as they were sent;
 * calculations that come to something else are told as SESSION_DIFFERS, unless
 * they take the time or random numbers, or people may answer otherwise.
 */
enum status session_validate(struct session **out, const struct xform *form,
    const struct session_opts *opts, size_t *nfaults, struct err *err);

#endif /* COMMON_FORM_SESSION_H */
