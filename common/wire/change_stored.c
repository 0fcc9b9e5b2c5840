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

enum status
change_erase(struct writer *out, const uint8_t *bytes, size_t len,
    bool (*erase)(void *arg, const struct change_row *row), void *arg,
    struct err *err)
{
	(void)out;
	(void)bytes;
	(void)len;
	(void)erase;
	(void)arg;
	return err_set(err, ST_INVALID, "erased form: not yet");
}
