-- Backups and restores.  All of it endures.

-- Signed marks: up to where there is a backup (common/wire/mark.h).  Written
-- by backup_make() once a backup was verified; never deleted from: the newest
-- of the present epoch counts.  Stamped like change sets, so that a laptop's
-- cursor covers them.
CREATE TABLE mark (
	epoch     INTEGER NOT NULL,   -- of the mark, and of its stamp
	number    INTEGER NOT NULL,   -- within the epoch, from 1
	version   INTEGER NOT NULL,   -- all up to here is in the backup
	stamp     INTEGER NOT NULL,   -- version handed out to the mark itself
	log       INTEGER NOT NULL,   -- last entry of the log in the backup
	time_ms   INTEGER NOT NULL,   -- of the backup, Unix time
	keep_days INTEGER NOT NULL,
	mark      BLOB NOT NULL       -- as signed
	          CHECK (length(mark) = 96),
	PRIMARY KEY (epoch, number)
) STRICT, WITHOUT ROWID;

-- Restores that this server is from.  Written by epoch_begin().
CREATE TABLE restored (
	epoch     INTEGER PRIMARY KEY, -- that began with it
	former    INTEGER NOT NULL,    -- epoch of the backup
	version   INTEGER NOT NULL,    -- last one handed out in the backup
	log       INTEGER NOT NULL,    -- its last entry of the log
	backup_ms INTEGER NOT NULL,    -- when the backup was made
	time_ms   INTEGER NOT NULL     -- when it was restored
) STRICT;

-- The latest state of this server that a laptop says it has seen, later than
-- what is here: this is an older copy.  Written by intake/; deleted by
-- epoch_begin().
CREATE TABLE ahead (
	only    INTEGER PRIMARY KEY CHECK (only = 1),
	epoch   INTEGER NOT NULL,
	version INTEGER NOT NULL,
	device  INTEGER NOT NULL,      -- who said so
	time_ms INTEGER NOT NULL       -- when, Unix time
) STRICT;
