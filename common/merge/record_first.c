#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/merge/record.h"
#include "common/merge/record_form.h"

static enum status
check_values(const struct record_value *values, size_t n, size_t *nruns,
    size_t *sum, struct err *err)
{
	size_t i;

	*nruns = n > 0;
	*sum = 0;
	for (i = 0; i < n; i++) {
		if (i > 0 && values[i].reg <= values[i - 1].reg)
			return err_set(
			    err, ST_BUG, "record: registers out of order");
		if (values[i].len > RECORD_VALUE_MAX)
			return err_set(err, ST_INVALID,
			    "register %u: %u bytes; %u allowed", values[i].reg,
			    values[i].len, RECORD_VALUE_MAX);
		if (i > 0 && values[i].reg != values[i - 1].reg + 1)
			++*nruns;
		*sum += values[i].len;
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

enum status
record_pack_first(struct writer *out, const struct record_set *set,
    const struct record_value *values, size_t n, struct err *err)
{
	size_t start = out->len, nruns, sum, i;
	enum status st;
	uint8_t *at;

	if ((st = check_values(values, n, &nruns, &sum, err)) != ST_OK)
		return st;
	if (n == 0)
		return ST_OK;
	/* Form and counts; the set; runs; lengths; values. */
	at = sum > RECORD_BODY_MAX
	    ? NULL
	    : writer_space(
		  out, 1 + 3 * 5 + RECORD_SET_MAX + 6 * nruns + 2 * n + sum);
	if (at == NULL)
		return sum > RECORD_BODY_MAX
		    ? err_set(err, ST_FULL, "record: %zu bytes; %u allowed",
			  sum, RECORD_BODY_MAX)
		    : err_set(err, ST_NOMEM, "record: no memory");
	*at++ = RECORD_FORM;
	*at++ = 1; /* set */
	at = record_put_set(at, set, NULL);
	at = record_put_varint(at, nruns);
	at = put_runs(at, values, n);
	*at++ = 0; /* odd registers; and no bits for the one set */
	for (i = 0; i < n; i++)
		at = record_put_varint(at, values[i].len);
	for (i = 0; i < n; at += values[i++].len)
		if (values[i].len > 0)
			memcpy(at, values[i].value, values[i].len);
	out->len = (size_t)(at - out->bytes);
	if (out->len - start > RECORD_BODY_MAX) {
		st = err_set(err, ST_FULL, "record: %zu bytes; %u allowed",
		    out->len - start, RECORD_BODY_MAX);
		out->len = start;
	}
	return st;
}
