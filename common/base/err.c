#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/err.h"

enum status
err_set(struct err *err, enum status status, const char *fmt, ...)
{
	va_list ap;

	err->status = status;
	err->state = 0;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

enum status
err_wrap(struct err *err, const char *fmt, ...)
{
	char cause[sizeof(err->text)];
	va_list ap;
	size_t used;

	memcpy(cause, err->text, sizeof(cause));

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);

	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", cause);
	return err->status;
}

const char *
err_name(enum status status)
{
	static const char *const NAME[] = { "ok", "notfound", "conflict",
		"invalid", "untrusted", "locked", "busy", "full", "nomem", "io",
		"bug" };

	return (size_t)status < sizeof(NAME) / sizeof(NAME[0]) ? NAME[status]
							       : "unknown";
}
