/*
 * xpath_try WORLD: for every line "context <TAB> expression" of the input, one
 * line "string <TAB> number <TAB> boolean", or "error <TAB> why".  For the
 * comparison with other engines (oracle/run.sh), and to try things out.
 */

#include <stdio.h>
#include <string.h>

#include "tests/form/world.h"

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
try_line(struct world *w, const char *place, const char *expression)
{
	struct arena arena = { 0 };
	struct xpath_context context = { .host = &w->host };
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
		printf("\t%.17g\t%s\n", number, truth ? "true" : "false");
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

	if (argc != 2) {
		fprintf(stderr, "use: %s WORLD <LINES\n", argv[0]);
		return 2;
	}
	world_open(&w, argv[1]);
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
