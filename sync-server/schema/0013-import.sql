-- What was imported before, so that importing again changes nothing and a
-- changed file changes only what changed.  Written by import/; when
-- somebody is erased, what the file said of them goes.  Endures.

-- Random bytes that every hash below is keyed with.  One row.
CREATE TABLE import_salt (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	salt BLOB NOT NULL CHECK (length(salt) = 32)
) STRICT;

-- Families of prelists.
CREATE TABLE import_family (
	key       BLOB PRIMARY KEY NOT NULL  -- hash of prelist.h's key
	          CHECK (length(key) = 32),
	household INTEGER NOT NULL UNIQUE    -- record id
) STRICT, WITHOUT ROWID;

-- Their members, and by what a row of the next file is known as theirs.
-- Hashes of 64 bits; 0 where the file had nothing there, all 0 of a member who
-- was erased.
CREATE TABLE import_person (
	person    INTEGER PRIMARY KEY,       -- record id
	household INTEGER NOT NULL
	          REFERENCES import_family (household),
	identity  INTEGER NOT NULL,
	name      INTEGER NOT NULL,
	born      INTEGER NOT NULL
) STRICT;

-- Members of a household, in the order of the file: Q_PERSONS.
CREATE INDEX import_person_of ON import_person (household, person);

-- What the last import said of each register of a household or person.
CREATE TABLE import_values (
	record INTEGER PRIMARY KEY,
	body   BLOB NOT NULL                 -- u16 register, u64 hash; ...
	       CHECK (length(body) % 10 = 0)
) STRICT;
