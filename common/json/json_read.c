#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "common/base/limits.h"
#include "common/base/wipe.h"
#include "common/json/json.h"
#include "common/json/json_internal.h"

/* Longest name that an error shows. */
#define NAME_SHOWN_MAX 40

/*
 * cJSON's tree knows no parents and finds the nth value by counting; this
 * one, laid over it, has both.  The values of a list lie side by side.
 */
struct json {
	const cJSON *item;
	const struct json *parent; /* NULL: the whole document */
	const struct json *values;
	size_t nvalues;
};

struct doc {
	cJSON *tree;
	struct json nodes[]; /* the document itself, its values, theirs, ... */
};

static void
lay_nodes(struct doc *doc, size_t n)
{
	struct json *node;
	const cJSON *item;
	size_t i, next = 1;

	doc->nodes[0] = (struct json){ .item = doc->tree };
	for (i = 0; i < n; i++) {
		node = &doc->nodes[i];
		if (node->item->child == NULL)
			continue;
		node->values = &doc->nodes[next];
		for (item = node->item->child; item != NULL;
		     item = item->next) {
			doc->nodes[next] =
			    (struct json){ .item = item, .parent = node };
			node->nvalues++;
			next++;
		}
	}
}

static int
compare_names(const void *a, const void *b)
{
	const struct json *const *left = a, *const *right = b;

	return strcmp((*left)->item->string, (*right)->item->string);
}

/* Sorted, so that an object of many names costs no more than its share. */
static enum status
check_names(
    const struct json *object, const struct json **scratch, struct err *err)
{
	char path[128];
	size_t i;

	for (i = 0; i < object->nvalues; i++)
		scratch[i] = &object->values[i];
	qsort(scratch, object->nvalues, sizeof(scratch[0]), compare_names);
	for (i = 1; i < object->nvalues; i++) {
		if (compare_names(&scratch[i - 1], &scratch[i]) == 0) {
			json_path(scratch[i], path, sizeof(path));
			return err_set(
			    err, ST_INVALID, "%s: there twice", path);
		}
	}
	return ST_OK;
}

static enum status
check_all_names(const struct doc *doc, size_t n, struct err *err)
{
	const struct json **scratch;
	enum status st = ST_OK;
	size_t i;

	if ((scratch = malloc(n * sizeof(const struct json *))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; i < n && st == ST_OK; i++) {
		if (cJSON_IsObject(doc->nodes[i].item))
			st = check_names(&doc->nodes[i], scratch, err);
	}
	free(scratch);
	return st;
}

/*
 * A request may hold a passphrase: what cJSON gives back is overwritten.
 * The size is kept in front, as far as anything may have to be aligned.
 */
union front {
	size_t len;
	max_align_t align;
};

static void *
take_memory(size_t len)
{
	union front *front = malloc(sizeof(*front) + len);

	if (front == NULL)
		return NULL;
	front->len = len;
	return front + 1;
}

static void
give_back(void *memory)
{
	union front *front = memory;

	if (memory == NULL)
		return;
	front--;
	wipe(memory, front->len);
	free(front);
}

static pthread_once_t hooked = PTHREAD_ONCE_INIT;

static void
hook(void)
{
	cJSON_Hooks hooks = { take_memory, give_back };

	cJSON_InitHooks(&hooks);
}

enum status
json_parse(struct json **out, const void *bytes, size_t len, size_t max,
    struct err *err)
{
	struct doc *doc = NULL;
	enum status st;
	size_t n;

	*out = NULL;
	if (len > max)
		return err_set(err, ST_INVALID,
		    "document of %zu bytes; %zu allowed", len, max);
	if ((st = json_check(bytes, len, &n, err)) != ST_OK)
		return st;
	doc = calloc(1, sizeof(*doc) + n * sizeof(doc->nodes[0]));
	if (doc == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	pthread_once(&hooked, hook);
	if ((doc->tree = cJSON_ParseWithLength(bytes, len)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	lay_nodes(doc, n);
	if ((st = check_all_names(doc, n, err)) != ST_OK)
		goto out;
	*out = doc->nodes;
	doc = NULL;
out:
	json_free(doc != NULL ? doc->nodes : NULL);
	return st;
}

void
json_free(struct json *json)
{
	struct doc *doc;

	if (json == NULL)
		return;
	doc = (struct doc *)((char *)json - offsetof(struct doc, nodes));
	cJSON_Delete(doc->tree);
	free(doc);
}

enum json_kind
json_kind(const struct json *value)
{
	if (cJSON_IsObject(value->item))
		return JSON_OBJECT;
	if (cJSON_IsArray(value->item))
		return JSON_ARRAY;
	if (cJSON_IsString(value->item))
		return JSON_STRING;
	if (cJSON_IsNumber(value->item))
		return JSON_NUMBER;
	return cJSON_IsBool(value->item) ? JSON_BOOL : JSON_NULL;
}

size_t
json_count(const struct json *value)
{
	return value->nvalues;
}

const struct json *
json_at(const struct json *value, size_t i)
{
	return i < value->nvalues ? &value->values[i] : NULL;
}

const char *
json_name(const struct json *member)
{
	return member->item->string;
}

const struct json *
json_find(const struct json *object, const char *name)
{
	size_t i;

	if (json_kind(object) != JSON_OBJECT)
		return NULL;
	for (i = 0; i < object->nvalues; i++) {
		if (strcmp(object->values[i].item->string, name) == 0)
			return &object->values[i];
	}
	return NULL;
}

/* Small letters and a few digits, as field names are: no person's number. */
static bool
is_plain_word(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
	size_t i, digits = 0;

	for (i = 0; i < len; i++)
		digits += name[i] >= '0' && name[i] <= '9';
	return len > 0 && len <= NAME_SHOWN_MAX && digits <= 4 &&
	    name[len] == '\0';
}

void
json_path(const struct json *value, char *out, size_t size)
{
	const struct json *chain[JSON_DEPTH_MAX + 1], *v;
	const char *name;
	size_t n = 0, used = 0;

	for (v = value; v->parent != NULL && n <= JSON_DEPTH_MAX; v = v->parent)
		chain[n++] = v;
	snprintf(out, size, "%s", n == 0 ? "document" : "");
	while (n-- > 0 && used < size) {
		v = chain[n];
		if ((name = v->item->string) == NULL)
			used += (size_t)snprintf(out + used, size - used,
			    "[%zu]", (size_t)(v - v->parent->values));
		else
			used += (size_t)snprintf(out + used, size - used,
			    "%s%s", used > 0 ? "." : "",
			    is_plain_word(name) ? name : "?");
	}
}

static enum status
refuse(const struct json *value, const char *rule, struct err *err)
{
	char path[128];

	json_path(value, path, sizeof(path));
	return err_set(err, ST_INVALID, "%s: %s", path, rule);
}

enum status
json_as_string(const struct json *value, const char **out, struct err *err)
{
	*out = cJSON_GetStringValue(value->item);
	if (*out == NULL)
		return refuse(value, "must be a text", err);
	return ST_OK;
}

enum status
json_as_number(const struct json *value, double *out, struct err *err)
{
	*out = 0;
	if (!cJSON_IsNumber(value->item))
		return refuse(value, "must be a number", err);
	*out = value->item->valuedouble;
	return ST_OK;
}

enum status
json_as_i64(const struct json *value, int64_t *out, struct err *err)
{
	double number = value->item->valuedouble;

	*out = (int64_t)number; /* json_check() kept it in range */
	if (cJSON_IsNumber(value->item) && (double)*out == number)
		return ST_OK;
	*out = 0;
	return refuse(value, "must be a whole number", err);
}

enum status
json_as_bool(const struct json *value, bool *out, struct err *err)
{
	*out = cJSON_IsTrue(value->item);
	if (!cJSON_IsBool(value->item))
		return refuse(value, "must be true or false", err);
	return ST_OK;
}

enum status
json_as_object(const struct json *value, struct err *err)
{
	if (json_kind(value) != JSON_OBJECT)
		return refuse(value, "must be an object", err);
	return ST_OK;
}

enum status
json_only(const struct json *object, const char *const *names, size_t n,
    struct err *err)
{
	enum status st = json_as_object(object, err);
	size_t i, k;

	for (i = 0; st == ST_OK && i < object->nvalues; i++) {
		for (k = 0; k < n; k++) {
			if (strcmp(names[k], json_name(&object->values[i])) ==
			    0)
				break;
		}
		if (k == n)
			st = refuse(
			    &object->values[i], "no such name here", err);
	}
	return st;
}
