/*
 * xpath_try WORLD [ZONE_MIN NOW_MS]: for every line "context <TAB> expression"
 * of the input, one line "string <TAB> number <TAB> boolean <TAB> kind", behind
 * which are the places of nodes, or "error <TAB> why".  For the comparison
 * with other engines (oracle/run.sh), and to try things out.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "tests/form/world.h"

static int64_t
given_now(void *arg)
{
	return *(const int64_t *)arg;
}

static void
some_random(void *arg, void *out, size_t len)
{
	uint8_t *bytes = out;

	(void)arg;
	while (len-- > 0)
		*bytes++ = (uint8_t)(rand() >> 7);
}

/* A text on one line. */
static void
print_line(const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '\t':
			fputs("\\t", stdout);
			break;
		case '\n':
			fputs("\\n", stdout);
			break;
		case '\r':
			fputs("\\r", stdout);
			break;
		case '\\':
			fputs("\\\\", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

static void
print_nodes(const struct xpath_value *value)
{
	static const char *const KINDS[] = { "string", "number", "boolean",
		"nodes", "moment" };
	const struct xpath_node *node;
	char path[1024];
	size_t i;

	printf("\t%s", KINDS[value->kind]);
	for (i = 0; value->kind == XPATH_NODES && i < value->nnodes; i++) {
		node = &value->nodes[i];
		tree_path(node->node, path, sizeof(path));
		printf("\t%s%s%s", path, node->attr != NULL ? "/@" : "",
		    node->attr != NULL ? node->attr->name : "");
	}
}

static void
try_line(struct world *w, const char *place, const char *expression)
{
	struct arena arena = { 0 };
	struct xpath_context context = { .host = &w->host };
	struct xpath_value value;
	struct xpath_text text;
	struct xpath *xpath;
	struct err err = { 0 };
	double number;
	bool truth;

	context.node = world_node(w, place);
	if (context.node == NULL) {
		printf("error\tno such context\n");
		return;
	}
	if (xpath_compile(&xpath, &arena, w->names, expression,
		strlen(expression), &err) != ST_OK ||
	    xpath_string(xpath, &context, w->scratch, &text, &err) != ST_OK) {
		printf("error\t%s\n", err.text);
	} else {
		print_line(text.at);
		xpath_number(xpath, &context, w->scratch, &number, &err);
		xpath_truth(xpath, &context, w->scratch, &truth, &err);
		printf("\t%.17g\t%s", number, truth ? "true" : "false");
		xpath_eval(xpath, &context, w->scratch, &value, &err);
		print_nodes(&value);
		putchar('\n');
	}
	xpath_free(xpath);
	arena_free(&arena);
}

int
main(int argc, char **argv)
{
	static char line[65536];
	struct world w;
	char *expression;
	int64_t now = 0;
	const struct env env = {
		.arg = &now, .now_ms = given_now, .random = some_random
	};

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "use: %s WORLD [ZONE_MIN NOW_MS] <LINES\n",
		    argv[0]);
		return 2;
	}
	world_open(&w, argv[1]);
	if (argc == 4) {
		w.host.zone_min = atoi(argv[2]);
		now = strtoll(argv[3], NULL, 10);
		w.host.env = &env;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((expression = strchr(line, '\t')) == NULL)
			continue;
		*expression++ = '\0';
		world_unescape(expression);
		try_line(&w, line, expression);
	}
	world_close(&w);
	return 0;
}
