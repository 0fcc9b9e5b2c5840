#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/http/serve_internal.h"

/* Sockets kept to be emptied: how many at most, how long, how greedily. */
#define LINGER_MAX 64
#define LINGER_MS 3000
#define LINGER_BYTES (256u << 10)

#define TICK_MS 200
#define NEVER INT64_MAX
/* No deadline any more: the connection was cut. */
#define CUT (INT64_MAX - 1)

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_WORK, PHASE_REPLY, PHASE_IDLE };

/*
 * Changed by the connection's own HTTP thread, looked at by the watch.  It
 * is the deadline that the two may want to change at once; whoever swaps it
 * first wins.
 */
struct watched {
	struct watched *next, *prev;
	int fd;
	_Atomic int64_t deadline;
	atomic_int phase;
	_Atomic uint64_t moved; /* body bytes in this window */
	bool unread; /* the client may be sending; its HTTP thread only */
	struct serve_request *request; /* its HTTP thread only */
};

struct watch {
	struct serve_patience patience;
	pthread_t thread;
	pthread_mutex_t lock; /* holds what is below */
	pthread_cond_t wake;
	bool stop;
	struct watched *first;
	struct {
		int fd;
		int64_t until;
	} linger[LINGER_MAX];
	unsigned nlinger;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Under the lock: no fd is closed, and so none given out again, meanwhile. */
static void
check_deadline(struct watch *watch, struct watched *c, int64_t now)
{
	int64_t deadline = atomic_load(&c->deadline), next = CUT;
	uint64_t due =
	    (uint64_t)watch->patience.window_ms * watch->patience.rate / 1000;

	if (now < deadline)
		return;
	if (atomic_load(&c->phase) == PHASE_BODY &&
	    atomic_exchange(&c->moved, 0) >= due)
		next = now + watch->patience.window_ms;
	if (atomic_compare_exchange_strong(&c->deadline, &deadline, next) &&
	    next == CUT)
		shutdown(c->fd, SHUT_RDWR);
}

/* Read on, up to a bound, so that one client does not hold up the others. */
static bool
is_drained(int fd)
{
	char buffer[16384];
	size_t total = 0;
	ssize_t n;

	while (total < LINGER_BYTES) {
		n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n == 0)
			return true;
		if (n < 0)
			return errno != EAGAIN && errno != EWOULDBLOCK &&
			    errno != EINTR;
		total += (size_t)n;
	}
	return false;
}

static void
drain_lingering(struct watch *watch, int64_t now)
{
	unsigned i = 0;

	while (i < watch->nlinger) {
		if (now < watch->linger[i].until &&
		    !is_drained(watch->linger[i].fd)) {
			i++;
			continue;
		}
		close(watch->linger[i].fd);
		watch->linger[i] = watch->linger[--watch->nlinger];
	}
}

static void
wait_a_tick(struct watch *watch)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += TICK_MS * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_nsec -= 1000000000L;
		ts.tv_sec++;
	}
	pthread_cond_timedwait(&watch->wake, &watch->lock, &ts);
}

static void *
run(void *arg)
{
	struct watch *watch = arg;
	struct watched *c;
	int64_t now;

	pthread_mutex_lock(&watch->lock);
	while (!watch->stop) {
		now = now_ms();
		for (c = watch->first; c != NULL; c = c->next)
			check_deadline(watch, c, now);
		drain_lingering(watch, now);
		wait_a_tick(watch);
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

static void
set_defaults(struct serve_patience *p)
{
	if (p->head_ms == 0)
		p->head_ms = 15000;
	if (p->idle_ms == 0)
		p->idle_ms = 60000;
	if (p->window_ms == 0)
		p->window_ms = 30000;
	if (p->rate == 0)
		p->rate = 500;
}

enum status
watch_open(
    struct watch **out, const struct serve_patience *patience, struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	pthread_condattr_t attr;

	*out = NULL;
	if (watch == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	watch->patience = *patience;
	set_defaults(&watch->patience);
	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&watch->thread, NULL, run, watch) != 0) {
		pthread_cond_destroy(&watch->wake);
		pthread_mutex_destroy(&watch->lock);
		free(watch);
		return err_set(err, ST_IO, "no further thread can be started");
	}
	*out = watch;
	return ST_OK;
}

void
watch_close(struct watch *watch)
{
	if (watch == NULL)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->stop = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	while (watch->nlinger > 0)
		close(watch->linger[--watch->nlinger].fd);
	pthread_cond_destroy(&watch->wake);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

/* Too late for a connection that was cut: it stays so. */
static void
enter(struct watched *c, enum phase phase, int64_t deadline)
{
	int64_t old = atomic_load(&c->deadline);

	atomic_store(&c->phase, (int)phase);
	while (old != CUT &&
	    !atomic_compare_exchange_weak(&c->deadline, &old, deadline))
		;
}

struct watched *
watch_add(struct watch *watch, int fd)
{
	struct watched *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = fd;
	enter(c, PHASE_HEAD, now_ms() + watch->patience.head_ms);
	pthread_mutex_lock(&watch->lock);
	c->next = watch->first;
	if (c->next != NULL)
		c->next->prev = c;
	watch->first = c;
	pthread_mutex_unlock(&watch->lock);
	return c;
}

struct serve_request **
watch_request(struct watched *c)
{
	return &c->request;
}

void
watch_remove(struct watch *watch, struct watched *c)
{
	int fd = -1;

	if (c->unread && atomic_load(&c->deadline) != CUT)
		fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_lock(&watch->lock);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		watch->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (fd >= 0 && watch->nlinger < LINGER_MAX) {
		watch->linger[watch->nlinger].fd = fd;
		watch->linger[watch->nlinger++].until = now_ms() + LINGER_MS;
		fd = -1;
	}
	pthread_mutex_unlock(&watch->lock);
	if (fd >= 0)
		close(fd);
	free(c);
}

void
watch_head(struct watch *watch, struct watched *c)
{
	c->unread = true;
	if (atomic_load(&c->phase) == PHASE_IDLE)
		enter(c, PHASE_HEAD, now_ms() + watch->patience.head_ms);
}

void
watch_body(struct watch *watch, struct watched *c)
{
	atomic_store(&c->moved, 0);
	enter(c, PHASE_BODY, now_ms() + watch->patience.window_ms);
}

void
watch_body_moved(struct watched *c, size_t len)
{
	atomic_fetch_add(&c->moved, len);
}

void
watch_work(struct watched *c)
{
	c->unread = false;
	enter(c, PHASE_WORK, NEVER);
}

void
watch_reply(struct watch *watch, struct watched *c, int64_t len)
{
	const struct serve_patience *p = &watch->patience;

	enter(c, PHASE_REPLY,
	    len < 0 ? NEVER : now_ms() + p->window_ms + len * 1000 / p->rate);
}

void
watch_idle(struct watch *watch, struct watched *c)
{
	enter(c, PHASE_IDLE, now_ms() + watch->patience.idle_ms);
}
