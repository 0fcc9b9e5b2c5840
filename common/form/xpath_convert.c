#include <math.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/tree.h"
#include "common/form/xpath_internal.h"

#define MS_PER_DAY 86400000.0
#define NO_MOMENT "Invalid Date" /* what the web's engines give for none */

/* ---- making values -------------------------------------------------- */

struct xpath_value
xpath_value_number(double number)
{
	return (struct xpath_value){
		.kind = XPATH_NUMBER, .number = number, .text = { "", 0 }
	};
}

struct xpath_value
xpath_value_truth(bool truth)
{
	return (struct xpath_value){
		.kind = XPATH_BOOLEAN, .truth = truth, .text = { "", 0 }
	};
}

struct xpath_value
xpath_value_text(struct xpath_text text)
{
	return (struct xpath_value){ .kind = XPATH_STRING, .text = text };
}

struct xpath_value
xpath_value_cstr(const char *text)
{
	return xpath_value_text((struct xpath_text){ text, strlen(text) });
}

struct xpath_value
xpath_value_copy(struct run *run, const char *text, size_t len)
{
	char *copy = xpath_take(run, len + 1);

	if (copy == NULL)
		return xpath_value_cstr("");
	memcpy(copy, text, len);
	copy[len] = '\0';
	return xpath_value_text((struct xpath_text){ copy, len });
}

struct xpath_value
xpath_value_moment(int64_t ms, bool is_time)
{
	return (struct xpath_value){ .kind = XPATH_MOMENT,
		.ms = ms,
		.is_time = is_time,
		.number = (double)ms / MS_PER_DAY,
		.text = { "", 0 } };
}

struct xpath_value
xpath_value_no_moment(void)
{
	struct xpath_value value = xpath_value_moment(0, false);

	value.number = NAN;
	return value;
}

struct xpath_value
xpath_value_nodes(const struct xpath_node *nodes, size_t n, bool plain)
{
	return (struct xpath_value){ .kind = XPATH_NODES,
		.nodes = nodes,
		.nnodes = n,
		.plain = plain,
		.text = { "", 0 } };
}

/* ---- nodes as texts ------------------------------------------------- */

/* The node after ${node} within ${top}; what is not relevant is left out. */
static const struct tree_node *
next_relevant(const struct tree_node *node, const struct tree_node *top)
{
	node = tree_next(node, top);
	while (node != NULL && !tree_relevant(node))
		node = tree_skip(node, top);
	return node;
}

/* The texts of all that lies below, one behind the other. */
static struct xpath_text
join_below(struct run *run, const struct tree_node *top)
{
	struct xpath_text out = { "", 0 };
	const struct tree_node *node;
	size_t len = 0;
	char *at;

	for (node = top; node != NULL; node = next_relevant(node, top)) {
		len += node->len;
		run->steps++;
	}
	if (len == 0)
		return out;
	if (len > XPATH_STRING_MAX) {
		if (run->st == ST_OK)
			run->st = err_set(run->err, ST_INVALID,
			    "a node's text is longer than %u bytes",
			    XPATH_STRING_MAX);
		return out;
	}
	if ((at = xpath_take(run, len + 1)) == NULL)
		return out;
	out = (struct xpath_text){ at, len };
	for (node = top; node != NULL; node = next_relevant(node, top)) {
		memcpy(at, node->value, node->len);
		at += node->len;
	}
	*at = '\0';
	return out;
}

struct xpath_text
xpath_node_text(struct run *run, const struct xpath_node *node)
{
	if (node->attr != NULL)
		return (struct xpath_text){ node->attr->value,
			strlen(node->attr->value) };
	if (node->node->child == NULL)
		return (
		    struct xpath_text){ node->node->value, node->node->len };
	return join_below(run, node->node);
}

/* ---- turning one kind into another ---------------------------------- */

struct xpath_text
xpath_to_text(struct run *run, const struct xpath_value *value)
{
	char number[XPATH_NUMBER_SIZE], moment[XPATH_MOMENT_SIZE];
	size_t len;

	switch (value->kind) {
	case XPATH_STRING:
		return value->text;
	case XPATH_NUMBER:
		len = xpath_number_print(value->number, number);
		return xpath_value_copy(run, number, len).text;
	case XPATH_BOOLEAN:
		return xpath_value_cstr(value->truth ? "true" : "false").text;
	case XPATH_NODES:
		if (value->nnodes > 0)
			return xpath_node_text(run, &value->nodes[0]);
		break;
	case XPATH_MOMENT:
		if (isnan(value->number))
			return xpath_value_cstr(NO_MOMENT).text;
		len = xpath_moment_print(
		    value->ms, run->host->zone_min, value->is_time, moment);
		return xpath_value_copy(run, moment, len).text;
	}
	return (struct xpath_text){ "", 0 };
}

/* Could it be a date?  Most texts cannot, and that is seen at once. */
static bool
looks_like_date(struct xpath_text text)
{
	return text.len >= 10 && memchr(text.at, '-', 6) != NULL;
}

static bool
text_days(struct run *run, struct xpath_text text, double *days)
{
	int64_t ms;
	bool is_time;

	if (!looks_like_date(text) ||
	    !xpath_moment_parse(
		text.at, text.len, run->host->zone_min, false, &ms, &is_time))
		return false;
	*days = (double)ms / MS_PER_DAY;
	return true;
}

double
xpath_text_number(struct run *run, struct xpath_text text)
{
	double days;

	if (text_days(run, text, &days))
		return days;
	return xpath_number_parse(text.at, text.len);
}

bool
xpath_to_days(struct run *run, const struct xpath_value *value, double *days)
{
	switch (value->kind) {
	case XPATH_MOMENT:
		*days = value->number;
		return true;
	case XPATH_NUMBER:
		*days = value->number;
		return value->is_days;
	case XPATH_STRING:
	case XPATH_NODES:
		return text_days(run, xpath_to_text(run, value), days);
	default:
		return false;
	}
}

double
xpath_to_number(struct run *run, const struct xpath_value *value)
{
	switch (value->kind) {
	case XPATH_NUMBER:
	case XPATH_MOMENT:
		return value->number;
	case XPATH_BOOLEAN:
		return value->truth ? 1 : 0;
	default:
		return xpath_text_number(run, xpath_to_text(run, value));
	}
}

bool
xpath_to_truth(const struct xpath_value *value)
{
	switch (value->kind) {
	case XPATH_STRING:
		return value->text.len > 0;
	case XPATH_NUMBER:
		return value->number != 0 && !isnan(value->number);
	case XPATH_BOOLEAN:
		return value->truth;
	case XPATH_NODES:
		return value->nnodes > 0;
	case XPATH_MOMENT:
		return !isnan(value->number);
	}
	return false;
}

static bool
node_blank(const struct xpath_node *of)
{
	const struct tree_node *node;

	if (of->attr != NULL)
		return of->attr->value[0] == '\0';
	for (node = of->node; node != NULL;
	     node = next_relevant(node, of->node))
		if (node->len > 0)
			return false;
	return true;
}

bool
xpath_value_blank(const struct xpath_value *value)
{
	size_t i;

	switch (value->kind) {
	case XPATH_STRING:
		return value->text.len == 0;
	case XPATH_NUMBER:
		return isnan(value->number) != 0;
	case XPATH_NODES:
		for (i = 0; i < value->nnodes; i++) {
			if (!node_blank(&value->nodes[i]))
				return false;
		}
		return true;
	default:
		return false;
	}
}
