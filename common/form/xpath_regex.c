#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "common/base/limits.h"
#include "common/form/xpath_internal.h"

/*
 * The specification names no dialect; it shows JavaScript's, and forms are
 * written for that and for Java's.  PCRE2 has both but for details, which
 * these options bring nearer to JavaScript.
 */
#define OPTIONS                                                                \
	(PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |          \
	    PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS |                         \
	    PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C)

void *
xpath_regex_compile(const char *pattern, size_t len, char *why, size_t size)
{
	pcre2_code *code;
	PCRE2_SIZE at;
	PCRE2_UCHAR text[100];
	int fault;

	if (len > REGEX_PATTERN_MAX) {
		snprintf(why, size, "an expression longer than %u bytes",
		    REGEX_PATTERN_MAX);
		return NULL;
	}
	code =
	    pcre2_compile((PCRE2_SPTR)pattern, len, OPTIONS, &fault, &at, NULL);
	if (code != NULL)
		return code;
	if (pcre2_get_error_message(fault, text, sizeof(text)) < 0)
		text[0] = '\0';
	snprintf(why, size, "%s, at its byte %zu", (const char *)text,
	    (size_t)at + 1);
	return NULL;
}

void
xpath_regex_free(void *code)
{
	pcre2_code_free(code);
}

int
xpath_regex_search(const void *code, struct xpath_text in, uint32_t max)
{
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int found = PCRE2_ERROR_NOMEMORY;

	if (limits != NULL && data != NULL) {
		pcre2_set_match_limit(limits, max);
		pcre2_set_depth_limit(limits, REGEX_DEPTH_MAX);
		pcre2_set_heap_limit(limits, REGEX_HEAP_MAX);
		found = pcre2_match(
		    code, (PCRE2_SPTR)in.at, in.len, 0, 0, data, limits);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(limits);
	if (found == PCRE2_ERROR_NOMATCH)
		return 0;
	return found >= 0 ? 1 : -1;
}
