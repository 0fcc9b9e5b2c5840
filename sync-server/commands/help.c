#include <stdio.h>
#include <string.h>

#include "sync-server/commands/cli.h"
#include "sync-server/commands/command.h"
#include "sync-server/findings/findings.h"

/* What one line does not tell.  Of the commands of table.c, and of ours. */
static const struct more {
	const char *name, *text;
} MORE[] = {
	{ "init",
	    "Prints the fingerprint of the server's root key: keep it on "
	    "paper, it is how\nthe server is known again.\n" },
	{ "run",
	    "Prints \"listening on ADDRESS:PORT\" and writes it to "
	    "DIR/address.  SIGTERM or\nSIGINT end it cleanly.  While it "
	    "runs, every other command goes through it;\n`status` says how "
	    "forwarding goes.\n" },
	{ "restore",
	    "Proves the backup, then begins a new epoch.  Never run the lost "
	    "server again\nbeside it.  Laptops send what the backup lacks at "
	    "their next sync.  Blocks\n(`revoke`), approvals and returns of "
	    "later than the backup must be said again,\none-time codes made "
	    "anew.\n" },
	{ "person add",
	    "A name stands for one person: the same name again is that "
	    "person, and changes\nnothing.  Give namesakes names that "
	    "differ.\n" },
	{ "enrol",
	    "Prints a code that is good for one laptop, once.  On the laptop: "
	    "`padu-agent\nenrol --server URL --code CODE --label INITIALS "
	    "--passphrase-file FILE`.\n" },
	{ "backup",
	    "Makes FOLDER/padu-AUTHORITY-DAY-TIME, reads it back, compares it, "
	    "and only then\ntells laptops that what is in it may leave them.  "
	    "It is sealed, and store.key opens\nit: with --with-keys that key "
	    "is in the backup too, under the passphrase; without,\nkeep a "
	    "copy of DIR/store.key in another place, or the backup opens for "
	    "nobody.\n`padu-server restore --help`: the way back.\n" },
	{ "doctor",
	    "A line each: ok, attention, wrong (exit status 10) or unchecked, "
	    "with what to do.\nIt mends nothing, and may be asked while the "
	    "server runs.\n" },
	{ "show",
	    "RECORD is a number as `records` and `findings` print it.  For "
	    "each register its\nheads: the values that nobody has replaced, "
	    "and the set and visit of each.\nOf records that are said to be "
	    "one, `record` is the one that stands for all of\nthem, "
	    "whichever was asked for; `same` has the others with what they "
	    "hold, and\n`group_stamp` is what `approve --shown` takes.\n" },
	{ "decide",
	    "Give --take or --value.  FIELD=VALUE, one a line, is best read "
	    "from standard\ninput: --value -.  REGISTER, the sets and the "
	    "stamp are what `show RECORD` prints.\nIf the record moved since "
	    "that stamp nothing is decided, and what is there now is\nshown "
	    "(5).\n" },
	{ "findings",
	    "REGISTER, sets and stamp for `decide` are in `show RECORD`.  Two "
	    "records with one\nidentity number: give the wrong one its own, "
	    "or, where they are the same, decide\nthe register that the "
	    "finding names as same_as, with the other record as its "
	    "value.\nThey are read as one then; an empty value undoes "
	    "it.\n" },
	{ "return",
	    "VISIT is a number as `show` prints it beside a value.  The "
	    "reason reaches the\nlaptop at its next sync.\n" },
	{ "approve",
	    "Give RECORD, or --household.  Refused (3) while a finding blocks "
	    "it, and from\nwhoever wrote a part of it.  A later write undoes "
	    "it.\nRecords that are said to be one are approved as one: "
	    "`record` says under which, and\neach of them is looked "
	    "at.\n" },
	{ "import prelist",
	    "The file is CSV in UTF-8, with or without byte order mark, parted "
	    "by , ; tab or |\nand any line ends; other lines may stand above "
	    "the names of the columns.  Those\nare known by many spellings; "
	    "there must be\n\n"
	    "  KODE DESA         64.02.05.2001 or 6402052001\n"
	    "  NAMA or NIK\n"
	    "  ID DTKS or NO KK  rows with the same one are one family\n\n"
	    "and may be ALAMAT, RT, RW, TANGGAL LAHIR (1990-12-31 or "
	    "31/12/1990), JENIS\nKELAMIN, HUBUNGAN KELUARGA and every other "
	    "field of the questionnaire.\n\n"
	    "Good rows are loaded.  Each bad row, and what is odd in a good "
	    "one, stands in the\nreport with line, column, value and rule; its "
	    "column 'loaded' says which.  Rows =\nblank + bad_rows + members.  "
	    "The same file again changes nothing, so a file may\nbe mended and "
	    "loaded once more.  Exit status 0 also where rows were bad: see "
	    "bad_rows.\n" },
	{ "void",
	    "CHANGE is a change id as `quarantine` and `log export` print "
	    "it.\n" },
	{ "release",
	    "CHANGE is a change id as `quarantine` and `log export` print "
	    "it.\n" },
	{ "rebuild",
	    "Changes nothing where log and records agree.  Where they differ "
	    "it says so (5),\nand changes nothing either without --repair.\n" },
	{ "verify-log",
	    "Ends with 8 if an entry does not hold; each one is named.\n" },
	{ "log export",
	    "To DIR: NNNNNN.set, the signed bytes of each entry; index.csv, "
	    "what became of\nthem; server.card and writer-NNNNNN.card, the "
	    "keys.  They hold personal data,\nonly you can read them.\n" },
	{ "redact",
	    "It cannot be undone.  Signatures and chain stay whole, `rebuild` "
	    "and\n`verify-log` still pass.  What was sent upward is followed by "
	    "a correction.\nOf records that are said to be one only RECORD "
	    "is erased: `same` names the others,\nwhich hold the same "
	    "person's data.\n" },
	{ "audit list",
	    "Numbers only: of persons, records, writers, change sets.  What "
	    "they stand for is\nin `person list`, `show` and `log export`.\n" },
	{ "audit checkpoint",
	    "FILE must be new.  Keep it where who runs this server cannot "
	    "reach it: on paper's\nshelf, at the province, with a colleague.  "
	    "`audit verify FILE` later shows whether\nanything of before was "
	    "changed, moved or taken away.\n" },
	{ "audit verify",
	    "Without FILE: whether the log fits together.  Ends with 8 if an "
	    "entry does not\nfit; each one is named.\n" },
	{ "audit prove",
	    "Give N, an entry's number, or --since.  What is printed can be "
	    "checked without\nthis server: a checkpoint, and the hashes that "
	    "lead to it.\n" },
	{ "region",
	    "CODE as 64, 64.02, 64.02.05 or 64.02.05.2001.  An old code is "
	    "shown with the one\nthat took its place.\n" },
	{ "status",
	    "'forward' says what waits to go upward, and why it does.\n" },
};

static const char COMMON[] =
    "Options of every command:\n"
    "  --dir DIR                  the server's folder (or PADU_DIR; "
    "/var/lib/padu)\n"
    "  --regions FILE             the region table (or PADU_REGIONS; else the "
    "one that\n                             was installed)\n"
    "  --lang id|en               the language of sentences (or PADU_LANG; else "
    "the\n                             locale's)\n"
    "  --json                     one JSON object a line; the last one is "
    "{\"result\"}\n                             or {\"error\"}\n"
    "  --help                     this text\n"
    "\n- as the value of an option stands for what comes on standard input: "
    "other\nusers of the machine see command lines.\n"
    "\n"
    "Exit status: 0 done; 1 failed (disk, network, a fault of ours); 2 wrong "
    "usage;\n3 refused, a rule is broken; 4 not found; 5 conflict (the record "
    "moved, the name\nis taken); 6 locked; 7 not now, nothing changed, try "
    "again; 8 not trusted, not\nallowed; 9 no room; 10 a file is damaged; 11 the "
    "files are newer than the\nprogram.  'padu-server sentences' lists every "
    "state.\n";

static const struct args_option INIT[] = {
	{ "authority", "CODE", false, true,
	    "area code: 6402 or 64.02 for the regency 64.02" },
	{ "name", "NAME", false, true, "of the office, as it stands on cards" },
	{ NULL, NULL, false, false, NULL },
};

static const struct args_option RESTORE[] = {
	{ "from", "BACKUP", false, true, "folder with a backup.json in it" },
	{ "passphrase-file", "FILE", false, false,
	    "its first line: what backup --with-keys got" },
	{ "store-key", "FILE", false, false,
	    "or store.key, where it was kept apart" },
	{ NULL, NULL, false, false, NULL },
};

static const struct args_option RUN[] = {
	{ "listen", "ADDRESS:PORT", false, false,
	    "127.0.0.1:8460; port 0: any" },
	{ "upstream", "URL", false, false,
	    "where validated records go; without it they wait" },
	{ "forward-batch", "N", false, false, "records in one request: 100" },
	{ "backoff-ms", "MIN:MAX", false, false, "between tries: 5000:900000" },
	{ NULL, NULL, false, false, NULL },
};

static void
print_options(const struct args_option *o)
{
	char left[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		printf("  %-26s %s%s%s\n", left, o->help,
		    o->needed ? "" : " (optional)",
		    o->many ? "; may be repeated" : "");
	}
}

/* Every kind that `findings` lists, and what to do about it. */
static void
print_kinds(void)
{
	enum finding_kind kind;

	printf("\nKinds:\n");
	for (kind = FINDING_CONFLICT; kind < FINDING_NKINDS; kind++)
		printf("  %s%s\n      %s\n", finding_word(kind),
		    finding_blocks(kind) ? " (blocks approval)" : "",
		    finding_text(kind));
	printf("  approval_undone\n      Written to after it was approved. "
	       "Approve it anew.\n");
}

static void
print_command(const char *name, const char *words, const char *about,
    const struct args_option *options)
{
	size_t i;

	printf("Usage: padu-server %s%s%s [OPTIONS]\n\n%s\n", name,
	    words[0] != '\0' ? " " : "", words, about);
	for (i = 0; i < sizeof(MORE) / sizeof(MORE[0]); i++)
		if (strcmp(MORE[i].name, name) == 0)
			printf("\n%s", MORE[i].text);
	if (strcmp(name, "findings") == 0)
		print_kinds();
	if (options != NULL && options->name != NULL)
		printf("\nOptions:\n");
	print_options(options);
	printf("\n%s", COMMON);
}

static void
print_all(void)
{
	const struct command *c;

	printf("padu-server: the regency's end of Padu, version " PADU_VERSION
	       "\n\nUsage: padu-server COMMAND [ARGS] [OPTIONS]\n\n"
	       "  %-16s %s\n  %-16s %s\n  %-16s %s\n  %-16s %s\n  %-16s %s\n",
	    "init", "Make a server: its folder, keys and database.", "run",
	    "Work: take in uploads, answer commands, forward.", "recover",
	    "Open a laptop whose passphrase was forgotten.", "restore",
	    "Make the server again from a backup.", "sentences",
	    "List every state that can be met, with its exit status.");
	for (c = command_table; c->name != NULL; c++)
		printf("  %-16s %s\n", c->name, c->about);
	printf("\n`padu-server COMMAND --help` shows what a command takes.\n\n"
	       "%s",
	    COMMON);
}

void
cli_help(const struct cli *cli)
{
	const char *word = cli->nwords > 0 ? cli->words[0] : "";
	const struct command *c;
	size_t used;

	if (strcmp(word, "init") == 0) {
		print_command("init", "",
		    "Make a server: its folder, keys and database.", INIT);
	} else if (strcmp(word, "run") == 0) {
		print_command("run", "",
		    "Work: take in uploads, answer commands, forward.", RUN);
	} else if (strcmp(word, "sentences") == 0) {
		print_command("sentences", "",
		    "List every state that can be met here: its name, exit "
		    "status and sentence.",
		    NULL);
	} else if (strcmp(word, "recover") == 0) {
		printf("%s", cli_recover_help);
	} else if (strcmp(word, "restore") == 0) {
		print_command("restore", "",
		    "Make the server again from a backup, in --dir, which is "
		    "not there yet.",
		    RESTORE);
	} else if ((c = command_find(cli->words, cli->nwords, &used)) != NULL) {
		print_command(
		    c->name, c->spec.names, c->about, c->spec.options);
	} else {
		print_all();
	}
}
