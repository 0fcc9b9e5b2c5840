#ifndef SYNC_SERVER_SCHEMA_H
#define SYNC_SERVER_SCHEMA_H

/* Made from sync-server/schema/NNNN-*.sql, in that order; for db_migrate(). */

#include <stddef.h>

extern const char *const server_schema[];
extern const size_t server_schema_count;

#endif /* SYNC_SERVER_SCHEMA_H */
