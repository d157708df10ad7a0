/* Preloaded into the programs: counts some calls of longhauld, and at the n-th kills the process or
 * makes the call fail. So the shipped binary is the one that is tested.
 *
 *   LONGHAUL_CALL_BUS=PATH      counts what is sent to the socket below this path; or
 *   LONGHAUL_CALL_FOLDER=PATH   counts what touches this folder and what is in it
 *   LONGHAUL_CALL_THREAD=NAME   counts on the thread of this name only
 *   LONGHAUL_CALL_AT=N          the call that is struck
 *   LONGHAUL_CALL_ONCE=FILE     made when it strikes; while it is there nothing strikes (any more)
 *   LONGHAUL_CALL_ACTION=       before (SIGKILL instead of the call), after (SIGKILL after it),
 *                               cut (half of it is sent, then the connection ends), part (half of
 *                               it is sent), or an errno to fail with
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL, FAIL, DIE, CUT, PART };

static atomic_long calls;
static const char* bus;
static const char* folder;
static const char* thread;
static long strike_at;

__attribute__((constructor)) static void set_up(void) {
  if (strcmp(program_invocation_short_name, "longhauld") != 0) return;
  const char* at = getenv("LONGHAUL_CALL_AT");
  if (at) strike_at = atol(at);
  if (strike_at == 0) return;
  bus = getenv("LONGHAUL_CALL_BUS");
  folder = getenv("LONGHAUL_CALL_FOLDER");
  thread = getenv("LONGHAUL_CALL_THREAD");
}

static int is_other_thread(void) {
  char name[16] = {0};
  return thread && prctl(PR_GET_NAME, name) == 0 && strcmp(name, thread) != 0;
}

/* What is to be done at this call, with errno set where it is to fail. */
static int count(const char* name) {
  const int saved = errno;
  if (is_other_thread()) return USUAL;
  if (atomic_fetch_add(&calls, 1) + 1 != strike_at) return USUAL;
  const int once = (int)syscall(SYS_openat, AT_FDCWD, getenv("LONGHAUL_CALL_ONCE"),
                                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (once < 0) {
    errno = saved;
    return USUAL;
  }
  syscall(SYS_write, once, name, strlen(name));
  syscall(SYS_close, once);
  const char* action = getenv("LONGHAUL_CALL_ACTION");
  errno = saved;
  if (strcmp(action, "before") == 0) raise(SIGKILL);
  if (strcmp(action, "after") == 0) return DIE;
  if (strcmp(action, "cut") == 0) return CUT;
  if (strcmp(action, "part") == 0) return PART;
  errno = atoi(action);
  return FAIL;
}

/* ---- the bus ---- */

static int is_bus(int fd) {
  if (!bus) return 0;
  const int saved = errno;
  struct sockaddr_un peer = {0};
  socklen_t size = sizeof peer - 1;
  const int known = getpeername(fd, (struct sockaddr*)&peer, &size) == 0;
  errno = saved;
  return known && peer.sun_family == AF_UNIX && strncmp(peer.sun_path, bus, strlen(bus)) == 0;
}

/* Sends the first half of it, however it is spread. */
static ssize_t send_half(int fd, const struct iovec* parts, size_t count) {
  char bytes[65536];
  size_t size = 0;
  for (size_t i = 0; i < count && size < sizeof bytes; ++i) {
    const size_t room = sizeof bytes - size;
    const size_t part = parts[i].iov_len < room ? parts[i].iov_len : room;
    memcpy(bytes + size, parts[i].iov_base, part);
    size += part;
  }
  return send(fd, bytes, size / 2, MSG_NOSIGNAL);
}

static ssize_t struck(int what, int fd, const struct iovec* parts, size_t count) {
  if (what == FAIL && errno != EPIPE && errno != ECONNRESET) return -1;
  if (what == PART) return send_half(fd, parts, count);
  const int failure = what == FAIL ? errno : EPIPE;
  if (what == CUT) send_half(fd, parts, count);
  shutdown(fd, SHUT_RDWR);
  errno = failure;
  return -1;
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  static ssize_t (*real)(int, const struct msghdr*, int);
  if (!real) real = (ssize_t(*)(int, const struct msghdr*, int))dlsym(RTLD_NEXT, "sendmsg");
  const int what = is_bus(fd) ? count("sendmsg") : USUAL;
  if (what != USUAL && what != DIE) return struck(what, fd, message->msg_iov, message->msg_iovlen);
  const ssize_t result = real(fd, message, flags);
  if (what == DIE) raise(SIGKILL);
  return result;
}

ssize_t writev(int fd, const struct iovec* parts, int number) {
  static ssize_t (*real)(int, const struct iovec*, int);
  if (!real) real = (ssize_t(*)(int, const struct iovec*, int))dlsym(RTLD_NEXT, "writev");
  const int what = is_bus(fd) ? count("writev") : USUAL;
  if (what != USUAL && what != DIE) return struck(what, fd, parts, (size_t)number);
  const ssize_t result = real(fd, parts, number);
  if (what == DIE) raise(SIGKILL);
  return result;
}

/* ---- a folder ---- */

static int is_inside(const char* path) {
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_inside_fd(int fd) {
  if (!folder) return 0;
  const int saved = errno;
  char link[32];
  char path[PATH_MAX] = {0};
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  errno = saved;
  return size > 0 && is_inside(path);
}

#define CALL(name, type, failure, parameters, inside, ...)         \
  type name parameters {                                           \
    static type(*real) parameters;                                 \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
    const int what = (inside) ? count(#name) : USUAL;              \
    if (what == FAIL) return failure;                              \
    type const result = real(__VA_ARGS__);                         \
    if (what == DIE) raise(SIGKILL);                               \
    return result;                                                 \
  }

#define OPEN(name)                                                                         \
  int name(const char* path, int flags, ...) {                                             \
    static int (*real)(const char*, int, ...);                                             \
    if (!real) real = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, #name);             \
    va_list rest;                                                                          \
    va_start(rest, flags);                                                                 \
    const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? (mode_t)va_arg(rest, int) : 0; \
    va_end(rest);                                                                          \
    const int what = is_inside(path) ? count("open") : USUAL;                              \
    if (what == FAIL) return -1;                                                           \
    const int result = real(path, flags, mode);                                            \
    if (what == DIE) raise(SIGKILL);                                                       \
    return result;                                                                         \
  }

OPEN(open)
OPEN(open64)
CALL(mkdir, int, -1, (const char* path, mode_t mode), is_inside(path), path, mode)
CALL(opendir, DIR*, NULL, (const char* path), is_inside(path), path)
CALL(fchmod, int, -1, (int fd, mode_t mode), is_inside_fd(fd), fd, mode)
CALL(fstat, int, -1, (int fd, struct stat* info), is_inside_fd(fd), fd, info)
CALL(write, ssize_t, -1, (int fd, const void* data, size_t size), is_inside_fd(fd), fd, data, size)
CALL(read, ssize_t, -1, (int fd, void* data, size_t size), is_inside_fd(fd), fd, data, size)
CALL(fsync, int, -1, (int fd), is_inside_fd(fd), fd)
CALL(rename, int, -1, (const char* from, const char* to), is_inside(from), from, to)
CALL(unlink, int, -1, (const char* path), is_inside(path), path)
