/*
 * What a form's engine takes: an answer with all that follows, a whole visit
 * held to its form, a large form loaded, a long list of choices filtered.
 * CPU time of one thread; forms are written here, from a seed that is fixed.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/writer.h"
#include "tests/bench/measure.h"
#include "tests/form/stage.h"

#define MEMBERS 6
#define CHOICES 5000

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "form");
}

static void
put(struct writer *w, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	writer_bytes(w, text, (size_t)len);
}

/* ---- a form --------------------------------------------------------- */

struct plan {
	unsigned household, member; /* questions of each */
	unsigned choices;           /* of the long list */
	bool itext;                 /* two languages */
};

/* Question ${i} below ${path}: every kind, and every kind of rule. */
static void
put_bind(struct writer *w, const char *path, unsigned i)
{
	put(w, "<bind nodeset=\"%s/q%u\"", path, i);
	switch (i % 10) {
	case 0:
		put(w,
		    " type=\"int\" required=\"true()\" constraint=\". &gt;= "
		    "0 and . &lt;= 1000\"");
		break;
	case 1:
		put(w, " type=\"int\" calculate=\" %s/q%u  * 2 + 1\"", path,
		    i - 1);
		break;
	case 2:
		put(w, " relevant=\" %s/q%u  &gt; 5\"", path, i - 2);
		break;
	case 3:
		put(w, " type=\"date\" constraint=\". &lt;= today()\"");
		break;
	case 4:
		put(w,
		    " type=\"int\" calculate=\"int((today() -  %s/q%u ) div "
		    "365.25)\"",
		    path, i - 1);
		break;
	case 6:
		put(w,
		    " relevant=\"selected( %s/q%u , 'c2')\" "
		    "required=\"true()\"",
		    path, i - 1);
		break;
	case 8:
		put(w,
		    " type=\"decimal\" calculate=\"if( %s/q%u  = '', 0,  "
		    "%s/q%u  div 2)\"",
		    path, i - 8, path, i - 8);
		break;
	case 9:
		put(w, " constraint=\"regex(., '^[a-zA-Z ]*$')\"");
		break;
	default:
		put(w, " type=\"string\"");
	}
	put(w, "/>");
}

static bool
is_calculated(unsigned i)
{
	return i % 10 == 1 || i % 10 == 4 || i % 10 == 8;
}

static void
put_control(
    struct writer *w, const struct plan *plan, const char *path, unsigned i)
{
	const char *name = i % 10 == 5 ? "select" : "input";

	if (is_calculated(i))
		return;
	put(w, "<%s ref=\"%s/q%u\">", name, path, i);
	if (plan->itext)
		put(w, "<label ref=\"jr:itext('%s/q%u:label')\"/>", path, i);
	else
		put(w, "<label>Question %u</label>", i);
	if (i % 10 == 5)
		put(w,
		    "<itemset nodeset=\"instance('short')/root/item\">"
		    "<value ref=\"name\"/><label ref=\"label\"/></itemset>");
	put(w, "</%s>", name);
}

static void
put_nodes(struct writer *w, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		put(w, "<q%u/>", i);
}

static void
put_texts(struct writer *w, const char *path, unsigned n, const char *language)
{
	unsigned i;

	for (i = 0; i < n; i++)
		put(w,
		    "<text id=\"%s/q%u:label\"><value>%s: how many of these "
		    "were there in the last month, question %u?</value>"
		    "</text>",
		    path, i, language, i);
}

static void
put_lists(struct writer *w, const struct plan *plan)
{
	unsigned i;

	put(w, "<instance id=\"short\"><root>");
	for (i = 0; i < 8; i++)
		put(w, "<item><name>c%u</name><label>Choice %u</label></item>",
		    i, i);
	put(w, "</root></instance><instance id=\"long\"><root>");
	for (i = 0; i < plan->choices; i++)
		put(w,
		    "<item><name>v%u</name><label>Village number %u</label>"
		    "<district>d%u</district></item>",
		    i, i, i % 50);
	put(w, "</root></instance>");
}

static void
put_form(struct writer *w, const struct plan *plan)
{
	static const char *const LANGUAGES[] = { "Bahasa Indonesia (id)",
		"English (en)" };
	unsigned i;

	put(w,
	    "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
	    "xmlns:h=\"http://www.w3.org/1999/xhtml\" "
	    "xmlns:jr=\"http://openrosa.org/javarosa\"><h:head><h:title>"
	    "bench</h:title><model>");
	if (plan->itext) {
		put(w, "<itext>");
		for (i = 0; i < 2; i++) {
			put(w, "<translation lang=\"%s\">", LANGUAGES[i]);
			put_texts(w, "/d", plan->household, LANGUAGES[i]);
			put_texts(w, "/d/m", plan->member, LANGUAGES[i]);
			put(w, "</translation>");
		}
		put(w, "</itext>");
	}
	put(w, "<instance><d id=\"bench\" version=\"1\">");
	put_nodes(w, plan->household);
	put(w, "<district/><village/><m jr:template=\"\">");
	put_nodes(w, plan->member);
	put(w, "</m><sum/><adults/><meta><instanceID/></meta></d></instance>");
	put_lists(w, plan);
	for (i = 0; i < plan->household; i++)
		put_bind(w, "/d", i);
	for (i = 0; i < plan->member; i++)
		put_bind(w, "/d/m", i);
	put(w,
	    "<bind nodeset=\"/d/sum\" calculate=\"sum(/d/m/q0)\"/>"
	    "<bind nodeset=\"/d/adults\" calculate=\"count(/d/m[q0 &gt; "
	    "17])\"/></model></h:head><h:body>");
	for (i = 0; i < plan->household; i++)
		put_control(w, plan, "/d", i);
	put(w,
	    "<input ref=\"/d/district\"/><select1 ref=\"/d/village\">"
	    "<itemset nodeset=\"instance('long')/root/item[district = "
	    "/d/district]\"><value ref=\"name\"/><label ref=\"label\"/>"
	    "</itemset></select1><group ref=\"/d/m\"><repeat "
	    "nodeset=\"/d/m\">");
	for (i = 0; i < plan->member; i++)
		put_control(w, plan, "/d/m", i);
	put(w, "</repeat></group></h:body></h:html>");
	writer_u8(w, 0);
}

/* A form of this plan, loaded, and a visit on it with its members. */
static void
open_visit(struct stage *stage, const struct plan *plan, unsigned members)
{
	struct writer w = { 0 };
	struct tree_node *root, *node;
	struct err err;
	uint32_t bind;

	stage_open(stage, ".");
	put_form(&w, plan);
	must(stage_load(stage, (const char *)w.bytes, w.len - 1, &err), &err);
	writer_free(&w);
	must(stage_start(stage, NULL, &err), &err);
	bind = xform_find(stage->form, "/d/m");
	root = tree_root(session_tree(stage->session))->child;
	for (; members > 0; members--)
		must(
		    session_add_repeat(stage->session, root, bind, &node, &err),
		    &err);
}

/* ---- answers -------------------------------------------------------- */

/* An answer that fits question ${node}, another one in every ${round}. */
static void
make_answer(const struct tree_node *node, unsigned round, char out[32])
{
	unsigned i = (unsigned)strtoul(node->name + 1, NULL, 10);

	if (i % 10 == 3)
		snprintf(
		    out, 32, "%u-0%u-1%u", 1950 + i % 50, 1 + round % 9, i % 9);
	else if (i % 10 == 5)
		snprintf(out, 32, "c%u c2", 3 + round % 5);
	else if (i % 10 == 9)
		snprintf(out, 32, "%s", round % 2 == 0 ? "Ani" : "Budi");
	else
		snprintf(out, 32, "%u", 6 + (i + round) % 90);
}

/* Every question once; how many were answered. */
static unsigned
answer_all(struct stage *stage, unsigned round, uint64_t *evaluated)
{
	struct tree_node *top = tree_root(session_tree(stage->session));
	struct tree_node *node;
	char answer[32];
	unsigned n = 0;
	struct err err;

	for (node = tree_next(top, top); node != NULL;
	     node = tree_next(node, top)) {
		if (node->name[0] != 'q' || !tree_relevant(node) ||
		    is_calculated((unsigned)strtoul(node->name + 1, NULL, 10)))
			continue;
		make_answer(node, round, answer);
		must(session_set(
			 stage->session, node, answer, strlen(answer), &err),
		    &err);
		*evaluated += session_evaluated(stage->session);
		n++;
	}
	return n;
}

static void
run_set(const struct measure_args *args, const char *id, const char *nodes_id,
    const struct plan *plan, unsigned members)
{
	struct measure ms = { 0 }, nodes = { 0 };
	unsigned runs = args->runs != 0 ? args->runs : 9, run, n, i;
	uint64_t evaluated;
	struct stage stage;
	double since;

	open_visit(&stage, plan, members);
	for (run = 0; run < runs; run++) {
		evaluated = 0;
		n = 0;
		since = measure_cpu_s();
		for (i = 0; i < (args->quick ? 1u : 10u); i++)
			n += answer_all(&stage, run * 10 + i, &evaluated);
		measure_add(&ms, (measure_cpu_s() - since) * 1e3 / n);
		measure_add(&nodes, (double)evaluated / n);
	}
	measure_print(&ms, id, "ms");
	measure_print(&nodes, nodes_id, "rules");
	fprintf(stderr, "%s: %u answers a round\n", id, n / 10);
	stage_close(&stage);
}

static void
run_validate(const struct measure_args *args, const struct plan *plan)
{
	unsigned runs = args->runs != 0 ? args->runs : 9, run, i;
	unsigned times = args->quick ? 1 : 20;
	struct writer instance = { 0 };
	struct measure ms = { 0 };
	struct stage stage;
	uint64_t evaluated = 0;
	struct err err;
	double since;
	size_t faults;

	open_visit(&stage, plan, MEMBERS);
	answer_all(&stage, 1, &evaluated);
	must(session_print(stage.session, false, &instance, &err), &err);
	writer_u8(&instance, 0);
	for (run = 0; run < runs; run++) {
		since = measure_cpu_s();
		for (i = 0; i < times; i++)
			must(stage_validate(&stage,
				 (const char *)instance.bytes, &faults, &err),
			    &err);
		measure_add(&ms, (measure_cpu_s() - since) * 1e3 / times);
		if (faults != 0)
			must(err_set(&err, ST_BUG, "%zu faults", faults), &err);
	}
	measure_print(&ms, "form.validate_ms", "ms");
	fprintf(
	    stderr, "form.validate_ms: %zu bytes of instance\n", instance.len);
	writer_free(&instance);
	stage_close(&stage);
}

/* ---- large forms ---------------------------------------------------- */

static double
peak_mb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

/* The first load tells what it takes at most: so this comes first. */
static void
run_load(const struct measure_args *args)
{
	static const struct plan PLAN = { 2500, 200, CHOICES, true };
	struct measure ms = { 0 }, mb = { 0 };
	unsigned runs = args->runs != 0 ? args->runs : 9, run;
	struct writer w = { 0 };
	struct stage stage;
	struct err err;
	double since, before;

	put_form(&w, &PLAN);
	before = peak_mb();
	for (run = 0; run < runs; run++) {
		stage_open(&stage, ".");
		since = measure_cpu_s();
		must(stage_load(&stage, (const char *)w.bytes, w.len - 1, &err),
		    &err);
		measure_add(&ms, (measure_cpu_s() - since) * 1e3);
		if (run == 0)
			measure_add(&mb, peak_mb() - before);
		stage_close(&stage);
	}
	measure_print(&ms, "form.load_ms", "ms");
	measure_print(&mb, "form.load_mb", "MB");
	fprintf(stderr, "form.load_ms: %zu bytes\n", w.len);
	writer_free(&w);
}

static void
run_filter(const struct measure_args *args)
{
	static const struct plan PLAN = { 10, 10, CHOICES, false };
	const struct session_choice *choices;
	struct measure ms = { 0 };
	unsigned runs = args->runs != 0 ? args->runs : 9, run, i;
	struct tree_node *village;
	struct stage stage;
	struct err err;
	char district[16];
	double since;
	size_t n;

	open_visit(&stage, &PLAN, 0);
	village = tree_find(session_tree(stage.session), "/d/village");
	for (run = 0; run < runs; run++) {
		since = measure_cpu_s();
		for (i = 0; i < 10; i++) {
			snprintf(
			    district, sizeof(district), "d%u", (run + i) % 50);
			must(session_set_path(
				 stage.session, "/d/district", district, &err),
			    &err);
			must(session_choices(stage.session, village, NULL, 1000,
				 &choices, &n, &err),
			    &err);
			if (n != CHOICES / 50)
				must(err_set(&err, ST_BUG, "%zu choices", n),
				    &err);
		}
		measure_add(&ms, (measure_cpu_s() - since) * 1e3 / 10);
	}
	measure_print(&ms, "form.filter_ms", "ms");
	stage_close(&stage);
}

int
main(int argc, char **argv)
{
	static const struct plan SMALL = { 60, 40, 0, false };
	static const struct plan LARGE = { 2000, 10, 0, false };
	struct measure_args args;

	measure_args(&args, argc, argv);
	if (measure_wanted(&args, "form.load"))
		run_load(&args);
	if (measure_wanted(&args, "form.validate_ms"))
		run_validate(&args, &SMALL);
	if (measure_wanted(&args, "form.set_ms"))
		run_set(
		    &args, "form.set_ms", "form.set_rules", &SMALL, MEMBERS);
	if (measure_wanted(&args, "form.set2000_ms"))
		run_set(&args, "form.set2000_ms", "form.set2000_rules", &LARGE,
		    MEMBERS);
	if (measure_wanted(&args, "form.filter_ms"))
		run_filter(&args);
	return 0;
}
