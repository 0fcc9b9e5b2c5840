#include "common/wire/change_internal.h"

enum status
change_stored_unpack(
    struct change **out, const uint8_t *bytes, size_t len, struct err *err)
{
	*out = NULL;
	(void)bytes;
	(void)len;
	return err_set(err, ST_INVALID, "erased form: not yet");
}
