-- Records that are said to be one (common/merge/same.h).  Both tables can be
-- made again from the records, and are written by findings/follow_same.c.

-- What a record's register says is shown, where it names another record.
CREATE TABLE alias (
	record INTEGER PRIMARY KEY,
	kind   INTEGER NOT NULL,        -- enum change_record_kind
	target INTEGER NOT NULL         -- whom it repeats; need not exist
) STRICT;

-- Who says to be the same as this one: Q_ALIAS_TO.
CREATE INDEX alias_by_target ON alias (target, kind, record);

-- The groups of two records and more.
CREATE TABLE same (
	id   INTEGER PRIMARY KEY,       -- a record that exists
	root INTEGER NOT NULL           -- the smallest of its group: what is read
) STRICT;

-- The records of a group: Q_SAME_OF.
CREATE INDEX same_by_root ON same (root, id);

-- Records that were followed before there were these tables are followed
-- again.
UPDATE indexed SET n = 0;
