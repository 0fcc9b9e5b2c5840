-- Who is who.  All of it endures.

-- Written by person_add(); never deleted from.
CREATE TABLE person (
	number  INTEGER PRIMARY KEY,     -- from 1, never used again
	name    TEXT NOT NULL UNIQUE     -- as on cards, at most CARD_NAME_MAX
	        CHECK (length(name) > 0),
	role    INTEGER NOT NULL         -- enum person_role
	        CHECK (role BETWEEN 1 AND 4),
	made_ms INTEGER NOT NULL         -- Unix time
) STRICT;

-- One-time codes.  Written by code_issue(); enrol_answer() marks them used.
-- Of the code itself only hashes are kept.
CREATE TABLE code (
	id         BLOB PRIMARY KEY NOT NULL  -- card_code_id()
	           CHECK (length(id) = 32),
	mac_key    BLOB NOT NULL              -- card_code_key()
	           CHECK (length(mac_key) = 32),
	person     INTEGER NOT NULL REFERENCES person (number),
	role       INTEGER NOT NULL           -- enum card_role
	           CHECK (role BETWEEN 1 AND 2),
	label      TEXT NOT NULL              -- initials
	           CHECK (length(label) > 0),
	places     BLOB NOT NULL              -- u64 each, big-endian, ascending
	           CHECK (length(places) > 0 AND length(places) % 8 = 0),
	made_ms    INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,
	writer     INTEGER NOT NULL DEFAULT 0 -- made with it; 0: not used yet
) STRICT, WITHOUT ROWID;

-- Laptops.  Written by enrol_answer(); never deleted from.
CREATE TABLE device (
	device    INTEGER PRIMARY KEY,    -- from 1, never used again
	transport BLOB NOT NULL UNIQUE    -- public key that signs envelopes
	          CHECK (length(transport) = 32),
	box       BLOB NOT NULL           -- public key that pages are sealed to
	          CHECK (length(box) = 32),
	made_ms   INTEGER NOT NULL        -- Unix time, on its card
) STRICT;

-- One person on one laptop.  Written by enrol_answer(); never deleted from.
CREATE TABLE writer (
	writer  INTEGER PRIMARY KEY,      -- index in record ids, never used again
	device  INTEGER NOT NULL REFERENCES device (device),
	person  INTEGER NOT NULL REFERENCES person (number),
	public  BLOB NOT NULL UNIQUE      -- key that signs change sets
	        CHECK (length(public) = 32),
	made_ms INTEGER NOT NULL
) STRICT;

-- Whose sets a laptop asks about: Q_ANSWERS in store/log_read.c.
CREATE INDEX writer_of_device ON writer (device);

-- What a writer may do from a number on.  Written by enrol_answer().  The
-- signed card is made from it whenever it is asked for, to the same bytes.
CREATE TABLE writer_card (
	writer    INTEGER NOT NULL REFERENCES writer (writer),
	from_seq  INTEGER NOT NULL,        -- in force from this number on
	role      INTEGER NOT NULL         -- enum card_role
	          CHECK (role BETWEEN 1 AND 2),
	label     TEXT NOT NULL            -- initials
	          CHECK (length(label) > 0),
	places    BLOB NOT NULL            -- u64 each, big-endian, ascending
	          CHECK (length(places) > 0 AND length(places) % 8 = 0),
	issued_ms INTEGER NOT NULL,
	PRIMARY KEY (writer, from_seq)
) STRICT, WITHOUT ROWID;

-- What is believed no longer.  Written by revoke_put(); never
-- deleted from.
CREATE TABLE revocation (
	kind    INTEGER NOT NULL          -- 1 device, 2 writer
	        CHECK (kind IN (1, 2)),
	number  INTEGER NOT NULL,         -- of the device or writer
	cut_seq INTEGER NOT NULL,         -- last good number; 0 for a device
	cut_id  BLOB NOT NULL             -- change id of that number, or zeros
	        CHECK (length(cut_id) = 32),
	person  INTEGER NOT NULL REFERENCES person (number), -- who says so
	reason  TEXT NOT NULL,
	time_ms INTEGER NOT NULL,
	PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;
