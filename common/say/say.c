#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/say/say.h"

enum say_state
say_by_name(const char *name)
{
	int i;

	for (i = SAY_NOTHING + 1; name != NULL && i < SAY_COUNT; i++)
		if (strcmp(say_find((enum say_state)i)->name, name) == 0)
			return (enum say_state)i;
	return SAY_NOTHING;
}

enum status
say_set(struct err *err, enum say_state state, const char *fmt, ...)
{
	const struct say *say = say_find(state);
	char text[sizeof(err->text)];
	va_list ap;

	if (fmt == NULL) {
		err_set(err, say->status, "%s", say->text[SAY_EN]);
		return say_mark(err, state);
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(err, say->status, "%s", text);
	return say_mark(err, state);
}

enum status
say_mark(struct err *err, enum say_state state)
{
	err->state = (unsigned)state;
	return err->status;
}

enum say_state
say_of(const struct err *err)
{
	static const enum say_state BY_STATUS[] = {
		[ST_OK] = SAY_NOTHING,
		[ST_NOTFOUND] = SAY_NOT_FOUND,
		[ST_CONFLICT] = SAY_CONFLICT,
		[ST_INVALID] = SAY_REFUSED,
		[ST_UNTRUSTED] = SAY_NOT_TRUSTED,
		[ST_LOCKED] = SAY_LOCKED,
		[ST_BUSY] = SAY_LATER,
		[ST_FULL] = SAY_DISK_FULL,
		[ST_NOMEM] = SAY_NO_MEMORY,
		[ST_IO] = SAY_FAILED,
		[ST_BUG] = SAY_FAULT,
	};

	if (err->state > SAY_NOTHING && err->state < SAY_COUNT)
		return (enum say_state)err->state;
	if ((size_t)err->status < sizeof(BY_STATUS) / sizeof(BY_STATUS[0]))
		return BY_STATUS[err->status];
	return SAY_FAULT;
}

/* What a laptop's state is called at the office; 0: the same, or never. */
static const enum say_state AT_OFFICE[SAY_OFFICE_FIRST] = {
	[SAY_LOCKED] = SAY_SERVER_KEY,
	[SAY_WRONG_PASSPHRASE] = SAY_SERVER_KEY,
	[SAY_DAMAGED] = SAY_SERVER_DAMAGED,
	[SAY_IN_USE] = SAY_SERVER_IN_USE,
	[SAY_NOT_FOUND] = SAY_SERVER_NOT_FOUND,
	[SAY_CONFLICT] = SAY_SERVER_CONFLICT,
	[SAY_REFUSED] = SAY_SERVER_REFUSED,
	[SAY_NOT_TRUSTED] = SAY_SERVER_NOT_TRUSTED,
	[SAY_LATER] = SAY_SERVER_LATER,
	[SAY_NO_MEMORY] = SAY_SERVER_NO_MEMORY,
	[SAY_FAILED] = SAY_SERVER_FAILED,
	[SAY_FAULT] = SAY_SERVER_FAULT,
};

enum say_state
say_of_office(const struct err *err)
{
	enum say_state state = say_of(err);

	return state < SAY_OFFICE_FIRST && AT_OFFICE[state] != SAY_NOTHING
	    ? AT_OFFICE[state]
	    : state;
}

bool
say_at_office(enum say_state state)
{
	return state >= SAY_OFFICE_FIRST || state == SAY_DISK_FULL ||
	    state == SAY_NEWER_VERSION;
}

bool
say_at_laptop(enum say_state state)
{
	return state < SAY_OFFICE_FIRST;
}

/* "id", "id_ID.UTF-8", "en": a language's code, then no further letter. */
static bool
starts(const char *text, const char *code)
{
	return strncmp(text, code, 2) == 0 &&
	    (text[2] == '\0' || strchr("_.@-", text[2]) != NULL);
}

static bool
parse(enum say_lang *out, const char *text)
{
	bool id = strcmp(text, "id") == 0;

	*out = id ? SAY_ID : SAY_EN;
	return id || strcmp(text, "en") == 0;
}

bool
say_choose(enum say_lang *out, const char *wanted)
{
	static const char *const LOCALE[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *text = getenv("PADU_LANG");
	size_t i;

	if (wanted != NULL)
		return parse(out, wanted);
	if (text != NULL && parse(out, text))
		return true;
	for (i = 0; i < sizeof(LOCALE) / sizeof(LOCALE[0]); i++) {
		text = getenv(LOCALE[i]);
		/* The first that is set decides, as in any program. */
		if (text != NULL && text[0] != '\0')
			break;
	}
	*out = i < 3 && starts(text, "id") ? SAY_ID : SAY_EN;
	return true;
}
