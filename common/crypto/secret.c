#include <sodium.h>
#include <string.h>

#include "common/crypto/secret.h"

void *
secret_new(size_t len)
{
	void *secret = sodium_malloc(len);

	if (secret != NULL)
		memset(secret, 0, len);
	return secret;
}

void
secret_free(void *secret)
{
	sodium_free(secret);
}
