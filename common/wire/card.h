#ifndef COMMON_WIRE_CARD_H
#define COMMON_WIRE_CARD_H

/*
 * card: who is who.  Three signed statements and the enrolment that makes
 * them.
 *
 *	server card   the regency root says which keys the server uses
 *	device card   the server says: this laptop has these keys
 *	writer card   the server says: this person, on this laptop, signs with
 *	              this key, for these villages, from this number on
 *
 *	server                                  laptop
 *	enrol: one-time code  --- by hand --->  code (128 bits) and the root's
 *	                                        fingerprint (128 bits)
 *	GET /v1/server        <---------------
 *	server card           --------------->  root fits the fingerprint?
 *	                      <---------------  POST /v1/enrol: enrol request,
 *	                                        sealed to the server's box key
 *	code known, unused,
 *	in time; keys proven
 *	enrol reply           --------------->  device card, writer card
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct seal_key;
struct sign_key;
struct writer;

#define CARD_CODE_LEN 16
#define CARD_FINGERPRINT_LEN 16
#define CARD_CODE_TEXT_SIZE 80 /* text of code and fingerprint, and NUL */
#define CARD_NAME_MAX 100      /* bytes: a person's or an office's name */
#define CARD_LABEL_MAX 16      /* bytes: initials, public */
#define CARD_PLACES_MAX 64     /* region prefixes of one writer */
#define CARD_BYTES_MAX 4096

struct server_card {
	uint16_t authority;
	uint16_t version_min, version_max; /* of the protocol */
	uint32_t epoch;
	uint16_t box_key; /* id of box_public */
	uint8_t root_public[32];
	uint8_t box_public[32];
	uint8_t receipt_public[32]; /* receipts and replies */
	uint8_t desk_public[32];    /* desk change sets */
	uint8_t card_public[32];    /* device and writer cards */
	uint32_t desk_writer;       /* writer index of the desk */
	int64_t issued_ms;
	char name[CARD_NAME_MAX + 1];
};

struct device_card {
	uint16_t authority;
	uint32_t device;
	uint8_t transport_public[32];
	uint8_t box_public[32];
	int64_t issued_ms;
};

/* Do not renumber. */
enum card_role {
	ROLE_ENUMERATOR = 1,
	ROLE_COORDINATOR = 2,
};

struct writer_card {
	uint16_t authority;
	uint32_t writer;
	uint32_t device;
	uint32_t person;
	enum card_role role;
	uint8_t sign_public[32];
	uint32_t from_seq; /* in force from this number on */
	int64_t issued_ms;
	char label[CARD_LABEL_MAX + 1];
	char name[CARD_NAME_MAX + 1];
	uint16_t nplaces;
	uint64_t places[CARD_PLACES_MAX]; /* region_pack() prefixes */
};

/* Each: append the signed bytes / check and read them (ST_UNTRUSTED). */
enum status server_card_pack(struct writer *out, const struct server_card *card,
    const struct sign_key *root, struct err *err);
/* ${fingerprint}: of the root that must have signed it. */
enum status server_card_unpack(struct server_card *card, const uint8_t *bytes,
    size_t len, const uint8_t fingerprint[CARD_FINGERPRINT_LEN],
    struct err *err);
void card_fingerprint(
    uint8_t out[CARD_FINGERPRINT_LEN], const uint8_t root_public[32]);

enum status device_card_pack(struct writer *out, const struct device_card *card,
    const struct sign_key *key, struct err *err);
enum status device_card_unpack(struct device_card *card, const uint8_t *bytes,
    size_t len, const uint8_t card_public[32], struct err *err);
enum status writer_card_pack(struct writer *out, const struct writer_card *card,
    const struct sign_key *key, struct err *err);
enum status writer_card_unpack(struct writer_card *card, const uint8_t *bytes,
    size_t len, const uint8_t card_public[32], struct err *err);

/* The code as a person types it: groups of five, with a check character. */
void card_code_print(char out[CARD_CODE_TEXT_SIZE],
    const uint8_t code[CARD_CODE_LEN],
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN]);
enum status card_code_parse(uint8_t code[CARD_CODE_LEN],
    uint8_t fingerprint[CARD_FINGERPRINT_LEN], const char *text,
    struct err *err);
/* What the server stores and the request names: a hash of the code. */
void card_code_id(uint8_t out[32], const uint8_t code[CARD_CODE_LEN]);

struct enrol_request {
	uint8_t code_id[32];
	uint32_t device;         /* 0: a new laptop */
	uint8_t sign_public[32]; /* the writer's */
	uint8_t transport_public[32];
	uint8_t box_public[32];
	int64_t time_ms;
	/* After a recovery (recovery.h); zeros otherwise. */
	uint32_t former;      /* the writer whose passphrase was forgotten */
	uint8_t recovery[16]; /* number of the recovery's request */
};

/*
 * Sealed to the server; proves the code (a MAC keyed with it) and both
 * signing keys.  The code itself does not travel.
 */
enum status enrol_request_pack(struct writer *out,
    const struct enrol_request *request, const uint8_t code[CARD_CODE_LEN],
    const struct sign_key *writer_key, const struct sign_key *transport,
    const struct server_card *server, struct err *err);
/*
 * Open and check both signatures; the MAC is checked by
 * enrol_request_proves() once the code has been found by code_id.
 */
enum status enrol_request_unpack(struct enrol_request *request, uint8_t mac[32],
    const uint8_t *bytes, size_t len, const struct seal_key *server,
    struct err *err);
/* ${code_key}: card_code_key() of the code; ST_UNTRUSTED if it differs. */
enum status enrol_request_proves(const struct enrol_request *request,
    const uint8_t mac[32], const uint8_t code_key[32], struct err *err);
/* Stored beside code_id by the server, so that the code itself is not. */
void card_code_key(uint8_t out[32], const uint8_t code[CARD_CODE_LEN]);

/* The reply: u16 length and device card, u16 length and writer card. */
enum status enrol_reply_pack(struct writer *out, const struct device_card *dev,
    const struct writer_card *wri, const struct sign_key *key, struct err *err);
/* The same of two signed cards. */
enum status enrol_reply_join(struct writer *out, const uint8_t *device,
    size_t device_len, const uint8_t *writer, size_t writer_len,
    struct err *err);
enum status enrol_reply_unpack(const uint8_t **device_bytes, size_t *device_len,
    const uint8_t **writer_bytes, size_t *writer_len, const uint8_t *bytes,
    size_t len, struct err *err);

#endif /* COMMON_WIRE_CARD_H */
