#ifndef AGENT_SCHEMA_SCHEMA_H
#define AGENT_SCHEMA_SCHEMA_H

/* Made from agent/schema/NNNN-*.sql, in that order; for db_migrate(). */

#include <stddef.h>

extern const char *const agent_schema[];
extern const size_t agent_schema_count;

#endif /* AGENT_SCHEMA_SCHEMA_H */
