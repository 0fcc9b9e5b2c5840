-- What is known of forgotten passphrases.  All of it endures.

-- The writer of the same person on the same laptop that this one took the
-- place of; 0: of none.  Written by enrol_answer(): with the number of the
-- recovery's request it says each use of the recovery key.
ALTER TABLE writer ADD COLUMN former INTEGER NOT NULL DEFAULT 0;
ALTER TABLE writer ADD COLUMN recovery BLOB NOT NULL DEFAULT x''
	CHECK (length(recovery) = CASE former WHEN 0 THEN 0 ELSE 16 END);

-- Recovery cards, signed by the root.  Written by custody_make(); never
-- deleted from: the newest counts.  Stamped like change sets, so that a
-- laptop's cursor covers them.
CREATE TABLE recovery_card (
	number    INTEGER PRIMARY KEY,  -- from 1
	epoch     INTEGER NOT NULL,     -- stamp
	version   INTEGER NOT NULL,
	card      BLOB NOT NULL,        -- wire/recovery.h
	issued_ms INTEGER NOT NULL      -- Unix time
) STRICT;
