/* Preloaded into the programs: counts the calls of longhauld that change what is on disk, and at
 * the n-th kills the process or makes the call fail. So the shipped binary is the one that is
 * tested.
 *
 *   LONGHAUL_STEP_LOG=FILE     a line per step, "NUMBER NAME"
 *   LONGHAUL_STEP_AT=N         the step that is struck
 *   LONGHAUL_STEP_ONCE=FILE    made when it strikes; while it is there nothing strikes (any more)
 *   LONGHAUL_STEP_ACTION=      before (SIGKILL instead of the call), after (SIGKILL after it), or
 * an errno to fail with
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_long steps;
static int log_fd = -1;
static long strike_at;

__attribute__((constructor)) static void set_up(void) {
  if (strcmp(program_invocation_short_name, "longhauld") != 0) return;
  const char* file = getenv("LONGHAUL_STEP_LOG");
  if (file) log_fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const char* at = getenv("LONGHAUL_STEP_AT");
  if (at) strike_at = atol(at);
}

/* What the step does: 0 as usual, 1 fail with errno, 2 die afterwards. */
static int step(const char* name) {
  if (log_fd < 0 && strike_at == 0) return 0;
  const int saved = errno;
  const long number = atomic_fetch_add(&steps, 1) + 1;
  if (log_fd >= 0) {
    char line[64];
    const int size = snprintf(line, sizeof line, "%ld %s\n", number, name);
    syscall(SYS_write, log_fd, line, (size_t)size);
  }
  errno = saved;
  if (number != strike_at) return 0;
  const int once = (int)syscall(SYS_openat, AT_FDCWD, getenv("LONGHAUL_STEP_ONCE"),
                                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (once < 0) {
    errno = saved;
    return 0;
  }
  syscall(SYS_write, once, name, strlen(name));
  syscall(SYS_close, once);
  const char* action = getenv("LONGHAUL_STEP_ACTION");
  if (strcmp(action, "before") == 0) raise(SIGKILL);
  if (strcmp(action, "after") == 0) return 2;
  errno = atoi(action);
  return 1;
}

#define STEP(name, type, parameters, ...)                          \
  type name parameters {                                           \
    static type(*real) parameters;                                 \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
    const int what = step(#name);                                  \
    if (what == 1) return -1;                                      \
    const type result = real(__VA_ARGS__);                         \
    if (what == 2) raise(SIGKILL);                                 \
    return result;                                                 \
  }

STEP(fsync, int, (int fd), fd)
STEP(fdatasync, int, (int fd), fd)
STEP(syncfs, int, (int fd), fd)
STEP(ftruncate, int, (int fd, off_t size), fd, size)
STEP(ftruncate64, int, (int fd, off64_t size), fd, size)
STEP(fallocate, int, (int fd, int mode, off_t at, off_t size), fd, mode, at, size)
STEP(fallocate64, int, (int fd, int mode, off64_t at, off64_t size), fd, mode, at, size)
STEP(pwrite, ssize_t, (int fd, const void* data, size_t size, off_t at), fd, data, size, at)
STEP(pwrite64, ssize_t, (int fd, const void* data, size_t size, off64_t at), fd, data, size, at)
STEP(rename, int, (const char* from, const char* to), from, to)
STEP(renameat, int, (int from_fd, const char* from, int to_fd, const char* to), from_fd, from,
     to_fd, to)
STEP(renameat2, int, (int from_fd, const char* from, int to_fd, const char* to, unsigned flags),
     from_fd, from, to_fd, to, flags)
STEP(unlink, int, (const char* path), path)
STEP(unlinkat, int, (int fd, const char* path, int flags), fd, path, flags)
