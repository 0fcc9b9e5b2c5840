#ifndef TESTS_BENCH_SITE_H
#define TESTS_BENCH_SITE_H

/*
 * site: a whole server in a folder, over a sealed store, and laptops that
 * are enrolled at it: in this process while things are prepared, in a
 * process of its own while it is measured.
 *
 *	site_open -> site_join ... -> site_roll ... -> site_pack ...
 *	    -> site_start -> (HTTP) -> site_stop -> ... -> site_close
 *
 * Everything here ends the program where it fails.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/place/region.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/change.h"
#include "tests/lib/visits.h"

#define SITE_AUTHORITY 6402u
#define SITE_LAPTOPS_MAX 64

struct server;

/* One person on one laptop in one village, known to the server. */
struct site_laptop {
	struct sign_key key, transport;
	struct seal_key box;
	uint32_t device, writer;
	uint32_t seq;
	uint8_t prev[CHANGE_ID_LEN];
	struct cursor cursor;
	uint32_t next_new, next_listed; /* visits.h */
	char village[REGION_TEXT_SIZE];
};

struct site {
	struct env env; /* the real one, but for the clock */
	char dir[3800];
	struct server *server; /* NULL while it is a process of its own */
	struct server_card card;
	uint32_t next_listed; /* counter of the next record of a prelist */
	struct site_laptop *laptops;
	unsigned nlaptops, nvillages;
	pid_t child;
	int stop_fd; /* closing it stops the child */
	uint16_t port;
};

/* A new server in the folder ${under}/site. */
struct site *site_open(const char *under);
/* Removes the folder. */
void site_close(struct site *site);

/* The code of a village that nobody asked for before. */
void site_village(struct site *site, char out[REGION_TEXT_SIZE]);
/* A one-time code for somebody new with ${label}. */
void site_code(struct site *site, const char *label, const char *village,
    char out[CARD_CODE_TEXT_SIZE]);
/* Enrol a laptop of the bench's own, in a village of its own. */
struct site_laptop *site_join(struct site *site);
/* All laptops have seen all there is: their cursors, and what is shown. */
void site_catch_up(struct site *site);

/* What visits_new() needs for ${laptop}'s next visits of its prelist. */
struct visits_from site_from(
    const struct site *site, const struct site_laptop *laptop);
/*
 * Sign ${body} as ${laptop}'s next change set and append the envelope that
 * carries it to ${out}.
 */
void site_pack(const struct site *site, struct site_laptop *laptop,
    const struct change_body *body, struct writer *out);
/* The bundle of ${envelope} from ${laptop}, and its name. */
void site_bundle(const struct site_laptop *laptop,
    const struct writer *envelope, struct writer *out,
    uint8_t name[BUNDLE_NAME_LEN]);
/*
 * Is ${reply} the answer to the bundle ${name}, and every receipt in it
 * "merged"?  Then how many there are.
 */
unsigned site_check(const struct site *site,
    const uint8_t name[BUNDLE_NAME_LEN], const uint8_t *reply, size_t len);

/* Only where the laptop stands now; the reply is believed. */
void site_stand(struct site_laptop *laptop, const uint8_t *reply, size_t len);

/* How the process is to run; zero: as padu-server does. */
struct site_run {
	unsigned batch_max; /* uploads in one transaction */
	unsigned sync_us;   /* added to each sync of the disk */
};
/* Close the server here and run it as a process, its door on loopback. */
void site_start(struct site *site, const struct site_run *run);
/* CPU seconds of that process, all threads, user and system. */
double site_cpu_s(const struct site *site);
/* Stop it and open the server here again. */
void site_stop(struct site *site);

#endif /* TESTS_BENCH_SITE_H */
