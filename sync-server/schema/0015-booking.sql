-- Sets whose number or set id was given twice: they count under a writer
-- index of their own.

-- With a release: common/wire/change.h's struct change_booking, packed; else
-- NULL.
ALTER TABLE toggle ADD COLUMN booking BLOB;

-- Indexes that no card names: sets of `of` count under them.  Written where a
-- booked set is logged; never deleted from.  Endures.
CREATE TABLE booked (
	writer INTEGER PRIMARY KEY,      -- never given to anybody else
	of     INTEGER NOT NULL REFERENCES writer (writer)
) STRICT;
