#ifndef COMMON_CRYPTO_SECRET_H
#define COMMON_CRYPTO_SECRET_H

/*
 * secret: memory for keys that live long.
 *
 *	secret_new -> fill -> use -> secret_free (wipes)
 *
 * Guarded by unreadable pages on both sides, left out of core dumps, and
 * kept from the swap where the system allows it (a small RLIMIT_MEMLOCK is
 * no error).  Each costs a few pages: for keys, not for every value.
 * crypto_start() must have been called.
 */

#include <stddef.h>

/* ${len} bytes, all zero; NULL if there is no memory. */
void *secret_new(size_t len);

/* Wipe and free.  NULL is fine. */
void secret_free(void *secret);

#endif /* COMMON_CRYPTO_SECRET_H */
