#ifndef COMMON_FORM_SESSION_INTERNAL_H
#define COMMON_FORM_SESSION_INTERNAL_H

/* session_internal: between the session_*.c files only. */

#include "common/base/arena.h"
#include "common/form/session.h"
#include "common/form/tree.h"
#include "common/form/xform_internal.h"
#include "common/form/xpath.h"

/* How deep labels may name choices whose labels name choices ... */
#define SESSION_NESTED 4

/* One rule that is to be evaluated for one node. */
struct session_work {
	uint32_t rank, rule;
	uint64_t order; /* of two of one rank, who was put in first */
	struct tree_node *node;
};

struct session {
	const struct xform *form;
	struct session_opts opts;
	struct tree *tree;
	struct xpath_scratch *scratch[SESSION_NESTED];
	unsigned depth; /* scratches in use */
	struct xpath_host host;
	const struct tree_node *saying; /* for whom texts are made */
	struct arena said;              /* texts of the last call */

	struct session_work *work; /* a heap */
	size_t nwork, work_room;
	uint64_t order;
	bool full_work; /* one did not fit: no memory */
	uint64_t evaluated;
	bool checking; /* validation: calculations do not write */

	struct session_change *changes;
	size_t nchanges, changes_room;
	struct session_error *errors;
	size_t nerrors, errors_room;
	size_t strangers;
	unsigned actions; /* how deep actions have set off others */
};

/* session_run.c */
/* Begin a call that answers: forget the last one's changes and texts. */
void session_begin(struct session *s);
enum status session_note(
    struct session *s, struct tree_node *node, unsigned what, struct err *err);
void session_unmark(struct tree_node *node);
/* The first rules of ${top} and all below. */
void session_put_all(struct session *s, struct tree_node *top);
/* What ${node}'s value or being there makes others depend on. */
void session_trigger(struct session *s, struct tree_node *node);
void session_put(struct session *s, uint32_t rule, struct tree_node *node);
/* Nothing below ${top} is to be evaluated any more. */
void session_forget(struct session *s, const struct tree_node *top);
enum status session_run(struct session *s, struct err *err);
enum status session_relevance(
    struct session *s, struct tree_node *top, struct err *err);
enum status session_inherit_readonly(
    struct session *s, struct tree_node *top, struct err *err);
/* Every node of ${bind} below (or that is) ${top}. */
typedef enum status session_each(
    void *arg, struct tree_node *node, struct err *err);
enum status session_instances(struct session *s, struct tree_node *top,
    uint32_t bind, session_each *each, void *arg, struct err *err);

/* session_set.c */
/* Put the text in; what follows is put into the heap. */
enum status session_write(struct session *s, struct tree_node *node,
    const char *value, size_t len, struct err *err);
/* Another id than ${node}'s. */
enum status session_new_id(
    struct session *s, struct tree_node *node, struct err *err);
enum status session_act(struct session *s, enum xform_event event,
    struct tree_node *source, struct err *err);
enum status session_preload(
    struct session *s, struct tree_node *top, bool at_end, struct err *err);

/* session_repeat.c */
/* The child of ${parent} behind which the next instance of ${bind} comes;
 * ${parent} itself where it comes first. */
struct tree_node *session_place(
    struct session *s, struct tree_node *parent, uint32_t bind);
enum status session_count(struct session *s, const struct xform_rule *rule,
    struct tree_node *parent, struct err *err);

/* session_type.c */
/* Is this text what ${type} allows? Blank always is. */
bool session_type_holds(enum xform_type type, const char *text, size_t len);
/* One spelling of an answer; the text is in the session's memory. */
enum status session_type_spell(struct session *s, enum xform_type type,
    const char *text, size_t len, struct xpath_text *out, struct err *err);
/* What an expression came to, as text of ${type}. */
enum status session_type_cast(struct session *s, enum xform_type type,
    const struct xpath_value *value, struct xpath_text *out, struct err *err);

/* session_eval.c: an expression in the context of a node */
enum status session_eval(struct session *s, const struct xpath *expr,
    const struct tree_node *node, struct xpath_value *out, struct err *err);
enum status session_eval_text(struct session *s, const struct xpath *expr,
    const struct tree_node *node, const char **out, struct err *err);
enum status session_eval_number(struct session *s, const struct xpath *expr,
    const struct tree_node *node, double *out, struct err *err);
enum status session_eval_truth(struct session *s, const struct xpath *expr,
    const struct tree_node *node, bool *out, struct err *err);
void session_make_host(struct session *s);

/* session_say.c */
enum status session_text(struct session *s, const struct xform_text *text,
    const struct tree_node *node, const char *form, const char **out,
    struct err *err);
/* Are all the words of ${node}'s value among its choices? */
enum status session_among_choices(struct session *s,
    const struct tree_node *node, bool *out, struct err *err);
/* That value without the words that are not. */
enum status session_drop_strangers(struct session *s,
    const struct tree_node *node, struct xpath_text *out, struct err *err);
enum status session_choice_label(struct session *s,
    const struct tree_node *node, const char *value, const char **out,
    struct err *err);

/* session_in.c: fill the tree from the instance in opts. */
enum status session_take_instance(struct session *s, struct err *err);
/* The meta node of this local name, NULL: none. */
struct tree_node *session_meta(const struct session *s, const char *name);

static inline const struct xform_bind *
session_bind_of(const struct session *s, const struct tree_node *node)
{
	return &s->form->binds[node->bind];
}

#endif /* COMMON_FORM_SESSION_INTERNAL_H */
