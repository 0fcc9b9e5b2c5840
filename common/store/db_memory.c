#include <string.h>

#include "common/base/wipe.h"
#include "common/store/db_internal.h"

/*
 * SQLite's own, which ours stand in front of: as global as SQLite's settings
 * are.  Set once, before any thread.
 */
static sqlite3_mem_methods stock;

static void
give_back(void *memory)
{
	if (memory != NULL)
		wipe(memory, (size_t)stock.xSize(memory));
	stock.xFree(memory);
}

/* Never in place: what is left behind would stay as it was. */
static void *
move(void *memory, int len)
{
	int old = stock.xSize(memory);
	void *to;

	if (len <= old)
		return stock.xRealloc(memory, len);
	if ((to = stock.xMalloc(len)) == NULL)
		return NULL;
	memcpy(to, memory, (size_t)old);
	give_back(memory);
	return to;
}

enum status
db_wipe_memory(struct err *err)
{
	sqlite3_mem_methods methods;

	if (stock.xFree == NULL &&
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &stock) != SQLITE_OK)
		goto late;
	methods = stock;
	methods.xFree = give_back;
	methods.xRealloc = move;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK)
		return ST_OK;
late:
	return err_set(err, ST_BUG, "a database is open already");
}
