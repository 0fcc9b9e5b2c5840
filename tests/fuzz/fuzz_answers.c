/*
 * Any bytes as what a person does on the household's form: answers, members
 * that come and go, languages.  Whatever they do, what is printed is read
 * again, is printed the same, and is validated without a calculation that
 * differs.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "tests/form/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct stage stage;

/* Abort, and say where. */
#define must(holds) must_at(holds, __LINE__)

static void
must_at(int holds, int line)
{
	if (holds)
		return;
	fprintf(stderr, "line %d\n", line);
	abort();
}

/* The form is loaded once; its path is from the root of the tree. */
static void
prepare(void)
{
	struct err err;
	size_t len = 0;
	char *text;

	stage_open(&stage, "tests/form/files");
	text = stage_read("tests/form/files", "fuzz.xml", &len);
	must(text != NULL);
	must(stage_load(&stage, text, len, &err) == ST_OK);
	free(text);
}

/* Node number ${n}, counted round and round. */
static struct tree_node *
pick(unsigned n)
{
	const struct tree *tree = session_tree(stage.session);
	struct tree_node *top = tree_root(tree), *node = top;

	for (n %= (unsigned)tree_count(tree) + 1; n > 0; n--)
		node = tree_next(node, top);
	return node == top ? top->child : node;
}

/* One step of two bytes and a text; returns how many bytes it took. */
static size_t
step(const uint8_t *bytes, size_t size)
{
	struct tree_node *node = pick(bytes[1]), *added;
	const struct session_choice *choices;
	struct err err;
	size_t len = bytes[0] >> 3, n;

	if (len > size - 2)
		len = size - 2;
	switch (bytes[0] & 7) {
	case 0:
		(void)session_add_repeat(
		    stage.session, node->parent, node->bind, &added, &err);
		break;
	case 1:
		(void)session_remove_repeat(stage.session, node, &err);
		break;
	case 2:
		(void)session_set_language(stage.session, bytes[1] % 3, &err);
		break;
	case 3:
		(void)session_choices(
		    stage.session, node, NULL, 10, &choices, &n, &err);
		break;
	default:
		(void)session_set(
		    stage.session, node, (const char *)bytes + 2, len, &err);
		return 2 + len;
	}
	return 2;
}

static void
print(struct writer *out)
{
	struct err err;

	must(session_print(stage.session, true, out, &err) == ST_OK);
	writer_u8(out, 0);
}

static void
check(void)
{
	struct writer first = { 0 }, again = { 0 };
	const struct session_error *errors;
	struct err err = { 0 };
	char path[256];
	size_t i, n;

	(void)session_finish(stage.session, &n, &err);
	print(&first);
	if (stage_validate(&stage, (const char *)first.bytes, &n, &err) !=
	    ST_OK) {
		fprintf(stderr, "%s\n%s\n", err.text, first.bytes);
		abort();
	}
	errors = session_errors(stage.session, &n);
	for (i = 0; i < n; i++) {
		if (errors[i].fault != SESSION_DIFFERS)
			continue;
		tree_path(errors[i].node, path, sizeof(path));
		fprintf(stderr, "%s differs in\n%s\n", path, first.bytes);
		abort();
	}
	print(&again);
	if (first.len != again.len ||
	    memcmp(first.bytes, again.bytes, first.len) != 0)
		fprintf(stderr, "%s\n%s\n", first.bytes, again.bytes);
	must(first.len == again.len &&
	    memcmp(first.bytes, again.bytes, first.len) == 0);
	writer_free(&first);
	writer_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err err;
	size_t took;

	if (stage.form == NULL)
		prepare();
	must(stage_start(&stage, NULL, &err) == ST_OK);
	while (size >= 2) {
		took = step(bytes, size);
		bytes += took;
		size -= took;
	}
	check();
	return 0;
}
