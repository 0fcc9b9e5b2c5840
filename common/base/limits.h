#ifndef COMMON_BASE_LIMITS_H
#define COMMON_BASE_LIMITS_H

/*
 * Every size that something from outside may have, and why.  A length is
 * checked here before anything is allocated for it.
 */

/* A change set (common/PROTOCOL.md section 3): about 200 visits; 2 s at 256
 * kbit/s. */
#define CHANGE_BODY_MAX (64u << 10)    /* bytes, compressed */
#define CHANGE_INFLATED_MAX (1u << 20) /* bytes; a zip bomb stops here */
#define CHANGE_RECORDS_MAX 1000u       /* rows in one set */
#define CHANGE_PREDS_MAX 64u           /* writes named by one: all heads */
#define CHANGE_ALSO_MAX 64u            /* unanswered sets shown in a row */
#define CHANGE_SETS_NAMED_MAX 4096u    /* set ids named in one set */
#define CHANGE_NAMES_MAX 65536u        /* times that they are named */
#define CHANGE_WRITES_MAX 65536u       /* 1,000 rows of 65 registers */
#define CHANGE_TOGGLES_MAX 1000u       /* as many as rows */
#define CHANGE_NOTE_MAX 4096u          /* bytes: 1,000 characters and more */

/* One record.  The model's histories kept at most 5 heads and 5 awaited
 * names per register; neither has a limit of its own, since what is accepted
 * must not depend on the order of arrival.  The whole is four times what one
 * set can bring, so that only a flood of signed sets comes near it. */
#define RECORD_REGISTERS_MAX 512u  /* registers of one kind of record */
#define RECORD_VALUE_MAX 4096u     /* bytes of one register's value */
#define RECORD_BODY_MAX (4u << 20) /* bytes of a packed record */

/* A bundle: what one laptop sends at once, a month's text and more. */
#define BUNDLE_MAX (8u << 20) /* bytes */
#define BUNDLE_ENVELOPES_MAX 512u
#define ENVELOPE_MAX (CHANGE_BODY_MAX + 4096u)

/* The answer to a bundle; more comes with the next request. */
#define DOWN_PAGE_MAX (1u << 20) /* bytes, before sealing */
#define DOWN_SEALED_MAX (DOWN_PAGE_MAX + (64u << 10))

/* JSON on the command line and on local doors: one visit is about 10 kB. */
#define JSON_TEXT_MAX (1u << 20)
#define JSON_DEPTH_MAX 32u
#define JSON_VALUES_MAX (1u << 17) /* each costs about 130 bytes of memory */
#define JSON_NUMBER_MAX 40u        /* characters; a double prints as 24 */

/* The head of an HTTP request; curl sends about 300 bytes in 6 lines. */
#define SERVE_HEAD_MAX (16u << 10) /* bytes, request line included */
#define SERVE_TARGET_MAX 2048u     /* bytes of path and query */
#define SERVE_HEADERS_MAX 64u      /* lines */
/* What is still read of a chunked body that was too long, for politeness. */
#define SERVE_SWALLOW_MAX (1u << 20) /* bytes */

/* What a command of the local door has written and its client, paused, not
 * yet read; a list of all findings of a regency is some 20 MiB. */
#define CONTROL_QUEUE_MAX (64u << 20) /* bytes */

/* A CSV cell and row: the longest field is a note of 2,000 characters. */
#define CSV_CELL_MAX 8192u
#define CSV_COLUMNS_MAX 256u
#define SHEET_LINE_MAX (128u << 10) /* bytes; the longest seen have 2 kB */
#define SHEET_LINES_MAX 16u         /* lines of one row: notes and addresses */
#define PRELIST_ROWS_MAX 4000000u   /* the largest regency has 1.6 million */
#define PRELIST_MEMBERS_MAX 30u     /* of a family: its sheet in REGSOSEK22-K */
#define PRELIST_TITLE_LINES_MAX 20u /* above the header */

/* The region table: both editions together are 92,000 rows and 3.6 MB. */
#define REGION_TABLE_MAX (16u << 20) /* bytes of regions.csv */
#define REGION_ROWS_MAX 400000u
#define REGION_CELL_MAX 128u /* bytes; the longest name has 44 */
#define REGION_DAYS_MAX 32u  /* different days of validity */
#define REGION_STEPS_MAX 16u /* successors of successors */

/* Passphrase cost written in a file's header: an attacker may have edited
 * it, so it is bounded before it is believed. */
#define PASSPHRASE_MAX 256u /* bytes */
#define PASSPHRASE_OPS_MAX 16u
#define PASSPHRASE_MEM_MAX (1u << 30) /* bytes */

/* What is signed directly is a header; longer things are hashed into one. */
#define SIGN_INPUT_MAX 4096u /* bytes */

/* Sealed at once, in memory: twice the largest bundle. */
#define SEAL_PLAIN_MAX (16u << 20) /* bytes */

/* Uploads at the server: a wave's last evening, 330 villages in an hour. */
#define QUEUE_UPLOADS_MAX 1000u        /* wait for the committer */
#define QUEUE_BYTES_MAX (64u << 20)    /* of them; twice that unpacked */
#define UPLOADS_MEMORY_MAX (16u << 20) /* of small ones that are coming in */
#define PARTS_FILES_MAX 4096u          /* half-received bundles */
#define PARTS_BYTES_MAX (1ull << 30)   /* all of them together */
#define ENROL_REQUEST_MAX 4096u        /* bytes, sealed */

/* What cannot be believed, per laptop: a year of sets, before a flood. */
#define QUARANTINE_ITEMS_MAX 1000u
#define QUARANTINE_BYTES_MAX (64u << 20) /* bytes */
/* Receipts in one reply beside those asked for: a month of sets. */
#define DOWN_RECEIPTS_MAX 4096u

/* How long acknowledged visits may stay on a laptop: ten years, beyond which
 * no register keeps its lists; a slip of the finger is more. */
#define MARK_KEEP_DAYS_MAX 3650u

/* A checkpoint of the audit log with its leaves: two million changes made at
 * one office. */
#define CHECKPOINT_FILE_MAX (64u << 20) /* bytes */

/* What a person writes down to explain a step at the desk. */
#define REASON_MAX 500u /* bytes */

/* XML from outside: forms, filled forms, lists that forms look things up in.
 * The largest public form is 4 MB; a list of all villages 14 MB. */
#define XML_TEXT_MAX (32u << 20) /* bytes */
#define XML_NODES_MAX 2000000u   /* elements, texts, attributes; 80 bytes */
#define XML_DEPTH_MAX 100u       /* public forms nest 20 deep */

/* A form: the largest public one has 4,000 nodes and 1.5 MB. */
#define XFORM_TEXT_MAX (16u << 20) /* bytes */
#define XFORM_BINDS_MAX 50000u     /* different paths; 400 bytes each */
#define XFORM_PATH_MAX 2048u       /* bytes of a path */
#define XFORM_LANGUAGES_MAX 64u    /* public forms have up to 20 */
#define XFORM_EDGES_MAX 1000000u   /* what rules read, all together */

/* A visit.  The prelist's sheet has room for 30 members of a family; with 300
 * answers of each a visit has 9,000 nodes.  The bytes are those of its texts
 * (50 kB), photos lie beside it. */
#define SESSION_REPEATS_MAX 1000u    /* instances of a repeat in one place */
#define SESSION_NODES_MAX 100000u    /* before no more repeats are added */
#define SESSION_ACTIONS_MAX 16u      /* actions that set off others */
#define SESSION_WORDS_MAX 1000u      /* choices in one answer */
#define INSTANCE_TEXT_MAX (4u << 20) /* bytes of an instance that was sent */

/* A form and its instances.  The largest public form seen has 4,000 nodes;
 * a national list of villages 84,000 rows of 4. */
#define TREE_NODES_MAX 1000000u    /* of one instance; 110 bytes each */
#define TREE_DEPTH_MAX 64u         /* public forms nest 9 deep */
#define TREE_VALUE_MAX (64u << 10) /* bytes; traces of 1,000 points */
#define TREE_NAME_MAX 512u         /* bytes of a name */
#define TREE_NAMES_MAX 65536u      /* different ones in a form */

/* An expression of a form.  The longest seen has 30 kB and 5,000 parts; what
 * hangs on one another bounds the stack that evaluation needs. */
#define XPATH_SOURCE_MAX (64u << 10) /* bytes */
#define XPATH_PARTS_MAX 20000u       /* 70 bytes each */
#define XPATH_DEPTH_MAX 400u         /* if() in if(): 60 were seen */
#define XPATH_STEPS_MAX 10000000u    /* nodes looked at: half a second */
#define XPATH_MEMORY_MAX (64u << 20) /* bytes of one evaluation */
#define XPATH_STRING_MAX (1u << 20)  /* bytes of one string in it */
#define REGEX_PATTERN_MAX 4096u      /* bytes */
#define REGEX_MATCH_MAX 1000000u     /* tries: 20 ms; honest ones take 1,000 */
#define REGEX_DEPTH_MAX 10000u       /* of backtracking */
#define REGEX_HEAP_MAX 8192u         /* KiB */

#endif /* COMMON_BASE_LIMITS_H */
