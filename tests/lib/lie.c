#include <stdio.h>
#include <stdlib.h>

#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "tests/lib/lie.h"

#define DOMAIN "padu/change/v1"
#define ROOT_AT 108 /* in a set's header */

void
lie_root(const struct sign_key *key, uint8_t *bytes, uint8_t id[CHANGE_ID_LEN])
{
	struct err err;

	bytes[ROOT_AT] ^= 1;
	if (sign_make(bytes + CHANGE_HEAD_LEN, key, DOMAIN, bytes,
		CHANGE_HEAD_LEN, &err) != ST_OK) {
		fprintf(stderr, "lie: %s\n", err.text);
		abort();
	}
	hash_domain(id, DOMAIN, bytes, CHANGE_HEAD_LEN);
}
