#ifndef TESTS_BENCH_SITE_INTERNAL_H
#define TESTS_BENCH_SITE_INTERNAL_H

/* What site.c, site_run.c and roll.c share. */

#include "sync-server/server.h"
#include "tests/bench/site.h"

/* Set ids of imports begin here: visits_from.import. */
#define SITE_IMPORT 0x5049000000000000u

struct server_opts site_opts(const struct site *site);

#endif /* TESTS_BENCH_SITE_INTERNAL_H */
