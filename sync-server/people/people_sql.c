#include "sync-server/people/people_internal.h"

const char *const people_sql[PEOPLE_SQL_COUNT] = {
	[Q_PERSON_ADD] = "INSERT INTO person (number, name, role, made_ms)"
			 " VALUES (:number, :name, :role, :now)",

	[Q_PERSON_GET] = "SELECT number, role, made_ms, name FROM person"
			 " WHERE number = :number",

	[Q_PERSON_NAMED] = "SELECT number, role, made_ms, name FROM person"
			   " WHERE name = :name",

	[Q_PERSON_EACH] = "SELECT number, role, made_ms, name FROM person"
			  " ORDER BY number",

	[Q_PERSON_COUNT] = "SELECT count(*) FROM person",

	[Q_CODE_ADD] = "INSERT INTO code (id, mac_key, person, role, label,"
		       " places, made_ms, expires_ms)"
		       " VALUES (:id, :key, :person, :role, :label, :places,"
		       " :now, :expires)",

	[Q_CODE_GET] = "SELECT mac_key, person, role, label, places,"
		       " expires_ms, writer FROM code WHERE id = :id",

	[Q_CODE_USE] = "UPDATE code SET writer = :writer"
		       " WHERE id = :id AND writer = 0",

	[Q_CODE_COUNT] = "SELECT count(*) FROM code"
			 " WHERE writer = 0 AND expires_ms > :now",

	[Q_DEVICE_ADD] = "INSERT INTO device (device, transport, box, made_ms)"
			 " VALUES (:device, :transport, :box, :now)",

	[Q_DEVICE_GET] = "SELECT device, transport, box, made_ms FROM device"
			 " WHERE device = :device",

	[Q_DEVICE_BY_KEY] = "SELECT device, transport, box, made_ms"
			    " FROM device WHERE transport = :transport",

	[Q_DEVICE_EACH] = "SELECT device, transport, box, made_ms FROM device"
			  " ORDER BY device",

	[Q_WRITER_ADD] = "INSERT INTO writer (writer, device, person, public,"
			 " made_ms, former, recovery)"
			 " VALUES (:writer, :device, :person, :public, :now,"
			 " :former, :recovery)",

	[Q_WRITER_GET] = "SELECT device, person, public, former FROM writer"
			 " WHERE writer = :writer",

	[Q_RECOVERED_EACH] = "SELECT w.writer, w.device, p.name, w.former,"
			     " w.recovery, w.made_ms FROM writer w"
			     " JOIN person p ON p.number = w.person"
			     " WHERE w.former <> 0 ORDER BY w.writer",

	[Q_CARD_ADD] = "INSERT INTO writer_card (writer, from_seq, role,"
		       " label, places, issued_ms) VALUES (:writer, :from,"
		       " :role, :label, :places, :now)",

	[Q_CARD_EACH] = "SELECT writer, from_seq, device, person, public, role,"
			" places, former, 0"
			" FROM writer_card JOIN writer USING (writer)"
			" UNION ALL SELECT b.writer, c.from_seq, w.device,"
			" w.person, w.public, c.role, c.places, 0, 1"
			" FROM booked b JOIN writer w ON w.writer = b.of"
			" JOIN writer_card c ON c.writer = b.of"
			" ORDER BY 1, 2",

	[Q_BOOKED_ADD] = "INSERT INTO booked (writer, of) VALUES (:writer, :of)"
			 " ON CONFLICT (writer) DO UPDATE SET of = :of"
			 " WHERE of = :of",

	[Q_CARD_FIRST] = "SELECT from_seq, role, label, places, issued_ms"
			 " FROM writer_card WHERE writer = :writer"
			 " ORDER BY from_seq LIMIT 1",

	[Q_REVOKE] = "INSERT INTO revocation (kind, number, cut_seq, cut_id,"
		     " person, reason, time_ms)"
		     " VALUES (:kind, :number, :seq, :id, :person, :reason,"
		     " :now)",

	[Q_REVOKE_EACH] = "SELECT kind, number, cut_seq, cut_id"
			  " FROM revocation",

	[Q_RESTORED] = "SELECT 1 FROM restored LIMIT 1",
};
