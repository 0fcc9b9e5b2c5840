#include <math.h>
#include <string.h>

#include "common/base/env.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xpath_digest.h"
#include "common/form/xpath_fn.h"

struct xpath_value
xpath_fn_count(struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_number(
	    (double)xpath_arg_nodes(run, at, call, 0).nnodes);
}

struct xpath_value
xpath_fn_count_non_empty(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value nodes = xpath_arg_nodes(run, at, call, 0);
	size_t i, n = 0;

	for (i = 0; i < nodes.nnodes && xpath_tick(run, call, 1); i++)
		n += xpath_node_text(run, &nodes.nodes[i]).len > 0;
	return xpath_value_number((double)n);
}

/* Of a node given: its place among siblings of its name. */
struct xpath_value
xpath_fn_position(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value nodes;

	if (call->nargs == 0)
		return xpath_value_number((double)at->position);
	nodes = xpath_arg_nodes(run, at, call, 0);
	if (nodes.nnodes == 0)
		return xpath_value_number(NAN);
	return xpath_value_number(nodes.nodes[0].node->pos);
}

struct xpath_value
xpath_fn_last(struct run *run, const struct focus *at, const struct ast *call)
{
	(void)run, (void)call;
	return xpath_value_number((double)at->size);
}

struct xpath_value
xpath_fn_current(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_node *node = xpath_take(run, sizeof(*node));

	(void)at, (void)call;
	if (node == NULL)
		return xpath_value_cstr("");
	*node = (struct xpath_node){ run->current, NULL };
	return xpath_value_nodes(node, 1, true);
}

struct xpath_value
xpath_fn_instance(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text id = xpath_arg_text(run, at, call, 0);
	const struct xpath_host *host = run->host;
	const struct tree_node *root = NULL;
	struct xpath_node *node = xpath_take(run, sizeof(*node));
	enum status st = ST_NOTFOUND;
	struct err err = { 0 };

	if (run->st != ST_OK)
		return xpath_value_nodes(NULL, 0, true);
	if (host->instance != NULL)
		st = host->instance(host->arg, id.at, &root, &err);
	if (st == ST_NOTFOUND) {
		xpath_fail(run, call, "there is no instance of this name");
	} else if (st != ST_OK) {
		run->st = st;
		*run->err = err;
	}
	if (run->st != ST_OK)
		return xpath_value_nodes(NULL, 0, true);
	*node = (struct xpath_node){ root, NULL };
	return xpath_value_nodes(node, 1, true);
}

/* ---- names ---------------------------------------------------------- */

/* The name of the first node of the argument, or of the context node. */
static const char *
name_of(struct run *run, const struct focus *at, const struct ast *call)
{
	const struct xpath_node *node = &at->node;
	struct xpath_value nodes;

	if (call->nargs > 0) {
		nodes = xpath_arg_nodes(run, at, call, 0);
		if (nodes.nnodes == 0)
			return "";
		node = &nodes.nodes[0];
	}
	return node->attr != NULL ? node->attr->name : node->node->name;
}

struct xpath_value
xpath_fn_name(struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_cstr(name_of(run, at, call));
}

struct xpath_value
xpath_fn_local_name(
    struct run *run, const struct focus *at, const struct ast *call)
{
	const char *name = name_of(run, at, call), *colon = strchr(name, ':');

	return xpath_value_cstr(colon != NULL ? colon + 1 : name);
}

/* Those that forms have; names keep the prefix that the form gave them. */
struct xpath_value
xpath_fn_namespace_uri(
    struct run *run, const struct focus *at, const struct ast *call)
{
	static const struct {
		const char *prefix, *uri;
	} SPACES[] = { { "jr:", "http://openrosa.org/javarosa" },
		{ "orx:", "http://openrosa.org/xforms" },
		{ "odk:", "http://www.opendatakit.org/xforms" },
		{ "entities:", "http://www.opendatakit.org/xforms/entities" },
		{ "xml:", "http://www.w3.org/XML/1998/namespace" },
		{ "h:", "http://www.w3.org/1999/xhtml" } };
	const char *name = name_of(run, at, call);
	size_t i;

	for (i = 0; i < sizeof(SPACES) / sizeof(SPACES[0]); i++)
		if (strncmp(name, SPACES[i].prefix, strlen(SPACES[i].prefix)) ==
		    0)
			return xpath_value_cstr(SPACES[i].uri);
	return xpath_value_cstr("");
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* xml:lang of the node or the nearest above is that, or a kind of it. */
struct xpath_value
xpath_fn_lang(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text wanted = xpath_arg_text(run, at, call, 0);
	const char *name = names_find(run->xpath->names, "xml:lang", 8);
	const struct tree_node *node = at->node.node;
	const char *lang = NULL;
	size_t i;

	for (; name != NULL && node != NULL && lang == NULL;
	     node = node->parent)
		lang = tree_attr(node, name);
	if (lang == NULL || wanted.len == 0 || strlen(lang) < wanted.len)
		return xpath_value_truth(false);
	for (i = 0; i < wanted.len; i++)
		if (lower(lang[i]) != lower(wanted.at[i]))
			return xpath_value_truth(false);
	return xpath_value_truth(lang[i] == '\0' || lang[i] == '-');
}

/* ---- randomize ------------------------------------------------------ */

#define MINSTD 16807
#define MODULUS 2147483647

/* Park and Miller's generator, or the machine's own. */
struct shuffler {
	struct run *run;
	int64_t seed; /* 0: none */
};

static double
next_random(struct shuffler *s)
{
	uint64_t bits = 0;

	if (s->seed == 0) {
		env_random(s->run->host->env, &bits, sizeof(bits));
		return (double)(bits >> 11) / 9007199254740992.0;
	}
	s->seed = s->seed * MINSTD % MODULUS;
	return (double)(s->seed - 1) / (MODULUS - 1);
}

static int64_t
whole_seed(double number)
{
	if (isnan(number))
		return 0;
	if (number >= 9223372036854775807.0)
		return INT64_MAX;
	if (number <= -9223372036854775808.0)
		return INT64_MIN;
	return (int64_t)number;
}

/*
 * A seed that is a number counts without its fraction; another text by the
 * first eight bytes of its SHA-256, as JavaRosa does it; none as 0.
 */
static int64_t
seed_of(struct run *run, const struct xpath_value *value)
{
	double number = xpath_to_number(run, value);
	uint8_t hash[DIGEST_MAX];
	struct xpath_text text;
	int64_t seed = whole_seed(number);
	uint64_t bits = 0;
	int i;

	if (isnan(number) && value->kind != XPATH_NUMBER) {
		text = xpath_to_text(run, value);
		if (text.len > 0) {
			xpath_digest(DIGEST_SHA256, text.at, text.len, hash);
			for (i = 0; i < 8; i++)
				bits = bits << 8 | hash[i];
			seed = (int64_t)bits;
		}
	}
	seed %= MODULUS;
	return seed <= 0 ? seed + MODULUS - 1 : seed;
}

/* The "inside-out" shuffle of Fisher and Yates. */
struct xpath_value
xpath_fn_randomize(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value nodes = xpath_arg_nodes(run, at, call, 0), seed;
	struct shuffler s = { .run = run };
	struct xpath_node *out;
	size_t i, j;

	if (call->nargs > 1) {
		seed = xpath_arg_value(run, at, call, 1);
		s.seed = seed_of(run, &seed);
	} else if (run->host->env == NULL) {
		xpath_fail(run, call, "randomize() has no random numbers here");
	}
	out = xpath_take(run, (nodes.nnodes + 1) * sizeof(*out));
	if (out == NULL)
		return xpath_value_nodes(NULL, 0, true);
	for (i = 0; i < nodes.nnodes && xpath_tick(run, call, 1); i++) {
		j = (size_t)floor(next_random(&s) * (double)(i + 1));
		out[i] = out[j];
		out[j] = nodes.nodes[i];
	}
	nodes = xpath_value_nodes(out, nodes.nnodes, false);
	nodes.shuffled = true;
	return nodes;
}
