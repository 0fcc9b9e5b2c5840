#include "agent/commands/cli_table.h"

const char cli_intro[] =
    "padu-agent: household visits, recorded without a network.\n"
    "\n"
    "Usage: padu-agent COMMAND [ARGS] [OPTIONS]\n"
    "\n"
    "A visit is durable, in a sealed file, before 'visit' answers.  'sync'\n"
    "sends what waits and fetches what is new; only what the server has\n"
    "signed for counts as delivered, and everything else is kept and sent\n"
    "again.  If the daemon ('run') works on the folder, commands go through\n"
    "it; else each works on the folder itself.\n";

const char cli_exits[] =
    "Exit status: 0 done; 1 failed (disk, network, a fault of ours); 2 wrong\n"
    "usage; 3 refused, the input breaks a rule; 4 not found, not enrolled;\n"
    "5 conflict (the record moved, the name is taken); 6 locked, or wrong\n"
    "passphrase; 7 not now, try again, nothing was changed; 8 not trusted;\n"
    "9 no room; 10 a file is damaged, or 'doctor' found something wrong;\n"
    "11 the files are newer than this program; 12 an older copy or a clone\n"
    "of the files was noticed.\n"
    "'padu-agent sentences' lists every state with its exit status.\n";

const struct cli_option cli_login_options[2] = {
	{ "label", "SR", "label", CLI_TEXT, false,
	    "who you are, where no daemon is unlocked (or PADU_LABEL)" },
	{ "passphrase-file", "FILE", "passphrase", CLI_PASSPHRASE, false,
	    "its first line is your passphrase (or PADU_PASSPHRASE_FILE)" },
};

const struct cli_option cli_common_options[CLI_NCOMMON] = {
	{ "dir", "DIR", NULL, CLI_TEXT, false,
	    "the laptop's folder (or PADU_DIR; ~/.local/share/padu)" },
	{ "json", NULL, NULL, CLI_FLAG, false,
	    "answers as JSON, one object a line, the last one "
	    "{\"result\"} or {\"error\"}" },
	{ "help", NULL, NULL, CLI_FLAG, false, "this text" },
	{ "lang", "id|en", NULL, CLI_TEXT, false,
	    "the language of sentences (or PADU_LANG; else the locale's)" },
};

/* Of 'enrol' and of 'people add'.  An empty one ends each of these. */
static const struct cli_option ENROL[] = {
	{ "server", "URL", "server", CLI_TEXT, true,
	    "where the server is, http://host:port" },
	{ "code", "CODE", "code", CLI_TEXT, true,
	    "the one-time code, as text" },
	{ "label", "SR", "label", CLI_TEXT, true,
	    "initials that everyone may see" },
	{ "passphrase-file", "FILE", "passphrase", CLI_PASSPHRASE, true,
	    "its first line becomes your passphrase: four words, such "
	    "as 'passphrase --suggest' shows" },
	{ "kdf", "OPS:KIB", "kdf", CLI_TEXT, false,
	    "cost of trying passphrases; measured if left out" },
	{ "as", "LABEL", "as", CLI_TEXT, false,
	    "who lets you in on a laptop in use" },
	{ "as-passphrase-file", "FILE", "as_passphrase", CLI_PASSPHRASE, false,
	    "their passphrase" },
	{ 0 },
};

static const struct cli_option PASSPHRASE[] = {
	{ "new-passphrase-file", "FILE", "new_passphrase", CLI_PASSPHRASE,
	    false, "its first line becomes your passphrase" },
	{ "suggest", NULL, "suggest", CLI_FLAG, false,
	    "four words that nobody can guess; changes nothing" },
	{ "kdf", "OPS:KIB", "kdf", CLI_TEXT, false,
	    "cost of trying passphrases; measured if left out" },
	{ 0 },
};

static const struct cli_option REQUEST[] = {
	{ "out", "FILE", "out", CLI_PATH, true, "where the request goes" },
	{ "qr", NULL, "qr", CLI_FLAG, false, "show it as a QR code here" },
	{ "svg", "FILE", "svg", CLI_PATH, false, "and as a picture there" },
	{ 0 },
};

static const struct cli_option FINISH[] = {
	{ "answer1", "FILE", "answer1", CLI_CONTENT, true, "of one custodian" },
	{ "answer2", "FILE", "answer2", CLI_CONTENT, true, "of another" },
	{ "label", "SR", "label", CLI_TEXT, true, "who you are" },
	{ "passphrase-file", "FILE", "passphrase", CLI_PASSPHRASE, true,
	    "its first line becomes your passphrase" },
	{ "kdf", "OPS:KIB", "kdf", CLI_TEXT, false,
	    "cost of trying passphrases; measured if left out" },
	{ 0 },
};

static const struct cli_option RUN[] = {
	{ "idle-lock", "SECONDS", "idle_lock", CLI_TEXT, false,
	    "after how long: 5 to 86400; 600 if left out" },
	{ 0 },
};

static const struct cli_option UNLOCK[] = {
	{ "label", "SR", "label", CLI_TEXT, true, "who you are" },
	{ "passphrase-file", "FILE", "passphrase", CLI_PASSPHRASE, true,
	    "its first line is your passphrase" },
	{ 0 },
};

static const struct cli_option LIST[] = {
	{ "village", "CODE", "village", CLI_TEXT, false,
	    "of this village only, such as 64.02.05.2001" },
	{ 0 },
};

static const struct cli_option SYNC[] = {
	{ "pull", NULL, "pull", CLI_FLAG, false,
	    "ask for what is new even if nothing waits (always done)" },
	{ 0 },
};

static const struct cli_option BACKUP[] = {
	{ "to", "FILE_OR_FOLDER", "to", CLI_PATH, true,
	    "a folder, such as a stick's, or a new file" },
	{ 0 },
};

static const struct cli_option RESTORE[] = {
	{ "from", "FILE", "from", CLI_PATH, true, "the backup" },
	{ "label", "SR", "label", CLI_TEXT, true, "who you are" },
	{ "passphrase-file", "FILE", "passphrase", CLI_PASSPHRASE, true,
	    "its first line is your passphrase of that laptop" },
	{ "worn", NULL, "worn", CLI_FLAG, false,
	    "also where one of the two copies of its header is damaged" },
	{ 0 },
};

const struct cli_command cli_commands[] = {
	{ .name = "enrol",
	    .about = "make this laptop yours, or join it",
	    .more =
		"The code comes from the office ('padu-server enrol').  On a\n"
		"laptop that is in use already, one of its people lets the\n"
		"new one in: --as and --as-passphrase-file, or an unlocked\n"
		"daemon.\n",
	    .options = ENROL },
	{ .name = "people-list",
	    .login = true,
	    .about = "who shares this laptop, and whose visits wait for them" },
	{ .name = "people-add",
	    .about = "let a further person join this laptop; as 'enrol'",
	    .options = ENROL },
	{ .name = "people-remove",
	    .login = true,
	    .position = "LABEL",
	    .position_key = "person",
	    .about = "take a person off this laptop; their visits travel on",
	    .more =
		"Visits that only they can sign are signed first: they unlock\n"
		"the laptop once.  The file then gets a new key, so that no\n"
		"old copy of its header lets them in.\n" },
	{ .name = "passphrase",
	    .login = true,
	    .about = "change your passphrase, or suggest one",
	    .more =
		"At every moment, also if the power goes, the old passphrase\n"
		"or the new one opens the laptop.\n",
	    .options = PASSPHRASE },
	{ .name = "recover-request",
	    .about = "forgotten passphrase: ask two custodians for help",
	    .more =
		"Needs no passphrase.  Send FILE to two of the custodians of\n"
		"your regency, or show them the QR code, and read the code out\n"
		"to each by telephone.  The same request again changes nothing.\n",
	    .options = REQUEST },
	{ .name = "recover-finish",
	    .about = "forgotten passphrase: two answers, a new passphrase",
	    .more =
		"Every visit is there afterwards, and everybody else's\n"
		"passphrase stays.  Then enrol again with a new code: --as and\n"
		"--label are both you.  Until then you can go on recording.\n",
	    .options = FINISH },
	{ .name = "run",
	    .about = "the daemon; prints \"ready\"",
	    .more =
		"It locks itself when nobody gave it an order for a while\n"
		"(syncs and status do not count), and when the machine slept.\n",
	    .options = RUN },
	{ .name = "unlock",
	    .about = "unlock the daemon for one person",
	    .options = UNLOCK },
	{ .name = "lock", .about = "sign what is unsigned, forget the keys" },
	{ .name = "list",
	    .login = true,
	    .about = "households on this laptop, one a line",
	    .options = LIST },
	{ .name = "show",
	    .login = true,
	    .position = "ID",
	    .position_key = "id",
	    .about = "one household with its members, or one person",
	    .more =
		"Of records that the office said are one, the one that\n"
		"stands for all is shown, whichever was asked for; same has\n"
		"the others, each with its own shown for a visit to it.\n" },
	{ .name = "visits",
	    .login = true,
	    .about = "visits made here, and where they stand",
	    .more =
		"state: unsigned, waiting (not sent, or not answered yet),\n"
		"delivered, quarantined, refused; or returned: the office\n"
		"sent it back, with its reason, until a later visit to that\n"
		"household.\n" },
	{ .name = "returns",
	    .login = true,
	    .about = "visits that the office sent back, and why" },
	{ .name = "visit",
	    .login = true,
	    .stdin_key = "visit",
	    .about = "save one visit, as JSON on standard input",
	    .more =
		"{\"key\": \"...\", \"household\": \"ID\" or \"new\": "
		"{\"village\": \"64.02.05.2001\"},\n"
		" \"day\": \"2026-11-20\", \"shown\": \"1.204+2\", "
		"\"fields\": {\"alamat\": \"...\"},\n"
		" \"members\": [{\"person\": \"ID\" or \"new\": true, "
		"\"fields\": {...},\n"
		"  \"life\": {\"state\": \"meninggal\", \"date\": \"...\", "
		"\"reason\": \"...\"}}],\n"
		" \"note\": \"...\"}\n"
		"The same key and text again changes nothing and gives the\n"
		"same answer.  Only what differs from what is shown is\n"
		"written.  Hand in \"shown\" as 'list' and 'show' print it:\n"
		"if the record moved since, also by a visit of somebody else\n"
		"on this laptop, nothing is saved (5).  Left out, what stands\n"
		"there now counts as seen.\n" },
	{ .name = "sync",
	    .login = true,
	    .about = "send what waits, fetch what is new",
	    .more =
		"Works while locked, too: it sends what was signed, and what\n"
		"comes is kept until the next unlock.\n",
	    .options = SYNC },
	{ .name = "status",
	    .login = true,
	    .about = "what waits, what was delivered, who shares the laptop" },
	{ .name = "backup",
	    .login = true,
	    .about = "a sealed copy of all of it, elsewhere",
	    .more =
		"On a stick, for example.  \"backup\" is answered once the copy\n"
		"is on it and every page was read back.  The same passphrases\n"
		"open it, and nothing else does; visits that are not signed\n"
		"yet are in it, too.  The daemon may run.\n",
	    .options = BACKUP },
	{ .name = "restore",
	    .about = "a laptop made of a backup, in a new folder",
	    .more =
		"Every page is read before anything is in place, and nothing\n"
		"is ever written over a store.  You can record at once; with a\n"
		"new code of the office you enrol again (--as and --label are\n"
		"both you), and all that was in the backup is sent.\n",
	    .options = RESTORE },
	{ .name = "purge",
	    .login = true,
	    .about = "let visits go that are safe at the office for long",
	    .more =
		"It is done by itself at every unlock and sync; this says how\n"
		"many visits left, and how many change sets stay and why.\n" },
	{ .name = "doctor",
	    .login = true,
	    .about = "look at all of it: what is wrong, and what to do",
	    .more =
		"A line for each check: ok, attention (it works, but look at\n"
		"it), wrong (it will not get well by itself; exit status 10)\n"
		"or unchecked (locked: say who you are, and it looks further).\n"
		"Needs no network, mends nothing.\n" },
	{ .name = "sentences",
	    .about = "every state you can meet: name, exit status, sentence" },
};
const size_t cli_ncommands = sizeof(cli_commands) / sizeof(cli_commands[0]);
