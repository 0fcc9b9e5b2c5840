#ifndef COMMON_WIRE_ENVELOPE_H
#define COMMON_WIRE_ENVELOPE_H

/*
 * envelope: a signed change set, sealed to the server's box key, inside an
 * outer header signed with the device's transport key.  The unit of
 * carrying: whoever carries it can neither read nor alter it, and can
 * refuse junk by the outer signature.
 *
 *	+--------------+-----------+------------------------------+
 *	| outer header | signature | sealed change set            |
 *	|     56       |    64     | multiple of 64, and overhead |
 *	+--------------+-----------+------------------------------+
 *
 * The signature covers the outer header and the hash of the sealed bytes.
 * Sealing again makes another envelope around the same change id.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct seal_key;
struct sign_key;
struct writer;

#define ENVELOPE_HEAD_LEN 56
#define ENVELOPE_OUTER_LEN (ENVELOPE_HEAD_LEN + 64)

struct envelope_head {
	uint16_t authority;
	uint16_t server_key; /* id of the box key it is sealed to */
	uint32_t device;
	uint32_t writer;
	uint32_t seq;
	uint32_t sealed_len; /* bytes after the outer header and signature */
	uint8_t change_id[32];
};

/* Seal ${change} (signed bytes) and append the envelope to ${out}. */
enum status envelope_pack(struct writer *out, struct envelope_head *head,
    const uint8_t *change, size_t len, const uint8_t server_box_public[32],
    const struct sign_key *transport, struct err *err);

/*
 * Read the outer header at the start of ${bytes}.  *${len_out} is the whole
 * envelope's length.  ST_INVALID: not an envelope, over ENVELOPE_MAX, or
 * longer than ${len}.  Nothing is believed yet.
 */
enum status envelope_peek(struct envelope_head *head, size_t *len_out,
    const uint8_t *bytes, size_t len, struct err *err);

/* ST_UNTRUSTED unless signed by the device whose key ${transport} is. */
enum status envelope_verify(const uint8_t *bytes, size_t len,
    const uint8_t transport_public[32], struct err *err);

/* Open with the server's box key; the change set's bytes go to ${out}. */
enum status envelope_unseal(struct writer *out, const uint8_t *bytes,
    size_t len, const struct seal_key *server, struct err *err);

#endif /* COMMON_WIRE_ENVELOPE_H */
