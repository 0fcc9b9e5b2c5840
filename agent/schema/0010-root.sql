-- Whose laptop it is: fingerprint of the root of its server, as the code of
-- the first enrolment had it.  The file 'device' says it too, outside of the
-- seal; who changes that file must not become the server.  NULL: enrolled by
-- an earlier version, until the next unlock.
ALTER TABLE laptop ADD COLUMN root BLOB CHECK (length(root) = 16);
