#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/form/xpath_fn.h"

#define PI 3.14159265358979323846

struct xpath_value
xpath_fn_number(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value value, out;
	double days;

	if (call->nargs > 0)
		value = xpath_arg_value(run, at, call, 0);
	else
		value = xpath_value_nodes(&at->node, 1, true);
	if (!xpath_to_days(run, &value, &days))
		return xpath_value_number(xpath_to_number(run, &value));
	out = xpath_value_number(days);
	out.is_days = true;
	return out;
}

struct xpath_value
xpath_fn_int(struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_number(trunc(xpath_arg_number(run, at, call, 0)));
}

struct xpath_value
xpath_fn_floor(struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_number(floor(xpath_arg_number(run, at, call, 0)));
}

struct xpath_value
xpath_fn_ceiling(
    struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_number(ceil(xpath_arg_number(run, at, call, 0)));
}

/* ${number} times ten to the ${power}, of its digits as they are written, so
 * that 1.005 becomes 100.5 and not 100.49999999999999. */
static double
shift(double number, int power)
{
	char text[XPATH_NUMBER_SIZE + 16];
	size_t len = xpath_number_print(number, text);

	snprintf(text + len, sizeof(text) - len, "e%d", power);
	return strtod(text, NULL);
}

/* XPath 1.0: the whole number nearest, of two the greater. */
static double
round_half_up(double number)
{
	double below = floor(number);

	return number - below >= 0.5 ? below + 1 : below;
}

struct xpath_value
xpath_fn_round(struct run *run, const struct focus *at, const struct ast *call)
{
	double number = xpath_arg_number(run, at, call, 0), decimals = 0;

	if (call->nargs > 1)
		decimals = trunc(xpath_arg_number(run, at, call, 1));
	if (isnan(decimals))
		return xpath_value_number(NAN);
	if (isnan(number) || isinf(number) || decimals > 300)
		return xpath_value_number(number);
	if (decimals == 0)
		return xpath_value_number(round_half_up(number));
	if (decimals < -300)
		return xpath_value_number(0);
	number = shift(number, (int)decimals);
	if (isinf(number))
		return xpath_value_number(xpath_arg_number(run, at, call, 0));
	return xpath_value_number(shift(round_half_up(number), -(int)decimals));
}

/* ---- of many values ------------------------------------------------- */

enum gather {
	GATHER_SUM,
	GATHER_MAX,
	GATHER_MIN,
};

static double
gather(enum gather how, double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	switch (how) {
	case GATHER_SUM:
		return a + b;
	case GATHER_MAX:
		return a > b ? a : b;
	default:
		return a < b ? a : b;
	}
}

/* ${total} and all numbers of ${value}. */
static double
gather_value(struct run *run, const struct ast *call, enum gather how,
    double total, bool *any, const struct xpath_value *value)
{
	struct scratch_mark mark;
	double number;
	size_t i, n = value->kind == XPATH_NODES ? value->nnodes : 1;

	for (i = 0; i < n && xpath_tick(run, call, 1); i++) {
		mark = xpath_mark(run);
		number = value->kind == XPATH_NODES
		    ? xpath_text_number(
			  run, xpath_node_text(run, &value->nodes[i]))
		    : xpath_to_number(run, value);
		xpath_release(run, mark);
		total = *any ? gather(how, total, number) : number;
		*any = true;
	}
	return total;
}

/* XPath 1.0: of no nodes 0; of anything that is no number NaN. */
struct xpath_value
xpath_fn_sum(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value nodes = xpath_arg_nodes(run, at, call, 0);
	bool any = true;

	return xpath_value_number(
	    gather_value(run, call, GATHER_SUM, 0, &any, &nodes));
}

/* XPath 3.0: one that is no number makes it NaN; of nothing, NaN too. */
static struct xpath_value
extreme(struct run *run, const struct focus *at, const struct ast *call,
    enum gather how)
{
	struct xpath_value value;
	double total = NAN;
	bool any = false;
	size_t i;

	for (i = 0; i < call->nargs && run->st == ST_OK; i++) {
		value = xpath_arg_value(run, at, call, i);
		total = gather_value(run, call, how, total, &any, &value);
	}
	return xpath_value_number(total);
}

struct xpath_value
xpath_fn_max(struct run *run, const struct focus *at, const struct ast *call)
{
	return extreme(run, at, call, GATHER_MAX);
}

struct xpath_value
xpath_fn_min(struct run *run, const struct focus *at, const struct ast *call)
{
	return extreme(run, at, call, GATHER_MIN);
}

/* ---- mathematics ---------------------------------------------------- */

#define OF_ONE(name, function)                                                 \
	struct xpath_value xpath_fn_##name(                                    \
	    struct run *run, const struct focus *at, const struct ast *call)   \
	{                                                                      \
		double number = xpath_arg_number(run, at, call, 0);            \
                                                                               \
		return xpath_value_number(function(number));                   \
	}

static double
exp10_of(double number)
{
	return pow(10, number);
}

OF_ONE(abs, fabs)
OF_ONE(sin, sin)
OF_ONE(cos, cos)
OF_ONE(tan, tan)
OF_ONE(asin, asin)
OF_ONE(acos, acos)
OF_ONE(atan, atan)
OF_ONE(sqrt, sqrt)
OF_ONE(exp, exp)
OF_ONE(exp10, exp10_of)
OF_ONE(log, log)
OF_ONE(log10, log10)

struct xpath_value
xpath_fn_pow(struct run *run, const struct focus *at, const struct ast *call)
{
	double base = xpath_arg_number(run, at, call, 0);

	return xpath_value_number(
	    pow(base, xpath_arg_number(run, at, call, 1)));
}

struct xpath_value
xpath_fn_atan2(struct run *run, const struct focus *at, const struct ast *call)
{
	double y = xpath_arg_number(run, at, call, 0);

	return xpath_value_number(atan2(y, xpath_arg_number(run, at, call, 1)));
}

struct xpath_value
xpath_fn_pi(struct run *run, const struct focus *at, const struct ast *call)
{
	(void)run, (void)at, (void)call;
	return xpath_value_number(PI);
}

/* 53 random bits behind the point. */
struct xpath_value
xpath_fn_random(struct run *run, const struct focus *at, const struct ast *call)
{
	uint64_t bits = 0;

	(void)at;
	if (run->host->env == NULL)
		xpath_fail(run, call, "random() has no random numbers here");
	else
		env_random(run->host->env, &bits, sizeof(bits));
	return xpath_value_number((double)(bits >> 11) / 9007199254740992.0);
}
