#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xform_internal.h"
#include "common/form/xpath_value.h"
#include "common/json/json.h"
#include "common/sheet/sheet.h"

/* Both kinds of list become <root><item>...</item>...</root>. */
static enum status
add_root(struct xform_load *load, struct tree *tree, struct tree_node **root,
    const char **item)
{
	const char *name;
	enum status st;

	st = names_intern(load->form->names, "root", 4, &name, load->err);
	if (st == ST_OK)
		st =
		    names_intern(load->form->names, "item", 4, item, load->err);
	if (st == ST_OK)
		st = tree_add(
		    tree, tree_root(tree), NULL, name, root, load->err);
	return st;
}

/* A name that paths can have, too. */
static bool
good_name(const char *name)
{
	const unsigned char *at = (const unsigned char *)name;

	if (*at == '\0' || strchr("0123456789-.", *at) != NULL)
		return false;
	for (; *at != '\0'; at++) {
		if (*at < 0x80 && strchr("_-.:", *at) == NULL &&
		    !(*at >= '0' && *at <= '9') &&
		    !(*at >= 'A' && *at <= 'Z') && !(*at >= 'a' && *at <= 'z'))
			return false;
	}
	return true;
}

static enum status
add_text(struct xform_load *load, struct tree *tree, struct tree_node *item,
    const char *name, const char *text)
{
	struct tree_node *node;
	enum status st;

	st = tree_add(tree, item, NULL, name, &node, load->err);
	if (st == ST_OK)
		st = tree_set(tree, node, text, strlen(text), load->err);
	return st;
}

/* ---- CSV ------------------------------------------------------------ */

struct bytes {
	const uint8_t *at;
	size_t len, next;
};

static enum status
read_bytes(void *arg, void *out, size_t size, size_t *got, struct err *err)
{
	struct bytes *bytes = arg;
	size_t left = bytes->len - bytes->next;

	(void)err;
	*got = left < size ? left : size;
	if (*got > 0)
		memcpy(out, bytes->at + bytes->next, *got);
	bytes->next += *got;
	return ST_OK;
}

static enum status
rewind_bytes(void *arg, struct err *err)
{
	struct bytes *bytes = arg;

	(void)err;
	bytes->next = 0;
	return ST_OK;
}

/* The first of those that the standard names which the header has. */
static char
find_delimiter(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\n', len);
	size_t first = end != NULL ? (size_t)(end - bytes) : len;
	const char *at = ",;\t";

	for (; *at != '\0'; at++) {
		if (first > 0 && memchr(bytes, *at, first) != NULL)
			return *at;
	}
	return ',';
}

/* Columns whose name no path can have are left out, as nothing reads them. */
static enum status
take_header(struct xform_load *load, const struct sheet_row *row,
    const char *columns[CSV_COLUMNS_MAX])
{
	enum status st;
	size_t i, j;

	if (row->fault != SHEET_GOOD || row->ncells == 0)
		return err_set(
		    load->err, ST_INVALID, "line 1: there is no header row");
	for (i = 0; i < row->ncells; i++) {
		columns[i] = NULL;
		if (!good_name(row->cells[i]))
			continue;
		st = names_intern(load->form->names, row->cells[i],
		    strlen(row->cells[i]), &columns[i], load->err);
		if (st != ST_OK)
			return st;
		for (j = 0; j < i; j++) {
			if (columns[j] == columns[i])
				return err_set(load->err, ST_INVALID,
				    "line 1: two columns are called "
				    "\"%.60s\"",
				    columns[i]);
		}
	}
	return ST_OK;
}

static enum status
take_rows(struct xform_load *load, struct tree *tree, struct sheet *sheet)
{
	const char *columns[CSV_COLUMNS_MAX], *name;
	struct tree_node *root, *item;
	struct sheet_row row;
	enum status st;
	size_t i, n;

	if ((st = add_root(load, tree, &root, &name)) != ST_OK ||
	    (st = sheet_next(sheet, &row, load->err)) != ST_OK ||
	    (st = take_header(load, &row, columns)) != ST_OK)
		return st;
	n = row.ncells;
	sheet_expect(sheet, n);
	while ((st = sheet_next(sheet, &row, load->err)) == ST_OK) {
		if (row.fault == SHEET_GOOD && row.ncells == 0)
			continue;
		if (row.fault != SHEET_GOOD || row.ncells > n)
			return err_set(load->err, ST_INVALID,
			    "line %zu: no row of %zu cells", row.line, n);
		st = tree_add(tree, root, NULL, name, &item, load->err);
		for (i = 0; i < n && st == ST_OK; i++) {
			if (columns[i] != NULL)
				st = add_text(load, tree, item, columns[i],
				    i < row.ncells ? row.cells[i] : "");
		}
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
xform_read_csv(struct xform_load *load, struct tree *tree, const uint8_t *bytes,
    size_t len)
{
	struct bytes from = { .at = bytes, .len = len };
	const struct sheet_source source = { &from, read_bytes, rewind_bytes };
	struct sheet *sheet;
	enum status st;

	st = sheet_open(&sheet, &source, load->err);
	if (st == ST_OK)
		st = sheet_start(sheet, find_delimiter(bytes, len), load->err);
	if (st == ST_OK)
		st = take_rows(load, tree, sheet);
	sheet_close(sheet);
	if (st == ST_NOTFOUND)
		st = err_set(load->err, ST_INVALID, "the file is empty");
	return st;
}

/* ---- GeoJSON -------------------------------------------------------- */

/* One point, "latitude longitude altitude accuracy", behind what is there. */
static enum status
print_point(struct xform_load *load, const struct json *point, char *out,
    size_t size, size_t *len)
{
	double part[3] = { 0, 0, 0 };
	enum status st = ST_OK;
	char text[3][XPATH_NUMBER_SIZE];
	size_t i, n = json_count(point);

	if (json_kind(point) != JSON_ARRAY || n < 2)
		return err_set(load->err, ST_INVALID, "a point has no place");
	for (i = 0; i < n && i < 3 && st == ST_OK; i++)
		st = json_as_number(json_at(point, i), &part[i], load->err);
	if (st != ST_OK)
		return st;
	for (i = 0; i < 3; i++)
		xpath_number_print(part[i], text[i]);
	*len += (size_t)snprintf(*len < size ? out + *len : NULL,
	    *len < size ? size - *len : 0, "%s%s %s %s 0", *len > 0 ? "; " : "",
	    text[1], text[0], text[2]);
	if (*len >= size)
		return err_set(load->err, ST_INVALID,
		    "a shape of too many "
		    "points");
	return ST_OK;
}

static enum status
add_geometry(struct xform_load *load, struct tree *tree, struct tree_node *item,
    const struct json *geometry)
{
	const struct json *points;
	const char *type, *name;
	static const size_t SIZE = TREE_VALUE_MAX + 1;
	enum status st;
	size_t i, len = 0;
	void *out;

	if ((st = json_get_string(geometry, "type", &type, load->err)) !=
		ST_OK ||
	    (st = json_get_array(
		 geometry, "coordinates", &points, load->err)) != ST_OK ||
	    (st = names_intern(load->form->names, "geometry", 8, &name,
		 load->err)) != ST_OK ||
	    (st = xform_take(load, SIZE, &out)) != ST_OK)
		return st;
	if (strcmp(type, "Point") == 0) {
		st = print_point(load, points, out, SIZE, &len);
		return st == ST_OK ? add_text(load, tree, item, name, out) : st;
	}
	if (strcmp(type, "Polygon") == 0)
		points = json_at(points, 0);
	else if (strcmp(type, "LineString") != 0)
		return err_set(load->err, ST_INVALID,
		    "a geometry that is no Point, LineString or Polygon");
	if (points == NULL || json_kind(points) != JSON_ARRAY)
		return err_set(load->err, ST_INVALID, "a shape has no points");
	for (i = 0; i < json_count(points) && st == ST_OK; i++)
		st = print_point(load, json_at(points, i), out, SIZE, &len);
	return st == ST_OK ? add_text(load, tree, item, name, out) : st;
}

static enum status
add_property(struct xform_load *load, struct tree *tree, struct tree_node *item,
    const char *name, const struct json *value)
{
	char number_text[XPATH_NUMBER_SIZE];
	const char *text = "", *interned;
	double number;
	enum status st;
	bool truth;

	if (json_kind(value) == JSON_NULL || !good_name(name))
		return ST_OK;
	if (json_kind(value) == JSON_STRING) {
		st = json_as_string(value, &text, load->err);
	} else if (json_kind(value) == JSON_NUMBER) {
		st = json_as_number(value, &number, load->err);
		if (st == ST_OK)
			xpath_number_print(number, number_text);
		text = number_text;
	} else {
		/* Lists and objects are refused here. */
		st = json_as_bool(value, &truth, load->err);
		if (st == ST_OK)
			text = truth ? "true" : "false";
	}
	if (st == ST_OK)
		st = names_intern(load->form->names, name, strlen(name),
		    &interned, load->err);
	return st == ST_OK ? add_text(load, tree, item, interned, text) : st;
}

static enum status
add_feature(struct xform_load *load, struct tree *tree, struct tree_node *root,
    const char *name, const struct json *feature)
{
	const struct json *properties, *geometry, *id, *value;
	struct tree_node *item;
	enum status st;
	size_t i;

	if ((st = json_opt_object(
		 feature, "properties", &properties, load->err)) != ST_OK ||
	    (st = json_opt_object(feature, "geometry", &geometry, load->err)) !=
		ST_OK ||
	    (st = tree_add(tree, root, NULL, name, &item, load->err)) != ST_OK)
		return st;
	if (geometry != NULL)
		st = add_geometry(load, tree, item, geometry);
	if (st == ST_OK && (id = json_find(feature, "id")) != NULL)
		st = add_property(load, tree, item, "id", id);
	for (i = 0; st == ST_OK && properties != NULL &&
	     (value = json_at(properties, i)) != NULL;
	     i++) {
		/* The feature's own id and shape go before. */
		if (strcmp(json_name(value), "geometry") == 0 ||
		    (strcmp(json_name(value), "id") == 0 &&
			json_find(feature, "id") != NULL))
			continue;
		st = add_property(load, tree, item, json_name(value), value);
	}
	return st;
}

enum status
xform_read_geojson(struct xform_load *load, struct tree *tree,
    const uint8_t *bytes, size_t len)
{
	const struct json *features, *feature;
	struct tree_node *root;
	struct json *doc;
	const char *name, *type;
	enum status st;
	size_t i;

	st = json_parse(&doc, bytes, len, XML_TEXT_MAX, load->err);
	if (st != ST_OK)
		return st;
	if ((st = json_get_string(doc, "type", &type, load->err)) != ST_OK ||
	    (st = json_get_array(doc, "features", &features, load->err)) !=
		ST_OK ||
	    (st = add_root(load, tree, &root, &name)) != ST_OK)
		goto out;
	if (strcmp(type, "FeatureCollection") != 0) {
		st = err_set(
		    load->err, ST_INVALID, "it is no FeatureCollection");
		goto out;
	}
	for (i = 0; st == ST_OK && (feature = json_at(features, i)) != NULL;
	     i++) {
		st = json_as_object(feature, load->err);
		if (st == ST_OK)
			st = add_feature(load, tree, root, name, feature);
	}
out:
	json_free(doc);
	return st;
}
