#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"

#include "sync-server/commands/args.h"
#include "sync-server/commands/cli.h"
#include "sync-server/commands/passphrase_file.h"
#include "sync-server/recovery/custodian.h"

const char cli_recover_help[] =
    "Usage: padu-server recover look --share FILE REQUEST\n"
    "       padu-server recover answer --share FILE --passphrase-file FILE\n"
    "                  --code CODE --out FILE [--old] [--again] REQUEST\n"
    "\n"
    "For a custodian, on a machine of their own; no server is needed.\n"
    "\n"
    "Someone has forgotten the passphrase of a laptop and sent REQUEST.  Ring\n"
    "them up: is it really them, have they the laptop before them?  Let them\n"
    "read the code from its screen and give it as --code.  'answer' then\n"
    "writes a file that goes back to them; it needs another custodian's\n"
    "beside it.  Each answer is noted in the share's log, FILE.log.\n"
    "\n"
    "  --share FILE               your share, padu-share-...\n"
    "  --passphrase-file FILE     its first line is the share's passphrase\n"
    "  --code CODE                as heard on the telephone\n"
    "  --out FILE                 where the answer goes\n"
    "  --old                      although it was made long ago by its clock\n"
    "  --again                    although you have answered it before\n"
    "  --lang id|en               the language of sentences\n"
    "  --json                     the result as JSON\n";

static const struct args_option LOOK[] = {
	{ "share", "FILE", false, true, "" },
	{ NULL, NULL, false, false, NULL },
};
static const struct args_option ANSWER[] = {
	{ "share", "FILE", false, true, "" },
	{ "passphrase-file", "FILE", false, true, "" },
	{ "code", "CODE", false, true, "" },
	{ "out", "FILE", false, true, "" },
	{ "old", NULL, false, false, "" },
	{ "again", NULL, false, false, "" },
	{ NULL, NULL, false, false, NULL },
};
static const struct args_spec LOOK_SPEC = { "REQUEST", 1, 1, LOOK };
static const struct args_spec ANSWER_SPEC = { "REQUEST", 1, 1, ANSWER };

static enum status
put_look(const struct cli *cli, const struct custodian_look *look,
    const char *out, struct err *err)
{
	char hex[2 * RECOVERY_NUMBER_LEN + 1];
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	enum status st;

	crypto_hex(hex, look->request.number, RECOVERY_NUMBER_LEN);
	json_put_object(&w, NULL);
	json_put_object(&w, "result");
	json_put_string(&w, "office", look->office.name);
	json_put_i64(&w, "laptop", look->request.device);
	json_put_i64(&w, "asked_ms", look->request.time_ms);
	json_put_string(&w, "request", hex);
	json_put_i64(&w, "custodian", look->custodian);
	json_put_i64(&w, "recovery_key", look->number);
	json_put_bool(&w, "can_answer", look->held);
	if (out != NULL)
		json_put_string(&w, "answer", out);
	json_put_end(&w);
	json_put_end(&w);
	st = json_writer_finish(&w, err);
	if (st == ST_OK && cli->json)
		printf("%.*s\n", (int)bytes.len, (const char *)bytes.bytes);
	else if (st == ST_OK) {
		printf("office: %s\nlaptop: %u\nrequest: %s\n"
		       "custodian: %u of recovery key %u%s\n",
		    look->office.name, look->request.device, hex,
		    look->custodian, (unsigned)look->number,
		    look->held ? "" : " (not the one that is asked for)");
		if (out != NULL)
			printf("answer: %s\n", out);
	}
	writer_free(&bytes);
	return st;
}

static enum status
run_answer(const struct cli *cli, const struct args *args, struct err *err)
{
	struct custodian_answer answer = { .share = args_get(args, "share"),
		.request = args->pos[0],
		.out = args_get(args, "out"),
		.code = args_get(args, "code"),
		.old = args_has(args, "old"),
		.again = args_has(args, "again") };
	char passphrase[PASSPHRASE_MAX + 1];
	struct custodian_look look;
	enum status st;

	st = passphrase_file_read(
	    passphrase, env_real(), args_get(args, "passphrase-file"), err);
	answer.passphrase = passphrase;
	if (st == ST_OK)
		st = custodian_answer(env_real(), &answer, &look, err);
	crypto_wipe(passphrase, sizeof(passphrase));
	return st == ST_OK ? put_look(cli, &look, answer.out, err) : st;
}

static enum status
run_look(const struct cli *cli, const struct args *args, struct err *err)
{
	struct custodian_look look;
	enum status st;

	st = custodian_look(
	    &look, env_real(), args_get(args, "share"), args->pos[0], err);
	return st == ST_OK ? put_look(cli, &look, NULL, err) : st;
}

int
cli_recover(const struct cli *cli)
{
	bool look, answer;
	struct args *args;
	struct err err;
	enum status st;

	look = cli->nwords > 1 && strcmp(cli->words[1], "look") == 0;
	answer = cli->nwords > 1 && strcmp(cli->words[1], "answer") == 0;
	if (!look && !answer) {
		fprintf(stderr, "%s", cli_recover_help);
		return CLI_USAGE;
	}
	if ((args = malloc(sizeof(*args))) == NULL)
		return CLI_FAILED;
	st = args_parse(args, look ? &LOOK_SPEC : &ANSWER_SPEC, cli->words + 2,
	    cli->nwords - 2, &err);
	if (st != ST_OK) {
		fprintf(stderr,
		    "padu-server recover: %s; nothing was done.\n%s", err.text,
		    cli_recover_help);
		free(args);
		return CLI_USAGE;
	}
	st = look ? run_look(cli, args, &err) : run_answer(cli, args, &err);
	free(args);
	return st == ST_OK ? CLI_DONE : cli_fail(cli, &err);
}
