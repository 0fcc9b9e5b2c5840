#ifndef AGENT_UNLOCK_UNLOCKED_INTERNAL_H
#define AGENT_UNLOCK_UNLOCKED_INTERNAL_H

/* What unlocked.c (opening and closing) and unlocked_people.c (who may open)
 * share. */

#include "common/store/sealvfs.h"

#include "agent/unlock/unlocked.h"

static inline struct sealvfs_file
unlocked_file(const struct unlocked_opts *opts)
{
	struct sealvfs_file f = { .vfs = opts->vfs, .path = opts->path };

	return f;
}

/* What is over ${u}->db; keys and person stay. */
enum status unlocked_open_parts(
    struct unlocked *u, const struct unlocked_opts *opts, struct err *err);
/* All of them are NULL after it. */
void unlocked_close_parts(struct unlocked *u);

/*
 * Finish what a crash left undone: a change of passphrase, a person who was
 * removed and still has a slot.  What cannot be done now is left for the
 * next time.
 */
void unlocked_tidy(struct unlocked *u, const struct unlocked_opts *opts);

#endif /* AGENT_UNLOCK_UNLOCKED_INTERNAL_H */
