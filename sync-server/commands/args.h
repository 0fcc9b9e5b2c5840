#ifndef SYNC_SERVER_COMMANDS_ARGS_H
#define SYNC_SERVER_COMMANDS_ARGS_H

/*
 * args: the words after a command's name, checked against what the command
 * says it takes.
 *
 *	words --args_parse()--> struct args --args_get(), args_at()--> command
 *
 * "--name VALUE" and "--name=VALUE" are the same; "--" ends the options.
 * Texts belong to the words given.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define ARGS_WORDS_MAX 256u /* on one command line */

struct args_option {
	const char *name;  /* without the hyphens */
	const char *value; /* what its value is called; NULL: a flag */
	bool many;         /* may be given several times */
	bool needed;
	const char *help;
};

/* Ends with an option without a name. */
struct args_spec {
	const char *names; /* of the positions: "RECORD REGISTER" */
	unsigned min, max; /* how many of them */
	const struct args_option *options;
};

struct args {
	unsigned npos;
	const char *pos[ARGS_WORDS_MAX];
	unsigned nopts;
	struct {
		const char *name;
		const char *value; /* "" of a flag */
	} opts[ARGS_WORDS_MAX];
};

/* ST_INVALID: not what ${spec} says; the text is for a person. */
enum status args_parse(struct args *out, const struct args_spec *spec,
    const char *const *words, size_t n, struct err *err);

/* The value of option ${name}, or NULL; of the last one if it is repeated. */
const char *args_get(const struct args *args, const char *name);
bool args_has(const struct args *args, const char *name);
/* Number ${i} of the values of ${name}, from 0; NULL at their end. */
const char *args_at(const struct args *args, const char *name, size_t i);

/* Numbers.  ST_INVALID names the option.  Left out: ${otherwise}. */
enum status args_number(const struct args *args, const char *name, uint64_t max,
    uint64_t otherwise, uint64_t *out, struct err *err);

/* A stamp "E.V" of a record as it was shown. */
enum status args_stamp(
    const char *text, uint32_t *epoch, uint64_t *version, struct err *err);

#endif /* SYNC_SERVER_COMMANDS_ARGS_H */
