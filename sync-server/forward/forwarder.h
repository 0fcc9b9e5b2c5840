#ifndef SYNC_SERVER_FORWARD_FORWARDER_H
#define SYNC_SERVER_FORWARD_FORWARDER_H

/*
 * forwarder: the thread that carries what forward.h gives to the receiver.
 *
 *	forwarder_open --> asks forward_next() every second, POSTs, tells
 *	                   forward_done() --> forwarder_close
 */

#include "common/base/err.h"

#include "sync-server/forward/forward.h"

struct forwarder;

struct forwarder_opts {
	struct server *server;
	const char *url; /* of the receiver; http:// or https:// */
	struct forward_opts forward;
};

/* ST_INVALID: no URL. */
enum status forwarder_open(
    struct forwarder **out, const struct forwarder_opts *opts, struct err *err);
/* Gives up what is under way; it is sent again at the next start. */
void forwarder_close(struct forwarder *forwarder);
void forwarder_count(struct forwarder *forwarder, struct forward_counts *out);

#endif /* SYNC_SERVER_FORWARD_FORWARDER_H */
