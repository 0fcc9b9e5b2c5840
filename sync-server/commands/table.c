#include "sync-server/commands/command.h"

#define END                                                                    \
	{                                                                      \
		NULL, NULL, false, false, NULL                                 \
	}
#define AS                                                                     \
	{                                                                      \
		"as", "NAME", false, true,                                     \
		    "who does it: a person's name or number"                   \
	}

static const struct args_option PERSON_ADD[] = {
	{ "name", "NAME", false, true, "as it is to stand on cards" },
	{ "role", "ROLE", false, true,
	    "enumerator, coordinator, reviewer or approver" },
	END,
};

static const struct args_option ENROL[] = {
	{ "person", "NAME", false, true, "a person's name or number" },
	{ "label", "INITIALS", false, true, "public: shown when unlocking" },
	{ "village", "CODE", true, true,
	    "64.02.05.2001, or a kecamatan for all of its villages" },
	{ "hours", "HOURS", false, false, "how long the code lasts: 72" },
	END,
};

static const struct args_option RECOVERY[] = {
	{ "folder", "DIR", true, true,
	    "where a custodian's share goes; three times, each elsewhere" },
	{ "passphrase-file", "FILE", true, true,
	    "its first line protects that share; three times" },
	{ "label", "TEXT", true, true, "who holds it; three times" },
	{ "kdf", "OPS:KIB", false, false,
	    "cost of trying passphrases; measured if left out" },
	END,
};

static const struct args_option BACKUP[] = {
	{ "to", "FOLDER", false, true,
	    "a folder that is there; the backup gets one of its own in it" },
	{ "with-keys", "FILE", false, false,
	    "its first line, a passphrase, protects the key in the backup" },
	{ "keep-days", "DAYS", false, false,
	    "from now on, how long laptops keep what is in backups: 30" },
	{ "kdf", "OPS:KIB", false, false,
	    "cost of trying passphrases; measured if left out" },
	END,
};

static const struct args_option REVOKE[] = {
	{ "writer", "N", false, false, "one person on one laptop" },
	{ "laptop", "N", false, false, "or a laptop with all its people" },
	{ "last", "N", false, false,
	    "the writer's last number that is good: the last that came" },
	{ "reason", "TEXT", false, true, "why; without personal data" },
	AS,
	END,
};

static const struct args_option RECORDS[] = {
	{ "village", "CODE", false, false, "only those there" },
	END,
};

static const struct args_option FINDINGS[] = {
	{ "kind", "KIND", false, false, "conflict, same_identity, ..." },
	{ "village", "CODE", false, false, "only those there" },
	END,
};

static const struct args_option DECIDE[] = {
	{ "take", "SET", false, false, "keep the value that this set wrote" },
	{ "value", "-", true, false,
	    "or FIELD=VALUE from standard input; what is left out stays" },
	{ "shown", "E.V", false, true,
	    "the record's stamp as it was looked at" },
	{ "note", "TEXT", false, false, "why" },
	AS,
	END,
};

static const struct args_option RETURN[] = {
	{ "reason", "TEXT", false, true, "what is to be mended" },
	AS,
	END,
};

static const struct args_option APPROVE[] = {
	{ "household", "RECORD", false, false,
	    "a household and its members, all or none" },
	{ "shown", "E.V", false, false, "refuse if it moved since this stamp" },
	AS,
	END,
};

static const struct args_option ORDER[] = {
	{ "reason", "TEXT", false, true, "why; without personal data" },
	AS,
	END,
};

static const struct args_option REBUILD[] = {
	{ "repair", NULL, false, false,
	    "where log and records differ, believe the log" },
	END,
};

static const struct args_option IMPORT[] = {
	{ "report", "FILE", false, false,
	    "where bad rows are listed: FILE.csv.report.csv" },
	END,
};

static const struct args_option AUDIT_LIST[] = {
	{ "kind", "KIND", false, false, "decide, approve, erase, ..." },
	{ "from", "N", false, false, "the first entry to show: 1" },
	END,
};

static const struct args_option AUDIT_CHECKPOINT[] = {
	{ "short", NULL, false, false,
	    "without what is needed to name an entry that does not fit" },
	END,
};

static const struct args_option AUDIT_PROVE[] = {
	{ "since", "FILE", false, false,
	    "that the log only grew since this checkpoint" },
	END,
};

const struct command command_table[] = {
	{ "person add", "Add a person.", false, { "", 0, 0, PERSON_ADD },
	    command_person_add },
	{ "person list", "List everyone.", true, { "", 0, 0, NULL },
	    command_person_list },
	{ "enrol", "Make a one-time code for a person's laptop.", false,
	    { "", 0, 0, ENROL }, command_enrol },
	{ "recovery init",
	    "Make the key that three custodians hold, two of whom help who "
	    "forgot a passphrase.",
	    false, { "", 0, 0, RECOVERY }, command_recovery_init },
	{ "recovery list", "Show the recovery key, and each of its uses.", true,
	    { "", 0, 0, NULL }, command_recovery_list },
	{ "backup", "Copy the whole server, sealed; it works on meanwhile.",
	    false, { "", 0, 0, BACKUP }, command_backup },
	{ "doctor", "Say what is wrong with the server, and what to do.", true,
	    { "", 0, 0, NULL }, command_doctor },
	{ "revoke", "Believe a writer or a laptop no longer.", false,
	    { "", 0, 0, REVOKE }, command_revoke },
	{ "records", "List households and persons.", true,
	    { "", 0, 0, RECORDS }, command_records },
	{ "show", "Show a record with all that was written to it.", true,
	    { "RECORD", 1, 1, NULL }, command_show },
	{ "findings", "List what rules noticed in the records.", true,
	    { "", 0, 0, FINDINGS }, command_findings },
	{ "decide", "Settle a register on which people disagree.", false,
	    { "RECORD REGISTER", 2, 2, DECIDE }, command_decide },
	{ "return", "Send a visit back to the field.", false,
	    { "VISIT", 1, 1, RETURN }, command_return },
	{ "approve", "Declare a record valid; it is then sent upward.", false,
	    { "[RECORD]", 0, 1, APPROVE }, command_approve },
	{ "forward retry", "Send once more what the receiver refused.", false,
	    { "", 0, 0, NULL }, command_forward_retry },
	{ "import prelist", "Load families and members from a CSV file.", false,
	    { "FILE.csv", 1, 1, IMPORT }, command_import_prelist },
	{ "void", "Say that a change set does not count.", false,
	    { "CHANGE", 1, 1, ORDER }, command_void },
	{ "release", "Say that a change set counts after all.", false,
	    { "CHANGE", 1, 1, ORDER }, command_release },
	{ "book", "Let sets count whose numbers a copied laptop gave twice.",
	    false, { "WRITER", 1, 1, ORDER }, command_book },
	{ "quarantine", "List the sets that wait for a person.", true,
	    { "[list]", 0, 1, NULL }, command_quarantine },
	{ "rebuild", "Make the records again from the log, and compare.", false,
	    { "", 0, 0, REBUILD }, command_rebuild },
	{ "verify-log", "Check every entry of the log.", false,
	    { "", 0, 0, NULL }, command_verify_log },
	{ "log export", "Write each entry of the log to a file.", false,
	    { "DIR", 1, 1, NULL }, command_log_export },
	{ "redact", "Erase a record from log and records for good.", false,
	    { "RECORD", 1, 1, ORDER }, command_redact },
	{ "audit list", "List who changed what at this office, and when.", true,
	    { "", 0, 0, AUDIT_LIST }, command_audit_list },
	{ "audit checkpoint",
	    "Write a checkpoint of the audit log, to be kept elsewhere.", true,
	    { "FILE", 1, 1, AUDIT_CHECKPOINT }, command_audit_checkpoint },
	{ "audit verify", "Check the audit log, against an older checkpoint.",
	    true, { "[FILE]", 0, 1, NULL }, command_audit_verify },
	{ "audit prove", "Prove that an entry is in the audit log.", true,
	    { "[N]", 0, 1, AUDIT_PROVE }, command_audit_prove },
	{ "region", "Show a region, and what took the place of an old code.",
	    true, { "CODE", 1, 1, NULL }, command_region },
	{ "status", "Count everything.", true, { "", 0, 0, NULL },
	    command_status },
	{ NULL, NULL, false, { NULL, 0, 0, NULL }, NULL },
};
