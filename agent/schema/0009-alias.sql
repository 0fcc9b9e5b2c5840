-- What a record that is displayed says to be the same as: can be made again.
CREATE TABLE alias (
	record INTEGER PRIMARY KEY NOT NULL,
	kind   INTEGER NOT NULL, -- enum change_record_kind
	target INTEGER NOT NULL  -- another record's id; need not be here
) STRICT;

-- It is made with the lines of lists: those from before are made again, see
-- listed_remake().
DELETE FROM listed;
