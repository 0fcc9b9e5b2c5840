#ifndef COMMON_WIRE_RECOVERY_H
#define COMMON_WIRE_RECOVERY_H

/*
 * recovery: what travels when somebody has forgotten their passphrase.
 *
 *	recovery card   the regency root says: this is the recovery key, and
 *	                these are the three who hold it, two of whom answer
 *	request         a laptop: this is the slot of my store, and a key made
 *	                for this once; signed by the laptop's transport key
 *	answer          a custodian: my part for that slot, with proof that it
 *	                is right; sealed to the key of the request, signed
 *
 *	laptop                     custodian A           custodian B
 *	request ------------------> checks, answers
 *	        -----------------------------------------> checks, answers
 *	checks both, joins, opens its store
 *
 * No custodian, nor any machine, learns the recovery secret or the store's
 * key (crypto/share.h); nothing personal is in any of these.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/keyhole.h"
#include "common/crypto/share.h"
#include "common/wire/card.h"

struct seal_key;
struct sign_key;
struct writer;

#define RECOVERY_NUMBER_LEN 16
#define RECOVERY_LABEL_LEN 16 /* of a slot, zero-padded */
#define RECOVERY_FILE_LEN 16  /* id of a sealed file */
#define RECOVERY_REQUEST_MAX 2048
#define RECOVERY_ANSWER_MAX 2048
#define RECOVERY_CODE_SIZE 15 /* 7K2M-9Q0Z-TX4B and the NUL */

struct recovery_card {
	uint16_t authority;
	uint32_t number; /* from 1; a later one takes its place */
	uint8_t root_public[32];
	struct share_public keys;
	uint8_t sign_public[SHARE_CUSTODIANS][32];
	int64_t issued_ms;
};

enum status recovery_card_pack(struct writer *out,
    const struct recovery_card *card, const struct sign_key *root,
    struct err *err);
/* ST_UNTRUSTED: not signed by the root of ${fingerprint}. */
enum status recovery_card_unpack(struct recovery_card *card,
    const uint8_t *bytes, size_t len,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err);

/* The recovery slot of a sealed file, all of it public. */
struct recovery_slot {
	uint8_t label[RECOVERY_LABEL_LEN];
	uint8_t file[RECOVERY_FILE_LEN];
	uint64_t holder;
	uint8_t public[CURVE_POINT_LEN];
	uint8_t wrapped[KEYHOLE_WRAPPED_LEN];
	uint8_t proof[KEYHOLE_PROOF_LEN];
};
/* What wrapped and proof are bound to (store/sealvfs.h). */
void recovery_slot_bind(uint8_t out[KEY_LEN], const struct recovery_slot *slot);
/* Whose file it is, as slots say it. */
uint64_t recovery_holder(uint16_t authority, uint32_t device);

struct recovery_request {
	uint16_t authority;
	uint32_t device;
	uint8_t number[RECOVERY_NUMBER_LEN]; /* random */
	uint8_t once_public[32];             /* answers are sealed to it */
	int64_t time_ms;                     /* by the laptop's clock */
	struct recovery_slot slot;
};

/* ${server} and ${device} are the signed cards of the laptop. */
struct recovery_papers {
	const uint8_t *server, *device;
	size_t server_len, device_len;
};
enum status recovery_request_pack(struct writer *out,
    const struct recovery_request *request,
    const struct recovery_papers *papers, const struct sign_key *transport,
    struct err *err);
/*
 * ST_UNTRUSTED: not by a laptop of the server with ${fingerprint}, or the
 * slot is not proven to be this laptop's.  ${office} receives the server's
 * card.
 */
enum status recovery_request_unpack(struct recovery_request *request,
    struct server_card *office, const uint8_t *bytes, size_t len,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err);

/*
 * The fingerprint of the root that a request's own papers name: of nobody is
 * it believed, but it tells which regency's custodians to ask.  ST_INVALID:
 * no request.
 */
enum status recovery_request_root(uint8_t fingerprint[CARD_FINGERPRINT_LEN],
    const uint8_t *bytes, size_t len, struct err *err);

/* What answers name: H[padu/recover-request/v1](request). */
void recovery_request_hash(uint8_t out[32], const uint8_t *bytes, size_t len);
/* 60 bits of that, to be read out on the telephone. */
void recovery_code_print(char out[RECOVERY_CODE_SIZE], const uint8_t hash[32]);
/* Is that what was typed?  Either case, hyphens and spaces anywhere. */
bool recovery_code_same(const char *typed, const uint8_t hash[32]);

struct recovery_answer {
	uint16_t authority;
	uint32_t number; /* of the recovery card */
	unsigned custodian;
	uint8_t request[32]; /* recovery_request_hash() */
	int64_t time_ms;     /* by the custodian's clock */
	const uint8_t *card; /* the recovery card, signed */
	size_t card_len;
};

/*
 * Append custodian ${share}'s answer to ${request}.  ${card} is
 * ${answer}->card unpacked; ${key} the custodian's signing key.
 */
enum status recovery_answer_pack(struct writer *out,
    const struct recovery_answer *answer, const struct recovery_card *card,
    const struct recovery_request *request, const struct share *share,
    const struct sign_key *key, struct err *err);

/*
 * Check an answer to ${request}, whose hash is ${hash}, and open it with the
 * key made for that once.  ST_INVALID: no answer.  ST_CONFLICT: an answer,
 * but to another request or with another recovery key.  ST_UNTRUSTED: of
 * another regency, or wrong; ${answer}->custodian then says whose, if it is
 * not 0.
 */
enum status recovery_answer_open(struct recovery_answer *answer,
    struct recovery_card *card, struct share_part parts[SHARE_HALVES],
    const uint8_t *bytes, size_t len, const struct recovery_request *request,
    const uint8_t hash[32], const uint8_t fingerprint[CARD_FINGERPRINT_LEN],
    const struct seal_key *once, struct err *err);

#endif /* COMMON_WIRE_RECOVERY_H */
