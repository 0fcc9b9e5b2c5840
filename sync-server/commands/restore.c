#include <stdio.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"

#include "sync-server/backup/restore.h"
#include "sync-server/commands/args.h"
#include "sync-server/commands/cli.h"
#include "sync-server/commands/passphrase_file.h"

static const struct args_option OPTIONS[] = {
	{ "from", "BACKUP", false, true, "" },
	{ "passphrase-file", "FILE", false, false, "" },
	{ "store-key", "FILE", false, false, "" },
	{ NULL, NULL, false, false, NULL },
};

static const struct args_spec SPEC = { "", 0, 0, OPTIONS };

static void
put_progress(void *arg, uint64_t done, uint64_t total)
{
	const struct cli *cli = arg;

	if (!cli->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu of %llu MiB%s",
		    (unsigned long long)(done >> 20),
		    (unsigned long long)(total >> 20),
		    done == total ? "\n" : "");
}

static void
put_json(struct json_writer *w, const struct restore_made *made)
{
	const struct paper_facts *facts = &made->paper.facts;
	char hex[65];

	crypto_hex(hex, facts->records_digest, 32);
	json_put_object(w, NULL);
	json_put_object(w, "result");
	json_put_i64(w, "authority", made->paper.authority);
	json_put_string(w, "name", made->paper.name);
	json_put_i64(w, "backup_ms", made->paper.time_ms);
	json_put_i64(w, "log", (int64_t)facts->log);
	json_put_i64(w, "records", (int64_t)facts->records);
	json_put_string(w, "digest", hex);
	json_put_i64(w, "former_epoch", facts->epoch);
	json_put_i64(w, "epoch", made->begun.epoch);
	json_put_i64(w, "desk_writer", made->begun.desk_writer);
	json_put_i64(w, "codes_ended", (int64_t)made->begun.codes);
	json_put_end(w);
	json_put_end(w);
}

static enum status
put_result(
    const struct cli *cli, const struct restore_made *made, struct err *err)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	enum status st;

	put_json(&w, made);
	st = json_writer_finish(&w, err);
	if (st == ST_OK && cli->json)
		printf("%.*s\n", (int)bytes.len, (const char *)bytes.bytes);
	else if (st == ST_OK)
		printf("restored: %s, %llu records, epoch %u\n"
		       "next: padu-server run --dir %s\n"
		       "then: say again each `padu-server revoke` of later "
		       "than the backup; make new codes for who has one; "
		       "laptops bring the rest at their next sync\n",
		    made->paper.name,
		    (unsigned long long)made->paper.facts.records,
		    made->begun.epoch, cli->dir);
	writer_free(&bytes);
	return st;
}

int
cli_restore(const struct cli *cli)
{
	struct restore_opts opts = { .dir = cli->dir,
		.regions = cli->regions,
		.env = env_real(),
		.progress = put_progress,
		.arg = (void *)cli };
	char passphrase[PASSPHRASE_MAX + 1] = "";
	struct restore_made made;
	struct args args;
	const char *file;
	struct err err;
	enum status st;

	st = args_parse(&args, &SPEC, cli->words + 1, cli->nwords - 1, &err);
	if (st == ST_OK &&
	    args_has(&args, "passphrase-file") == args_has(&args, "store-key"))
		st = err_set(&err, ST_INVALID,
		    "one of --passphrase-file and --store-key is needed");
	if (st != ST_OK) {
		fprintf(stderr, "padu-server restore: %s; nothing was done.\n",
		    err.text);
		return CLI_USAGE;
	}
	opts.from = args_get(&args, "from");
	opts.key_file = args_get(&args, "store-key");
	file = args_get(&args, "passphrase-file");
	if (file != NULL) {
		opts.passphrase = passphrase;
		st = passphrase_file_read(passphrase, opts.env, file, &err);
	}
	if (st == ST_OK)
		st = restore_make(&opts, &made, &err);
	if (st == ST_OK)
		st = put_result(cli, &made, &err);
	crypto_wipe(passphrase, sizeof(passphrase));
	return st == ST_OK ? CLI_DONE : cli_fail(cli, &err);
}
