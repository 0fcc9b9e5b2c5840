#include <string.h>

#include "common/place/region.h"

/* By level: digits of the code so far, and how many codes share them. */
static const int DIGITS[] = { 0, 2, 4, 6, 10 };
static const uint64_t SPAN[] = { 10000000000, 100000000, 1000000, 10000, 1 };

#define LEVELS 8 /* room for the level in a packed code */

static uint64_t
pack(uint64_t digits, enum region_level level)
{
	return digits * LEVELS + level;
}

/*
 * The shape "dd.dd.dd.vddd", where a code may end before each point.  The
 * first digit of all is not 0 and that of a village is 1, 2 or 3.
 */
enum status
region_parse(uint64_t *out, const char *text, struct err *err)
{
	static const char SHAPE[] = "pd.dd.dd.vddd";
	enum region_level level = REGION_PROVINCE;
	uint64_t digits = 0;
	char low, high;
	size_t i;

	*out = 0;
	for (i = 0; i < sizeof(SHAPE) - 1 && text[i] != '\0'; i++) {
		if (SHAPE[i] == '.') {
			if (text[i] != '.')
				goto bad;
			level++;
			continue;
		}
		low = SHAPE[i] == 'd' ? '0' : '1';
		high = SHAPE[i] == 'v' ? '3' : '9';
		if (text[i] < low || text[i] > high)
			goto bad;
		digits = digits * 10 + (uint64_t)(text[i] - '0');
	}
	if (text[i] != '\0' || (i != 2 && i != 5 && i != 8 && i != 13))
		goto bad;
	*out = pack(digits * SPAN[level], level);
	return ST_OK;
bad:
	return err_set(err, ST_INVALID,
	    "not a region code as 64, 64.02, 64.02.05 or 64.02.05.2001");
}

bool
region_is_code(uint64_t code)
{
	char text[REGION_TEXT_SIZE];
	struct err ignored;
	uint64_t back;

	if (code / LEVELS >= SPAN[REGION_NONE])
		return false;
	region_print(code, text);
	return region_parse(&back, text, &ignored) == ST_OK && back == code;
}

void
region_print(uint64_t code, char out[REGION_TEXT_SIZE])
{
	uint64_t digits = code / LEVELS, unit = SPAN[0] / 10;
	int i, n = DIGITS[region_level(code)];
	size_t at = 0;

	for (i = 0; i < n; i++, unit /= 10) {
		if (i == 2 || i == 4 || i == 6)
			out[at++] = '.';
		out[at++] = (char)('0' + digits / unit % 10);
	}
	out[at] = '\0';
}

enum region_level
region_level(uint64_t code)
{
	uint64_t level = code % LEVELS;

	return level <= REGION_VILLAGE ? (enum region_level)level : REGION_NONE;
}

const char *
region_kind(uint64_t code)
{
	static const char *const VILLAGE[] = { "kelurahan", "desa",
		"desa adat" };
	uint64_t digits = code / LEVELS;

	switch (region_level(code)) {
	case REGION_PROVINCE:
		return "provinsi";
	case REGION_REGENCY:
		return digits / SPAN[REGION_REGENCY] % 100 > 70 ? "kota"
								: "kabupaten";
	case REGION_DISTRICT:
		return "kecamatan";
	case REGION_VILLAGE:
		return VILLAGE[(digits / 1000 % 10 - 1) % 3];
	default:
		return "";
	}
}

uint64_t
region_parent(uint64_t code)
{
	enum region_level level = region_level(code);

	return level > REGION_PROVINCE ? region_at_level(code, level - 1) : 0;
}

uint64_t
region_at_level(uint64_t code, enum region_level level)
{
	uint64_t digits = code / LEVELS;

	if (level == REGION_NONE || level > region_level(code))
		return 0;
	return pack(digits - digits % SPAN[level], level);
}

bool
region_within(uint64_t scope, uint64_t code)
{
	return scope != 0 &&
	    region_at_level(code, region_level(scope)) == scope;
}

void
region_range(uint64_t scope, uint64_t *first, uint64_t *last)
{
	enum region_level level = region_level(scope);

	*first = scope;
	*last = level == REGION_NONE
	    ? scope
	    : (scope / LEVELS + SPAN[level]) * LEVELS - 1;
}

unsigned
region_authority(uint64_t code)
{
	return (unsigned)(code / LEVELS / SPAN[REGION_REGENCY]);
}

uint64_t
region_from_authority(unsigned authority)
{
	if (authority < 1000 || authority > 9999)
		return 0;
	return pack(authority * SPAN[REGION_REGENCY],
	    authority % 100 == 0 ? REGION_PROVINCE : REGION_REGENCY);
}
