#ifndef COMMON_BASE_WIPE_H
#define COMMON_BASE_WIPE_H

/*
 * wipe: overwrite what may be secret, for modules that do not know
 * common/crypto (which has crypto_wipe()).
 */

#include <stddef.h>
#include <string.h>

/* So that the compiler cannot leave it out. */
static inline void
wipe(void *memory, size_t len)
{
	memset(memory, 0, len);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

#endif /* COMMON_BASE_WIPE_H */
