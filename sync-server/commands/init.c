#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"

#include "sync-server/commands/args.h"
#include "sync-server/commands/cli.h"
#include "sync-server/server.h"

static const struct args_option OPTIONS[] = {
	{ "authority", "CODE", false, true, "" },
	{ "name", "NAME", false, true, "" },
	{ NULL, NULL, false, false, NULL },
};

static const struct args_spec SPEC = { "", 0, 0, OPTIONS };

static enum status
put_result(const struct cli *cli, const struct server *server, struct err *err)
{
	char hex[2 * CARD_FINGERPRINT_LEN + 1];
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	enum status st;

	card_fingerprint(fingerprint, server->keys.root.public);
	crypto_hex(hex, fingerprint, sizeof(fingerprint));
	json_put_object(&w, NULL);
	json_put_object(&w, "result");
	json_put_i64(&w, "authority", server->authority);
	json_put_string(&w, "name", server->card.name);
	json_put_string(&w, "fingerprint", hex);
	json_put_end(&w);
	json_put_end(&w);
	if ((st = json_writer_finish(&w, err)) == ST_OK && cli->json)
		printf("%.*s\n", (int)bytes.len, (const char *)bytes.bytes);
	else if (st == ST_OK)
		printf(
		    "authority: %u\nfingerprint: %s\n", server->authority, hex);
	writer_free(&bytes);
	return st;
}

/* 6402, or as regions are written: 64.02. */
static enum status
read_authority(const struct args *args, uint64_t *out, struct err *err)
{
	const char *text = args_get(args, "authority");
	unsigned province, regency;
	int end = 0;

	if (strlen(text) == 5 &&
	    sscanf(text, "%2u.%2u%n", &province, &regency, &end) == 2 &&
	    end == 5) {
		*out = (uint64_t)province * 100 + regency;
		return ST_OK;
	}
	return args_number(args, "authority", ID_AUTHORITY_MAX, 0, out, err);
}

int
cli_init(const struct cli *cli)
{
	struct server_opts opts = {
		.dir = cli->dir, .regions = cli->regions, .env = env_real()
	};
	struct server *server = NULL;
	struct args args;
	uint64_t authority;
	struct err err;
	enum status st;

	st = args_parse(&args, &SPEC, cli->words + 1, cli->nwords - 1, &err);
	if (st == ST_OK)
		st = read_authority(&args, &authority, &err);
	if (st != ST_OK) {
		fprintf(stderr, "padu-server init: %s; nothing was done.\n",
		    err.text);
		return CLI_USAGE;
	}
	st = server_create(
	    &opts, (unsigned)authority, args_get(&args, "name"), &err);
	if (st == ST_OK)
		st = server_open(&server, &opts, &err);
	if (st == ST_OK)
		st = put_result(cli, server, &err);
	server_close(server);
	return st == ST_OK ? CLI_DONE : cli_fail(cli, &err);
}
