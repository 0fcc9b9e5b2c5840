#ifndef COMMON_WIRE_BUNDLE_H
#define COMMON_WIRE_BUNDLE_H

/*
 * bundle: what a laptop sends in one request, and reply: what comes back.
 *
 *	bundle:  head 22 | item | item | ...      item: an envelope, or a
 *	                                          signed pull (no envelope due)
 *	reply:   head and signature | receipts | sealed page
 *	page:    items: records, desk sets, returns   (squeezed, then sealed
 *	                                               to the device's box key)
 *
 * The head of the bundle names the device and its cursor.  At least one
 * item must be signed by that device, else nothing is answered.  The name
 * in the URL is the hash of the whole bundle.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/receipt.h"

struct seal_key;
struct sign_key;
struct writer;

#define BUNDLE_HEAD_LEN 22
#define BUNDLE_PULL_LEN 86
#define BUNDLE_NAME_LEN 32

/* Where a laptop stands: everything up to here has come down. */
struct cursor {
	uint32_t epoch;
	uint64_t version;
};

struct bundle_head {
	uint16_t authority;
	uint32_t device;
	struct cursor cursor;
};

void bundle_head_pack(struct writer *out, const struct bundle_head *head);
/* A signed request for what is new, where no envelope is due. */
void bundle_pull_pack(struct writer *out, const struct bundle_head *head,
    int64_t now_ms, const struct sign_key *transport);
enum status bundle_head_unpack(struct bundle_head *head, const uint8_t *bytes,
    size_t len, struct err *err);
void bundle_name(uint8_t name[BUNDLE_NAME_LEN], const void *bytes, size_t len);

/*
 * Walk the items: *${at} starts at BUNDLE_HEAD_LEN.  On ST_OK *${item} and
 * *${item_len} are the next one and *${is_pull} says which kind;
 * ST_NOTFOUND at the end.  ST_INVALID: not a bundle.
 */
enum status bundle_next(const uint8_t *bytes, size_t len, size_t *at,
    const uint8_t **item, size_t *item_len, bool *is_pull, struct err *err);
/* ST_UNTRUSTED unless ${item} is a pull for ${head} signed by ${public}. */
enum status bundle_pull_verify(const uint8_t *item, size_t len,
    const struct bundle_head *head, const uint8_t public[32], struct err *err);

struct reply {
	uint16_t authority;
	struct cursor cursor; /* where the laptop stands after this page */
	bool more;            /* ask again at once */
	int64_t time_ms;      /* the server's clock */
	uint16_t nreceipts;
	const uint8_t *receipts; /* nreceipts times RECEIPT_LEN */
	const uint8_t *sealed;   /* the page; NULL where there is nothing */
	size_t sealed_len;
};

/* Sign and append.  ${name} is the bundle this answers. */
enum status reply_pack(struct writer *out, const struct reply *reply,
    const uint8_t name[BUNDLE_NAME_LEN], const struct sign_key *server,
    struct err *err);
/*
 * ST_UNTRUSTED: not the server's answer to ${name} (a portal's page, say).
 * Pointers in ${reply} go into ${bytes}.
 */
enum status reply_unpack(struct reply *reply, const uint8_t *bytes, size_t len,
    const uint8_t name[BUNDLE_NAME_LEN], const uint8_t public[32],
    struct err *err);

/* Items of a page: do not renumber. */
enum page_kind {
	PAGE_RECORD = 1,     /* page_record */
	PAGE_DESK = 2,       /* a signed change set of the desk, whole */
	PAGE_RETURN = 3,     /* page_return */
	PAGE_DROP = 4,       /* u64 record id: it left this laptop's scope */
	PAGE_RECOVERY = 128, /* a recovery card (recovery.h) */
	PAGE_MARK = 129,     /* up to where there is a backup (mark.h) */
};
/* From here on: a reader who does not know the kind goes on to the next. */
#define PAGE_SKIP 128

struct page_record {
	uint64_t id;
	uint8_t kind;   /* enum change_record_kind */
	uint64_t place; /* region_pack() of its village */
	uint32_t epoch;
	uint64_t version;
	const uint8_t *body; /* merge/record.h's packed form */
	size_t len;
};

struct page_return {
	uint64_t visit;
	uint64_t record; /* the household */
	uint64_t number; /* of this return at the server, ascending */
	int64_t time_ms;
	const char *by; /* who, not NUL-terminated */
	size_t by_len;
	const char *reason; /* not NUL-terminated */
	size_t reason_len;
};

void page_put_record(struct writer *out, const struct page_record *record);
void page_put_return(struct writer *out, const struct page_return *ret);
void page_put_bytes(
    struct writer *out, enum page_kind kind, const void *bytes, size_t len);
/* Squeeze ${page} and seal it to the device. */
enum status page_seal(struct writer *out, const struct writer *page,
    const uint8_t device_box_public[32], struct err *err);
/* Open a sealed page; the items' bytes go to ${out}. */
enum status page_unseal(struct writer *out, const uint8_t *bytes, size_t len,
    const struct seal_key *device, struct err *err);
/* Walk: *${at} from 0.  ST_NOTFOUND at the end. */
enum status page_next(const uint8_t *bytes, size_t len, size_t *at,
    enum page_kind *kind, const uint8_t **item, size_t *item_len,
    struct err *err);
enum status page_record_unpack(struct page_record *record, const uint8_t *bytes,
    size_t len, struct err *err);
enum status page_return_unpack(
    struct page_return *ret, const uint8_t *bytes, size_t len, struct err *err);

#endif /* COMMON_WIRE_BUNDLE_H */
