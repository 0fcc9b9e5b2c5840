#include <string.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"

#include "sync-server/people/reason.h"

enum status
reason_check(const char *reason, struct err *err)
{
	size_t len = strlen(reason);

	if (len == 0 || len > REASON_MAX || !utf8_valid(reason, len))
		return err_set(err, ST_INVALID,
		    "a reason of %zu bytes; 1 to %u of UTF-8 are allowed", len,
		    REASON_MAX);
	return ST_OK;
}
