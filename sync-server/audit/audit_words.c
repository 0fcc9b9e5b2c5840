#include "sync-server/audit/audit.h"

static const char *const KINDS[AUDIT_NKINDS] = {
	[AUDIT_PERSON] = "person",
	[AUDIT_CODE] = "code",
	[AUDIT_ENROL] = "enrol",
	[AUDIT_RECOVER] = "recover",
	[AUDIT_RECOVERY_KEY] = "recovery_key",
	[AUDIT_REVOKE] = "revoke",
	[AUDIT_DECIDE] = "decide",
	[AUDIT_RETURN] = "return",
	[AUDIT_APPROVE] = "approve",
	[AUDIT_VOID] = "void",
	[AUDIT_RELEASE] = "release",
	[AUDIT_BOOK] = "book",
	[AUDIT_IMPORT] = "import",
	[AUDIT_EXPORT] = "export",
	[AUDIT_ERASE] = "erase",
	[AUDIT_REPAIR] = "repair",
	[AUDIT_RETRY] = "retry",
	[AUDIT_BACKUP] = "backup",
	[AUDIT_RESTORE] = "restore",
	[AUDIT_READMIT] = "readmit",
};

static const char *const NAMES[AUDIT_NNAMES] = {
	[AUDIT_OF_PERSON] = "of_person",
	[AUDIT_RECORD] = "record",
	[AUDIT_VISIT] = "visit",
	[AUDIT_WRITER] = "writer",
	[AUDIT_LAPTOP] = "laptop",
	[AUDIT_FORMER] = "former",
	[AUDIT_CHANGE] = "change",
	[AUDIT_COUNT] = "count",
	[AUDIT_EXPIRES] = "expires_ms",
	[AUDIT_CODE_ID] = "code",
	[AUDIT_REQUEST] = "request",
	[AUDIT_NUMBER] = "number",
	[AUDIT_PART] = "part",
	[AUDIT_ROLE] = "role",
	[AUDIT_CUSTODIANS] = "custodians",
	[AUDIT_SEQ] = "last",
};

const char *
audit_kind_word(enum audit_kind kind)
{
	return (unsigned)kind < AUDIT_NKINDS && KINDS[kind] != NULL
	    ? KINDS[kind]
	    : "of_a_newer_program";
}

const char *
audit_name_word(enum audit_name name)
{
	return (unsigned)name < AUDIT_NNAMES && NAMES[name] != NULL
	    ? NAMES[name]
	    : "of_a_newer_program";
}
