#include <stdbool.h>
#include <stdio.h>

#include "common/wire/protocol.h"

void
protocol_print(char out[PROTOCOL_TEXT_SIZE])
{
	snprintf(out, PROTOCOL_TEXT_SIZE, "%d-%d", PROTOCOL_VERSION_MIN,
	    PROTOCOL_VERSION_MAX);
}

/* One to four digits, none of them in vain; goes on behind them. */
static bool
take_number(unsigned *out, const char **at)
{
	const char *start = *at;

	*out = 0;
	for (; **at >= '0' && **at <= '9' && *at - start < 4; ++*at)
		*out = *out * 10 + (unsigned)(**at - '0');
	return *at > start && *start != '0';
}

enum status
protocol_choose(unsigned *out, const char *asked, struct err *err)
{
	unsigned low = 1, high = 1;

	*out = 0;
	if (asked != NULL) {
		if (!take_number(&low, &asked))
			goto bad;
		high = low;
		if (*asked == '-') {
			asked++;
			if (!take_number(&high, &asked))
				goto bad;
		}
		if (*asked != '\0' || low > high)
			goto bad;
	}
	if (low > PROTOCOL_VERSION_MAX || high < PROTOCOL_VERSION_MIN)
		return err_set(err, ST_INVALID,
		    "versions %u to %u of the protocol are asked for; %d to "
		    "%d are spoken here",
		    low, high, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
	*out = high < PROTOCOL_VERSION_MAX ? high : PROTOCOL_VERSION_MAX;
	return ST_OK;
bad:
	return err_set(
	    err, ST_INVALID, "Padu-Protocol is not a range of versions");
}
