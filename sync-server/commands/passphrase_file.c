#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/crypto/crypto.h"

#include "sync-server/commands/passphrase_file.h"

#define FILE_MAX 4096

enum status
passphrase_file_read(char out[PASSPHRASE_MAX + 1], const struct env *env,
    const char *path, struct err *err)
{
	uint8_t *bytes = NULL;
	enum status st;
	size_t len, n;

	memset(out, 0, PASSPHRASE_MAX + 1);
	st = env->read(env->arg, path, FILE_MAX, &bytes, &len, err);
	if (st != ST_OK)
		return err_wrap(err, "the file with the passphrase");
	for (n = 0; n < len && bytes[n] != '\n' && bytes[n] != '\r';)
		n++;
	if (n == 0 || n > PASSPHRASE_MAX || memchr(bytes, '\0', n) != NULL)
		st = err_set(err, ST_INVALID,
		    "a passphrase is 1 to %u bytes long: the first line of "
		    "its file",
		    PASSPHRASE_MAX);
	else
		memcpy(out, bytes, n);
	crypto_wipe(bytes, len);
	free(bytes);
	return st;
}
