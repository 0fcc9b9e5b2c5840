#include <assert.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/merge/record.h"
#include "common/merge/record_form.h"

/* What the values add up to. */
struct sums {
	size_t runs, bytes;
	size_t two; /* lengths of two bytes in a varint; none has more */
};

static enum status
check_values(const struct record_value *values, size_t n, struct sums *sums,
    struct err *err)
{
	uint32_t next = UINT32_MAX; /* no register */
	size_t i;

	*sums = (struct sums){ 0 };
	for (i = 0; i < n; i++) {
		if (i > 0 && values[i].reg < next)
			return err_set(
			    err, ST_BUG, "record: registers out of order");
		if (values[i].len > RECORD_VALUE_MAX)
			return err_set(err, ST_INVALID,
			    "register %u: %u bytes; %u allowed", values[i].reg,
			    values[i].len, RECORD_VALUE_MAX);
		sums->runs += values[i].reg != next;
		sums->bytes += values[i].len;
		sums->two += values[i].len >= 0x80;
		next = values[i].reg + 1u;
	}
	return ST_OK;
}

static uint8_t *
put_runs(uint8_t *at, const struct record_value *values, size_t n)
{
	uint32_t next = 0;
	size_t i, first;

	for (i = 0; i < n; next = values[i - 1].reg + 1u) {
		first = i++;
		while (i < n && values[i].reg == values[i - 1].reg + 1)
			i++;
		at = record_put_varint(at, values[first].reg - next);
		at = record_put_varint(at, i - first - 1);
	}
	return at;
}

/* Most values are a few bytes: two moves that overlap, not a call. */
static inline void
copy_value(uint8_t *at, const uint8_t *bytes, size_t len)
{
	if (len > 16) {
		memcpy(at, bytes, len);
	} else if (len >= 8) {
		memcpy(at, bytes, 8);
		memcpy(at + len - 8, bytes + len - 8, 8);
	} else if (len >= 4) {
		memcpy(at, bytes, 4);
		memcpy(at + len - 4, bytes + len - 4, 4);
	} else if (len > 0) {
		at[0] = bytes[0];
		at[len / 2] = bytes[len / 2];
		at[len - 1] = bytes[len - 1];
	}
}

/* All lengths, and behind them all values. */
static uint8_t *
put_values(uint8_t *at, const struct record_value *values, size_t n,
    const struct sums *sums)
{
	uint8_t *value = at + n + sums->two;
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = values[i].len;
		if (len < 0x80)
			*at++ = (uint8_t)len;
		else
			at = record_put_varint(at, len);
		copy_value(value, values[i].value, len);
		value += len;
	}
	return value;
}

enum status
record_pack_first(struct writer *out, const struct record_set *set,
    const struct record_value *values, size_t n, struct err *err)
{
	size_t start = out->len;
	struct sums sums;
	enum status st;
	uint8_t *at;

	static_assert(RECORD_VALUE_MAX < 1 << 14, "a length of three bytes");
	if ((st = check_values(values, n, &sums, err)) != ST_OK)
		return st;
	if (n == 0)
		return ST_OK;
	/* Form and counts; the set; runs; lengths; values. */
	at = sums.bytes > RECORD_BODY_MAX
	    ? NULL
	    : writer_space(out,
		  1 + 3 * 5 + RECORD_SET_MAX + 6 * sums.runs + 2 * n +
		      sums.bytes);
	if (at == NULL)
		return sums.bytes > RECORD_BODY_MAX
		    ? err_set(err, ST_FULL, "record: %zu bytes; %u allowed",
			  sums.bytes, RECORD_BODY_MAX)
		    : err_set(err, ST_NOMEM, "record: no memory");
	*at++ = RECORD_FORM;
	*at++ = 1; /* set */
	at = record_put_set(at, set, NULL);
	at = record_put_varint(at, sums.runs);
	at = put_runs(at, values, n);
	*at++ = 0; /* odd registers; and no bits for the one set */
	at = put_values(at, values, n, &sums);
	out->len = (size_t)(at - out->bytes);
	if (out->len - start > RECORD_BODY_MAX) {
		st = err_set(err, ST_FULL, "record: %zu bytes; %u allowed",
		    out->len - start, RECORD_BODY_MAX);
		out->len = start;
	}
	return st;
}
