#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "common/base/process.h"

void
process_harden(void)
{
	struct rlimit none = { 0, 0 };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)umask(077);
	sigaction(SIGPIPE, &ignore, NULL);
}

unsigned
process_allow_files(unsigned n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return n;
	if (limit.rlim_cur < n) {
		limit.rlim_cur = limit.rlim_max < n ? limit.rlim_max : n;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur < n ? (unsigned)limit.rlim_cur : n;
}
