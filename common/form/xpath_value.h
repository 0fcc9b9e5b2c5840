#ifndef COMMON_FORM_XPATH_VALUE_H
#define COMMON_FORM_XPATH_VALUE_H

/*
 * xpath_value: what an expression comes to.
 *
 * The four kinds of XPath 1.0, and one more: a moment, which today(), now(),
 * date() and date-time() give.  In the ODK XForms specification these give
 * strings, which number() turns to days since 1970-01-01 UTC; a moment is both
 * at once, so that neither way loses anything:
 *
 *	            string()                        number()
 *	string      itself                          decimal, date or dateTime;
 *	                                            "" and others: NaN
 *	number      no exponent, "NaN", "Infinity"  itself
 *	boolean     "true", "false"                 1, 0
 *	nodes       of the first one, none: ""      of that string
 *	moment      date, or dateTime with zone     days
 *
 * What is no date at all, date('x'), is a moment too: "Invalid Date", NaN and
 * false.
 *
 * A date without a zone, or a dateTime without one, is meant where the visit
 * was: midnight of 2026-11-22 at +07:00 is day 20778.708333.  Sums and
 * differences of such numbers are kept to whole milliseconds, so that the
 * days between two dates are a whole number.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_attr;
struct tree_node;

enum xpath_kind {
	XPATH_STRING,
	XPATH_NUMBER,
	XPATH_BOOLEAN,
	XPATH_NODES,
	XPATH_MOMENT,
};

/* An element, or with ${attr} one of its attributes. */
struct xpath_node {
	const struct tree_node *node;
	const struct tree_attr *attr;
};

struct xpath_text {
	const char *at; /* ${len} bytes and a NUL; never NULL */
	size_t len;
};

struct xpath_value {
	enum xpath_kind kind;
	bool truth;    /* boolean */
	bool is_days;  /* number: counted from a date */
	bool is_time;  /* moment: string() has its time of day too */
	bool plain;    /* nodes: in document order, none within another */
	bool shuffled; /* nodes: in an order of their own, by randomize() */
	bool blank;    /* nodes: none, as they are not relevant */
	double number; /* number; of a moment its days, NaN: it is none */
	int64_t ms;    /* moment: Unix time */
	struct xpath_text text;
	const struct xpath_node *nodes;
	size_t nnodes;
};

#define XPATH_NUMBER_SIZE 400 /* the longest number and its NUL */
#define XPATH_MOMENT_SIZE 36  /* 2026-11-22T10:30:00.000+07:00 and its NUL */

/* ${number} as string() writes it.  Returns the length. */
size_t xpath_number_print(double number, char out[XPATH_NUMBER_SIZE]);

/* XPath's number() of a string, dates left aside: NaN where it is none. */
double xpath_number_parse(const char *text, size_t len);

/*
 * ${ms} (Unix time) as a date, or with ${is_time} as a dateTime, on a clock
 * ${zone_min} minutes east of UTC.  Returns the length; 0 outside the years
 * 1 to 9999.
 */
size_t xpath_moment_print(
    int64_t ms, int zone_min, bool is_time, char out[XPATH_MOMENT_SIZE]);

/*
 * The date or dateTime in ${text}: YYYY-MM-DD, or that and Thh:mm[:ss[.fff]],
 * each with or without Z or +hh:mm.  With ${lax}, month and day may be single
 * digits.  *${is_time}: it had a time of day.  False: it is none, or there is
 * no such day.
 */
bool xpath_moment_parse(const char *text, size_t len, int zone_min, bool lax,
    int64_t *ms, bool *is_time);

#endif /* COMMON_FORM_XPATH_VALUE_H */
