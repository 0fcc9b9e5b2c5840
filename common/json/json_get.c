#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json/json.h"

static enum status
find(const struct json *object, const char *name, const struct json **out,
    struct err *err)
{
	enum status st = json_as_object(object, err);
	char path[128];

	*out = st == ST_OK ? json_find(object, name) : NULL;
	if (st == ST_OK && *out == NULL) {
		json_path(object, path, sizeof(path));
		st =
		    err_set(err, ST_INVALID, "%s: '%s' is missing", path, name);
	}
	return st;
}

/* As find(), but what is missing or null is no fault: *${out} is NULL. */
static enum status
find_optional(const struct json *object, const char *name,
    const struct json **out, struct err *err)
{
	enum status st = json_as_object(object, err);

	*out = st == ST_OK ? json_find(object, name) : NULL;
	if (*out != NULL && json_kind(*out) == JSON_NULL)
		*out = NULL;
	return st;
}

/* Only what is of kind ${kind} stays in *${out}. */
static enum status
hold_to_kind(const struct json **out, enum json_kind kind, struct err *err)
{
	char path[128];

	if (json_kind(*out) == kind)
		return ST_OK;
	json_path(*out, path, sizeof(path));
	*out = NULL;
	return err_set(err, ST_INVALID, "%s: must be an %s", path,
	    kind == JSON_OBJECT ? "object" : "array");
}

enum status
json_get_object(const struct json *object, const char *name,
    const struct json **out, struct err *err)
{
	enum status st = find(object, name, out, err);

	return st == ST_OK ? hold_to_kind(out, JSON_OBJECT, err) : st;
}

enum status
json_get_array(const struct json *object, const char *name,
    const struct json **out, struct err *err)
{
	enum status st = find(object, name, out, err);

	return st == ST_OK ? hold_to_kind(out, JSON_ARRAY, err) : st;
}

enum status
json_get_string(const struct json *object, const char *name, const char **out,
    struct err *err)
{
	const struct json *value;
	enum status st = find(object, name, &value, err);

	*out = NULL;
	return st == ST_OK ? json_as_string(value, out, err) : st;
}

enum status
json_get_i64(
    const struct json *object, const char *name, int64_t *out, struct err *err)
{
	const struct json *value;
	enum status st = find(object, name, &value, err);

	*out = 0;
	return st == ST_OK ? json_as_i64(value, out, err) : st;
}

enum status
json_get_i64_in(const struct json *object, const char *name, int64_t min,
    int64_t max, int64_t *out, struct err *err)
{
	enum status st = json_get_i64(object, name, out, err);
	char path[128];

	if (st != ST_OK || (*out >= min && *out <= max))
		return st;
	*out = 0;
	json_path(json_find(object, name), path, sizeof(path));
	return err_set(err, ST_INVALID,
	    "%s: must be from %" PRId64 " to %" PRId64, path, min, max);
}

enum status
json_get_number(
    const struct json *object, const char *name, double *out, struct err *err)
{
	const struct json *value;
	enum status st = find(object, name, &value, err);

	*out = 0;
	return st == ST_OK ? json_as_number(value, out, err) : st;
}

enum status
json_get_bool(
    const struct json *object, const char *name, bool *out, struct err *err)
{
	const struct json *value;
	enum status st = find(object, name, &value, err);

	*out = false;
	return st == ST_OK ? json_as_bool(value, out, err) : st;
}

enum status
json_opt_object(const struct json *object, const char *name,
    const struct json **out, struct err *err)
{
	enum status st = find_optional(object, name, out, err);

	return *out != NULL ? hold_to_kind(out, JSON_OBJECT, err) : st;
}

enum status
json_opt_array(const struct json *object, const char *name,
    const struct json **out, struct err *err)
{
	enum status st = find_optional(object, name, out, err);

	return *out != NULL ? hold_to_kind(out, JSON_ARRAY, err) : st;
}

enum status
json_opt_string(const struct json *object, const char *name, const char **out,
    struct err *err)
{
	const struct json *value;
	enum status st = find_optional(object, name, &value, err);

	*out = NULL;
	return value != NULL ? json_as_string(value, out, err) : st;
}

enum status
json_opt_i64(const struct json *object, const char *name, int64_t otherwise,
    int64_t *out, struct err *err)
{
	const struct json *value;
	enum status st = find_optional(object, name, &value, err);

	*out = otherwise;
	return value != NULL ? json_as_i64(value, out, err) : st;
}

enum status
json_opt_bool(const struct json *object, const char *name, bool otherwise,
    bool *out, struct err *err)
{
	const struct json *value;
	enum status st = find_optional(object, name, &value, err);

	*out = otherwise;
	return value != NULL ? json_as_bool(value, out, err) : st;
}
