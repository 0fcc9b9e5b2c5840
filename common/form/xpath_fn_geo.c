#include <math.h>
#include <string.h>

#include "common/form/xpath_fn.h"

#define EARTH_RADIUS_M 6378100.0 /* at the equator, as all engines have it */
#define PI 3.14159265358979323846

struct point {
	double latitude, longitude; /* degrees */
};

struct shape {
	struct run *run;
	const struct ast *ast;
	struct point *at;
	size_t n, room;
	bool bad; /* something in it is no point */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next number of "lat lon alt acc"; false: there is none. */
static bool
next_number(struct xpath_text *text, double *out)
{
	size_t n = 0;

	while (text->len > 0 && is_space(text->at[0])) {
		text->at++;
		text->len--;
	}
	while (n < text->len && !is_space(text->at[n]))
		n++;
	*out = xpath_number_parse(text->at, n);
	text->at += n;
	text->len -= n;
	return n > 0;
}

static void
add_point(struct shape *s, struct xpath_text text)
{
	struct point point, *grown;
	double more;
	int n = 0;

	if (!next_number(&text, &point.latitude) ||
	    !next_number(&text, &point.longitude) ||
	    !(fabs(point.latitude) <= 90) || !(fabs(point.longitude) <= 180))
		s->bad = true;
	while (!s->bad && next_number(&text, &more))
		if (++n > 2 || isnan(more))
			s->bad = true;
	if (s->bad || !xpath_tick(s->run, s->ast, 1))
		return;
	if (s->n == s->room) {
		grown = xpath_take(s->run, (s->room * 2 + 8) * sizeof(*grown));
		if (grown == NULL)
			return;
		if (s->n > 0)
			memcpy(grown, s->at, s->n * sizeof(*grown));
		s->at = grown;
		s->room = s->room * 2 + 8;
	}
	s->at[s->n++] = point;
}

/* One point, or a trace or shape: points with ";" between and behind. */
static void
add_points(struct shape *s, struct xpath_text text)
{
	struct xpath_text one;
	const char *end;

	while (text.len > 0 && is_space(text.at[text.len - 1]))
		text.len--;
	if (text.len == 0)
		s->bad = true;
	while (text.len > 0 && s->run->st == ST_OK && !s->bad) {
		end = memchr(text.at, ';', text.len);
		one.at = text.at;
		one.len = end != NULL ? (size_t)(end - text.at) : text.len;
		add_point(s, one);
		text.at += one.len + (end != NULL);
		text.len -= one.len + (end != NULL);
	}
}

static struct shape
read_shape(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	struct shape s = { .run = run, .ast = call };
	struct xpath_value value = xpath_arg_value(run, at, call, i);
	size_t k;

	if (value.kind != XPATH_NODES) {
		add_points(&s, xpath_to_text(run, &value));
		return s;
	}
	s.bad = value.nnodes == 0;
	for (k = 0; k < value.nnodes && run->st == ST_OK; k++)
		add_points(&s, xpath_node_text(run, &value.nodes[k]));
	return s;
}

static double
radians(double degrees)
{
	return degrees * PI / 180;
}

/* To hundredths. */
static double
rounded(double metres)
{
	return fabs(round(metres * 100) / 100);
}

struct xpath_value
xpath_fn_area(struct run *run, const struct focus *at, const struct ast *call)
{
	struct shape s = read_shape(run, at, call, 0);
	const struct point *p, *q;
	double sum = 0;
	size_t i;

	if (s.bad)
		return xpath_value_number(NAN);
	for (i = 0; s.n > 2 && i < s.n; i++) {
		p = &s.at[i];
		q = &s.at[(i + 1) % s.n];
		sum += radians(q->longitude - p->longitude) *
		    (2 + sin(radians(p->latitude)) + sin(radians(q->latitude)));
	}
	return xpath_value_number(
	    rounded(sum * EARTH_RADIUS_M * EARTH_RADIUS_M / 2));
}

static double
distance_between(const struct point *p, const struct point *q)
{
	double a = radians(p->latitude), b = radians(q->latitude);
	double turn = radians(p->longitude - q->longitude);
	double cosine = sin(a) * sin(b) + cos(a) * cos(b) * cos(turn);

	/* Of one place to itself it can come out above 1. */
	return acos(fmax(-1, fmin(1, cosine))) * EARTH_RADIUS_M;
}

struct xpath_value
xpath_fn_distance(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct shape s = { .run = run, .ast = call }, more;
	double sum = 0;
	size_t i, k;

	for (i = 0; i < call->nargs && run->st == ST_OK; i++) {
		more = read_shape(run, at, call, i);
		if (more.bad)
			return xpath_value_number(NAN);
		if (i > 0 && s.n > 0 && more.n > 0)
			sum += distance_between(&s.at[s.n - 1], &more.at[0]);
		for (k = 1; k < more.n; k++)
			sum += distance_between(&more.at[k - 1], &more.at[k]);
		s = more;
	}
	return xpath_value_number(rounded(sum));
}

/* Does a ray from the point cross the outline an odd number of times? */
static bool
contains(const struct shape *s, const struct point *point)
{
	double y = point->latitude, x = point->longitude;
	const struct point *p, *q;
	bool inside = false;
	size_t i;

	for (i = 1; i < s->n; i++) {
		p = &s->at[i - 1];
		q = &s->at[i];
		if ((p->latitude > y) != (q->latitude > y) &&
		    x < (p->longitude - q->longitude) * (y - q->latitude) /
				(p->latitude - q->latitude) +
			    q->longitude)
			inside = !inside;
	}
	return inside;
}

static bool
is_same(const struct point *p, const struct point *q)
{
	return p->latitude == q->latitude && p->longitude == q->longitude;
}

struct xpath_value
xpath_fn_geofence(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct shape point = read_shape(run, at, call, 0);
	struct shape fence = read_shape(run, at, call, 1);

	return xpath_value_truth(!point.bad && !fence.bad && point.n == 1 &&
	    fence.n > 2 && is_same(&fence.at[0], &fence.at[fence.n - 1]) &&
	    contains(&fence, &point.at[0]));
}

/* On which side of the line from ${a} to ${b} is ${c}?  0: on it. */
static int
side(const struct point *a, const struct point *b, const struct point *c)
{
	double cross =
	    (b->longitude - a->longitude) * (c->latitude - a->latitude) -
	    (b->latitude - a->latitude) * (c->longitude - a->longitude);

	return (cross > 0) - (cross < 0);
}

/* ${c}, on the line of ${a} and ${b}: is it between them? */
static bool
is_between(const struct point *a, const struct point *b, const struct point *c)
{
	return c->longitude >= fmin(a->longitude, b->longitude) &&
	    c->longitude <= fmax(a->longitude, b->longitude) &&
	    c->latitude >= fmin(a->latitude, b->latitude) &&
	    c->latitude <= fmax(a->latitude, b->latitude);
}

static bool
cross(const struct point *a, const struct point *b, const struct point *c,
    const struct point *d)
{
	int abc = side(a, b, c), abd = side(a, b, d);
	int cda = side(c, d, a), cdb = side(c, d, b);

	if (abc != abd && cda != cdb)
		return true;
	return (abc == 0 && is_between(a, b, c)) ||
	    (abd == 0 && is_between(a, b, d)) ||
	    (cda == 0 && is_between(c, d, a)) ||
	    (cdb == 0 && is_between(c, d, b));
}

/* Does a trace or the outline of a shape cross itself? */
struct xpath_value
xpath_fn_intersects(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct shape s = read_shape(run, at, call, 0);
	bool closed = !s.bad && s.n > 3 && is_same(&s.at[0], &s.at[s.n - 1]);
	size_t i, k;

	for (i = 1; !s.bad && i < s.n; i++) {
		for (k = i + 2; k < s.n; k++) {
			if (!xpath_tick(run, call, 1))
				return xpath_value_truth(false);
			/* The last of a shape meets the first. */
			if (closed && i == 1 && k == s.n - 1)
				continue;
			if (cross(
				&s.at[i - 1], &s.at[i], &s.at[k - 1], &s.at[k]))
				return xpath_value_truth(true);
		}
	}
	return xpath_value_truth(false);
}
