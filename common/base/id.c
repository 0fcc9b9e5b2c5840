#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/id.h"

uint64_t
id_make(unsigned authority, uint32_t writer, uint32_t counter)
{
	return (uint64_t)authority << 49 | (uint64_t)writer << 29 | counter;
}

unsigned
id_authority(uint64_t id)
{
	return (unsigned)(id >> 49);
}

uint32_t
id_writer(uint64_t id)
{
	return (uint32_t)(id >> 29) & ID_WRITER_MAX;
}

uint32_t
id_counter(uint64_t id)
{
	return (uint32_t)id & ID_COUNTER_MAX;
}

bool
id_valid(uint64_t id)
{
	unsigned authority = id_authority(id);

	return authority >= 1 && authority <= ID_AUTHORITY_MAX &&
	    id_writer(id) != 0 && id_counter(id) != 0;
}

void
id_print(uint64_t id, char out[ID_TEXT_SIZE])
{
	snprintf(out, ID_TEXT_SIZE, "%" PRIu64, id & INT64_MAX);
}

enum status
id_parse(uint64_t *out, const char *text, struct err *err)
{
	uint64_t id = 0;
	size_t i, len = strlen(text);

	*out = 0;
	if (len == 0 || len > 19 || text[0] == '0')
		goto bad;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			goto bad;
		id = id * 10 + (uint64_t)(text[i] - '0');
	}
	if (!id_valid(id))
		goto bad;
	*out = id;
	return ST_OK;
bad:
	return err_set(err, ST_INVALID,
	    "not a record id (1 to 19 digits: area, writer and counter)");
}

uint64_t
id_read(const void *text, size_t len)
{
	char copy[ID_TEXT_SIZE];
	struct err ignored;
	uint64_t id;

	if (len == 0 || len >= sizeof(copy))
		return 0;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return id_parse(&id, copy, &ignored) == ST_OK ? id : 0;
}

int
id_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}
