#include <string.h>

#include "sync-server/findings/findings.h"
#include "sync-server/store/finding.h"

static const struct {
	const char *word;
	const char *text;
	bool blocks;
} KINDS[FINDING_NKINDS] = {
	[FINDING_CONFLICT] = { "conflict",
	    "Two people wrote different values without seeing each other's. "
	    "Decide which one is true.",
	    true },
	[FINDING_AGREED] = { "agreed",
	    "Values that differed are the same now. Nothing to do.", false },
	[FINDING_DELETED_UPDATED] = { "deleted_updated",
	    "One person says it is gone, another one wrote to it at the same "
	    "time. Decide which one is true.",
	    true },
	[FINDING_EDITED_TOGETHER] = { "edited_together",
	    "Two people wrote to different fields at the same time. Both are "
	    "kept: look whether they fit together.",
	    false },
	[FINDING_OLDER_SHOWN] = { "older_shown",
	    "The value shown was observed on an earlier day than the one it "
	    "replaced. Look whether it still holds.",
	    false },
	[FINDING_CLOCK_AHEAD] = { "clock_ahead",
	    "The laptop's clock was ahead of this server's. Have it set.",
	    false },
	[FINDING_SAME_IDENTITY] = { "same_identity",
	    "Another record has the same identity number. Find out whether "
	    "they are the same or one is mistyped.",
	    true },
	[FINDING_HELD] = { "held",
	    "Written outside the author's villages, or where only the desk "
	    "writes: kept, but not merged. "
	    "Release or void the set.",
	    false },
	[FINDING_QUARANTINED] = { "quarantined",
	    "A change set that could not be believed: kept, but not merged. "
	    "Release or void it.",
	    false },
	[FINDING_ALIASED_UPDATED] = { "aliased_updated",
	    "It was said to be the same as another record, and somebody wrote "
	    "to it at the same time. Look whether it is, and which of the two "
	    "the write is about.",
	    true },
	[FINDING_REISSUED] = { "reissued",
	    "Saved before a passphrase was forgotten, signed after it was "
	    "recovered. Nothing to do.",
	    false },
};

static bool
known(enum finding_kind kind)
{
	return kind >= FINDING_CONFLICT && kind < FINDING_NKINDS;
}

const char *
finding_word(enum finding_kind kind)
{
	return known(kind) ? KINDS[kind].word : NULL;
}

enum finding_kind
finding_of_word(const char *word)
{
	enum finding_kind kind;

	for (kind = FINDING_CONFLICT; kind < FINDING_NKINDS; kind++)
		if (strcmp(KINDS[kind].word, word) == 0)
			return kind;
	return 0;
}

const char *
finding_text(enum finding_kind kind)
{
	return known(kind) ? KINDS[kind].text : NULL;
}

bool
finding_blocks(enum finding_kind kind)
{
	return known(kind) && KINDS[kind].blocks;
}

static enum status
count_blocking(void *arg, const struct store_finding *finding, struct err *err)
{
	unsigned *n = arg;

	(void)err;
	*n += finding_blocks(finding->kind);
	return ST_OK;
}

enum status
findings_blocking(
    struct store *store, uint64_t record, unsigned *n, struct err *err)
{
	*n = 0;
	return store_finding_of(store, record, count_blocking, n, err);
}
