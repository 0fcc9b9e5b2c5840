#ifndef TESTS_FORM_PLAY_H
#define TESTS_FORM_PLAY_H

/*
 * play: a file of scenarios as it is being played: its form, its visit, what
 * it has counted.  test_scenarios.c reads the lines; play.c has the form and
 * what is done, play_check.c what is looked at.
 */

#include "common/form/session.h"
#include "tests/form/stage.h"

struct play {
	struct err err;
	struct stage stage;
	const char *script, *folder;
	unsigned line, nscenarios, nsteps, failed;
	char title[200];
	/* The form as it is being written, until it is first needed:
	 * instances, model, body. */
	char *parts[3];
	bool loaded, started, broken;
	char *kept; /* an instance: printed, or written line by line */
};

extern struct play play;

/* Count a failure and print it with its place. */
void play_complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* One more line behind *${to}. */
void play_append(char **to, const char *text);
void play_forget(char **text);
enum status play_load(void);
/* Is there a visit?  A new one is begun if there is none. */
bool play_ready(void);
/* The next word of *${at}, which moves behind it; "" at the end. */
const char *play_word(char **at);
/* The node at ${path}; NULL, and a failure, if there is none. */
struct tree_node *play_find(const char *path);
/* Undo \n. */
void play_unescape(char *text);

/* Do step ${name}; false: there is none of this name. */
bool play_do(const char *name, char *rest);
bool play_check(const char *name, char *rest);

#endif /* TESTS_FORM_PLAY_H */
