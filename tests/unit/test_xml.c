#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/xml.h"
#include "tests/lib/unit.h"

static struct err err;

static struct xml *
parse(const char *text)
{
	const struct xml_opts opts = { .max = XML_TEXT_MAX };
	struct xml *xml;

	ok(xml_parse(&xml, text, strlen(text), &opts, &err));
	return xml;
}

static void
refuse(const char *text, size_t len, bool secret, const char *words)
{
	const struct xml_opts opts = { .max = XML_TEXT_MAX, .secret = secret };
	struct xml *xml;

	ck_assert_int_eq(xml_parse(&xml, text, len, &opts, &err), ST_INVALID);
	ck_assert_ptr_null(xml);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(texts_and_attributes_are_as_they_were_meant)
{
	struct xml *xml = parse("<a b=\"1 &amp; &#38; &lt;&quot; &amp;#38; "
				"&amp;amp;\">x &amp; y<!-- no -->&#122;"
				"<![CDATA[<&>]]></a>");
	const struct xml_node *root = xml_root(xml);

	ck_assert_str_eq(root->name, "a");
	ck_assert_str_eq(xml_attr(root, "", "b"), "1 & & <\" &#38; &amp;");
	ck_assert_str_eq(xml_text(root), "x & yz<&>");
	ck_assert_ptr_null(xml_attr(root, "", "c"));
	xml_free(xml);
}
END_TEST

START_TEST(names_have_their_namespaces)
{
	struct xml *xml = parse(
	    "<h:a xmlns:h=\"urn:h\" xmlns=\"urn:d\"><b h:c=\"1\" c=\"2\"/>"
	    "<h:b/><b xmlns=\"\"/>t<b/></h:a>");
	const struct xml_node *root = xml_root(xml), *b;

	ck_assert(xml_is(root, "urn:h", "a"));
	b = xml_child(root, "urn:d", "b");
	ck_assert_str_eq(xml_attr(b, "urn:h", "c"), "1");
	ck_assert_str_eq(xml_attr(b, "", "c"), "2");
	ck_assert_ptr_eq(xml_first(root), b);
	ck_assert(xml_is(xml_after(b), "urn:h", "b"));
	ck_assert_ptr_eq(xml_next(b, "urn:d", "b"), root->last);
	ck_assert(xml_is(xml_after(xml_after(b)), "", "b"));
	ck_assert_ptr_null(xml_after(root->last));
	ck_assert_ptr_null(xml_child(root, "urn:d", "c"));
	xml_free(xml);
}
END_TEST

START_TEST(an_element_knows_its_line)
{
	struct xml *xml = parse("<a>\n\n  <b\n c=\"1\"/></a>");
	const struct xml_node *b = xml_first(xml_root(xml));

	ck_assert_uint_eq(b->line, 4);
	ck_assert_int_eq(xml_refuse(b, &err, "no %d", 7), ST_INVALID);
	ck_assert_msg(strncmp(err.text, "line 4, column ", 15) == 0 &&
		strstr(err.text, ": <b>: no 7") != NULL,
	    "%s", err.text);
	xml_free(xml);
}
END_TEST

static const struct {
	const char *name, *text, *words;
} BAD[] = {
	{ "nothing", "", "there is no XML" },
	{ "no element", "<!-- x -->", "not well-formed" },
	{ "two roots", "<a/><b/>", "not well-formed" },
	{ "cut short", "<a><b>", "not well-formed" },
	{ "a tag of another name", "<a></b>", "line 1" },
	{ "an attribute twice", "<a b=\"1\" b=\"2\"/>", "not well-formed" },
	{ "an entity that nobody made", "<a>&x;</a>", "not well-formed" },
	{ "a prefix that nobody declared", "<x:a/>", "not well-formed" },
	{ "a DOCTYPE", "<!DOCTYPE a><a/>", "a DOCTYPE is not allowed" },
	{ "a bomb",
	    "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c "
	    "\"&b;&b;&b;\">]><a>&c;&c;</a>",
	    "a DOCTYPE is not allowed" },
	{ "a file",
	    "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>"
	    "<a>&b;</a>",
	    "a DOCTYPE is not allowed" },
	{ "a list elsewhere", "<!DOCTYPE a SYSTEM \"http://127.0.0.1/a\"><a/>",
	    "a DOCTYPE is not allowed" },
	{ "bytes that are not UTF-8", "<a>\xff\xfe</a>", "not well-formed" },
	{ "a control character", "<a>\x01</a>", "not well-formed" },
};
#define NBAD (sizeof(BAD) / sizeof(BAD[0]))

START_TEST(what_is_no_plain_document_is_refused)
{
	refuse(BAD[_i].text, strlen(BAD[_i].text), false, BAD[_i].words);
}
END_TEST

START_TEST(an_error_shows_nothing_of_what_is_secret)
{
	static const char TEXT[] = "<data><name>Sari</nama></data>";

	refuse(TEXT, strlen(TEXT), false, "nama");
	refuse(TEXT, strlen(TEXT), true, "not well-formed XML (");
	ck_assert_ptr_null(strstr(err.text, "nama"));
}
END_TEST

START_TEST(an_encoding_is_not_believed)
{
	static const char UTF16[] = "\xff\xfe<\0a\0>\0\x57\x00<\0/\0a\0>\0";
	const struct xml_opts opts = { .max = 100 };
	struct xml *xml = parse("<?xml version=\"1.0\" "
				"encoding=\"ISO-8859-1\"?><a>\xc3\xa9</a>");

	ck_assert_str_eq(xml_text(xml_root(xml)), "\xc3\xa9");
	xml_free(xml);
	ok(xml_parse(&xml, UTF16, sizeof(UTF16) - 1, &opts, &err));
	ck_assert_str_eq(xml_text(xml_root(xml)), "W");
	xml_free(xml);
}
END_TEST

/* ${n} times ${open}, then as often ${close}. */
static char *
many(const char *open, const char *close, size_t n, size_t *len)
{
	char *text = malloc(n * (strlen(open) + strlen(close)) + 8), *at = text;
	size_t i;

	ck_assert_ptr_nonnull(text);
	at += sprintf(at, "<r>");
	for (i = 0; i < n; i++)
		at += sprintf(at, "%s", open);
	for (i = 0; i < n; i++)
		at += sprintf(at, "%s", close);
	at += sprintf(at, "</r>");
	*len = (size_t)(at - text);
	return text;
}

START_TEST(there_are_limits)
{
	const struct xml_opts small = { .max = 10 };
	struct xml *xml;
	size_t len;
	char *text;

	ck_assert_int_eq(
	    xml_parse(&xml, "<a>1234</a>", 11, &small, &err), ST_INVALID);
	text = many("<a>", "</a>", XML_DEPTH_MAX - 1, &len);
	xml_free(parse(text));
	free(text);
	text = many("<a>", "</a>", XML_DEPTH_MAX, &len);
	refuse(text, len, false, "elements nest too deep");
	free(text);
	text = many("<a/>", "", XML_NODES_MAX, &len);
	refuse(text, len, false, "too many elements");
	free(text);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, texts_and_attributes_are_as_they_were_meant);
	tcase_add_test(tc, names_have_their_namespaces);
	tcase_add_test(tc, an_element_knows_its_line);
	tcase_add_loop_test(
	    tc, what_is_no_plain_document_is_refused, 0, (int)NBAD);
	tcase_add_test(tc, an_error_shows_nothing_of_what_is_secret);
	tcase_add_test(tc, an_encoding_is_not_believed);
	tcase_add_test(tc, there_are_limits);
}

UNIT_MAIN("xml", add)
