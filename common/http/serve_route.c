#include <string.h>

#include "common/http/serve_internal.h"

/* What of ${path} stands for the "*" of ${pattern}; NULL: no match. */
static const char *
match_path(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);

	if (len == 0 || pattern[len - 1] != '*')
		return strcmp(pattern, path) == 0 ? path + strlen(path) : NULL;
	if (strncmp(pattern, path, len - 1) != 0 || path[len - 1] == '\0')
		return NULL;
	return path + len - 1;
}

static const struct serve_route *
find(const struct serve *serve, struct serve_request *request,
    const char *method)
{
	const struct serve_route *route;
	size_t i;

	for (i = 0; i < serve->nroutes; i++) {
		route = &serve->routes[i];
		if (strcmp(route->method, method) != 0)
			continue;
		request->tail = match_path(route->path, request->target);
		if (request->tail != NULL)
			return route;
	}
	request->tail = "";
	return NULL;
}

/* The methods this path has: "GET, POST". */
static void
list_methods(const struct serve *serve, const struct serve_request *request,
    char *out, size_t size)
{
	size_t i, used = 0, need;

	out[0] = '\0';
	for (i = 0; i < serve->nroutes; i++) {
		if (match_path(serve->routes[i].path, request->target) == NULL)
			continue;
		need = strlen(serve->routes[i].method) + (used > 0 ? 2 : 0);
		if (used + need >= size)
			return;
		if (used > 0)
			strcat(out, ", ");
		strcat(out, serve->routes[i].method);
		used += need;
	}
}

const struct serve_route *
serve_find_route(const struct serve *serve, struct serve_request *request,
    struct serve_reply *reply)
{
	const struct serve_route *route = find(serve, request, request->method);
	char methods[64];

	if (route == NULL && strcmp(request->method, "HEAD") == 0)
		route = find(serve, request, "GET");
	if (route != NULL)
		return route;
	list_methods(serve, request, methods, sizeof(methods));
	if (methods[0] == '\0') {
		serve_refuse_code(
		    reply, 404, ST_NOTFOUND, "there is nothing at this path");
		return NULL;
	}
	serve_refuse_code(
	    reply, 405, ST_INVALID, "this path does not take this method");
	serve_add_header(reply, "Allow", "%s", methods);
	return NULL;
}
