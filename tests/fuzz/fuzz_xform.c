/*
 * Any bytes as a form: refused with a sentence, or loaded, and then a visit on
 * it begins, has repeats added, and is printed; what was printed is an
 * instance of the form.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "tests/form/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* Every question is answered with what it is called. */
static void
answer_all(struct stage *stage)
{
	const struct tree *tree = session_tree(stage->session);
	struct tree_node *top = tree_root(tree), *node;
	const struct xform_bind *bind;
	struct err err;
	uint32_t i, n = 0;

	for (node = tree_next(top, top); node != NULL && n < 200;
	     node = tree_next(node, top)) {
		bind = xform_bind(stage->form, node->bind);
		if (bind->is_leaf && n++ < 200)
			(void)session_set(stage->session, node, node->name,
			    strlen(node->name), &err);
	}
	for (i = 0; i < xform_nbinds(stage->form); i++) {
		bind = xform_bind(stage->form, i);
		node = bind->parent != XFORM_NONE
		    ? tree_find(
			  tree, xform_bind(stage->form, bind->parent)->path)
		    : NULL;
		if (bind->is_repeat && node != NULL)
			(void)session_add_repeat(
			    stage->session, node, i, &node, &err);
	}
}

static void
visit(struct stage *stage)
{
	struct writer out = { 0 };
	struct err err;
	size_t n;

	answer_all(stage);
	(void)session_finish(stage->session, &n, &err);
	must(session_print(stage->session, true, &out, &err) == ST_OK);
	writer_u8(&out, 0);
	must(utf8_valid((const char *)out.bytes, out.len));
	/* An expression may fail on it, but the bytes are an instance. */
	if (stage_start(stage, (const char *)out.bytes, &err) != ST_OK)
		must(strncmp(err.text, "instance", 8) != 0);
	writer_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct stage stage;
	struct err err = { 0 };
	enum status st;

	stage_open(&stage, "tests/form/files");
	st = stage_load(&stage, (const char *)bytes, size, &err);
	if (st != ST_OK) {
		must(stage.form == NULL && err.text[0] != '\0');
		must(st == ST_INVALID || st == ST_FULL);
	} else if (stage_start(&stage, NULL, &err) == ST_OK) {
		visit(&stage);
	}
	stage_close(&stage);
	return 0;
}
