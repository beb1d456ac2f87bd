/* Loaded into belay and belay-keeper with LD_PRELOAD: counts the calls of libc that are their boundaries to the world, and
   at a chosen one kills the engine, the keeper, or both with SIGKILL. The programs know nothing of it.

   In the folder that CRASH_FOLDER names it reads `plan`, one line "SERIAL ROLE KIND N POSITION VICTIM", at each boundary (a
   keeper lives on through several engines, and several plans), and writes
     engine, keeper   the pid of the process that has the role now
     trace            a line "SERIAL ROLE KIND N PEER" for each boundary; PEER 1: the other process lived
     struck.SERIAL    when it has killed; holds "alive" or "gone", of the other process where that was a victim

   A POSITION is before the call, within it (half of the bytes are written), or after it. KINDs are below. Steps get an
   environment of their own, without any of this. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum position { NEVER, WITHIN, AFTER };

static const char *role;
static char folder[2048], library[2048];

static struct {
  long serial, n;
  char role[8], kind[24], position[8], victim[8];
} plan;

static struct {
  char kind[24];
  long count;
} counts[64];

/* The system's own calls: the names of libc are this library's here. */
static long put(const char *name, int flags, const char *text) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (file < 0) return -1;
  long done = syscall(SYS_write, file, text, strlen(text));
  syscall(SYS_close, file);
  return done;
}

static long get(const char *path, char *text, size_t size) {
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return -1;
  long done = syscall(SYS_read, file, text, size - 1);
  syscall(SYS_close, file);
  text[done > 0 ? done : 0] = 0;
  return done;
}

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}
#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)next(#name)

__attribute__((constructor)) static void begin_process(void) {
  const char *given = getenv("CRASH_FOLDER"), *preload = getenv("LD_PRELOAD");
  char own[4096];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  if (!given || !preload || length <= 0) return;
  own[length] = 0;
  const char *name = strrchr(own, '/') + 1;
  snprintf(folder, sizeof folder, "%s", given);
  snprintf(library, sizeof library, "%s", preload);
  unsetenv("CRASH_FOLDER");
  unsetenv("LD_PRELOAD");
  if (!strcmp(name, "belay")) role = "engine";
  if (!strcmp(name, "belay-keeper")) role = "keeper";
  if (!role) return;
  char pid[16];
  snprintf(pid, sizeof pid, "%d", getpid());
  put(role, O_TRUNC, pid);
}

/* The other process's pid; 0 when it has ended. */
static pid_t peer(void) {
  char path[4096], text[512];
  snprintf(path, sizeof path, "%s/%s", folder, strcmp(role, "engine") ? "engine" : "keeper");
  if (get(path, text, sizeof text) <= 0) return 0;
  pid_t pid = (pid_t)strtol(text, NULL, 10);
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (get(path, text, sizeof text) <= 0) return 0;
  /* "4711 (belay-keeper) S": a number that has another owner by now, and a process that has ended, are not it. */
  char *name = strchr(text, '('), *end = strrchr(text, ')');
  if (!name || !end || strncmp(name + 1, "belay", 5) || end[2] == 'Z' || end[2] == 'X') return 0;
  return pid;
}

static void end_peer(pid_t pid) {
  struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
  kill(pid, SIGKILL);
  if (ended.fd < 0) return;
  poll(&ended, 1, 10000);
  syscall(SYS_close, ended.fd);
}

/* The keeper that comes after one that was killed counts from one again. */
static int has_struck(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/struck.%ld", folder, plan.serial);
  return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

static void strike(void) {
  int error = errno;
  int both = !strcmp(plan.victim, "both"), self = both || !strcmp(plan.victim, role);
  pid_t other = both || !self ? peer() : 0;
  char name[64];
  snprintf(name, sizeof name, "struck.%ld", plan.serial);
  if (put(name, O_EXCL, other || (self && !both) ? "alive" : "gone") < 0) return;
  if (other) end_peer(other);
  if (self) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  errno = error;
}

static void read_plan(void) {
  char path[4096], text[256];
  long serial = plan.serial;
  snprintf(path, sizeof path, "%s/plan", folder);
  if (get(path, text, sizeof text) <= 0) return;
  sscanf(
    text, "%ld %7s %23s %ld %7s %7s", &plan.serial, plan.role, plan.kind, &plan.n, plan.position, plan.victim);
  if (plan.serial != serial) memset(counts, 0, sizeof counts);
}

static long counted(const char *kind) {
  size_t i = 0;
  while (i < sizeof counts / sizeof *counts - 1 && counts[i].count && strcmp(counts[i].kind, kind)) i++;
  snprintf(counts[i].kind, sizeof counts[i].kind, "%s", kind);
  return ++counts[i].count;
}

/* A boundary is reached. Says whether it is to strike within the call, or after it. */
static enum position reached(const char *kind) {
  int error = errno;
  char line[128];
  read_plan();
  long n = counted(kind);
  snprintf(line, sizeof line, "%ld %s %s %ld %d\n", plan.serial, role, kind, n, peer() != 0);
  put("trace", O_APPEND, line);
  int due = n == plan.n && !strcmp(role, plan.role) && !strcmp(kind, plan.kind) && !has_struck();
  if (due && !strcmp(plan.position, "before")) strike();
  errno = error;
  if (due && !strcmp(plan.position, "within")) return WITHIN;
  return due && !strcmp(plan.position, "after") ? AFTER : NEVER;
}

static int ends(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && !strcmp(text + length - tail, end);
}

/* What is written or synced: "wal.write", "log.A" for a record of keeper.log; NULL: no boundary. */
static const char *file_kind(int file, const char *call, const void *bytes, char kind[24]) {
  static const char *names[][2] = {
    {"/store.db-wal", "wal"}, {"/store.db", "db"}, {"/heads.log", "heads"}, {"/drive.lock", "driver"}};
  char link[64], path[4096];
  if (!role) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return NULL;
  path[length] = 0;
  const char *what = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (ends(path, names[i][0])) what = names[i][1];
  }
  if (strstr(path, "/plan-") && ends(path, ".json")) what = "plan";
  if (strstr(path, "/output/") || ends(path, "/output")) what = "output";
  if (ends(path, "/keeper.log")) {
    what = "log";
    if (bytes) {
      snprintf(kind, 24, "log.%c", *(const char *)bytes);
      return kind;
    }
  }
  if (!what) return NULL;
  snprintf(kind, 24, "%s.%s", what, call);
  return kind;
}

/* One call, with what is done of it when it is struck within. */
#define STRUCK(kind, call, half) \
  do { \
    enum position when = reached(kind); \
    if (when == WITHIN) { \
      (void)!half; \
      strike(); \
    } \
    __typeof__(call) result = call; \
    if (when == AFTER) strike(); \
    return result; \
  } while (0)

/* LOST: a kind that is said to be done and is not, to see that the driver notices. */
#ifndef LOST
#define LOST ""
#endif
#define FILE_CALL(call, bytes, full, half) \
  char buffer[24]; \
  const char *kind = file_kind(file, call, bytes, buffer); \
  if (!kind) return full; \
  if (!strcmp(kind, LOST)) return size; \
  STRUCK(kind, full, half)

ssize_t write(int file, const void *bytes, size_t size) {
  REAL(write);
  FILE_CALL("write", bytes, real(file, bytes, size), real(file, bytes, size / 2));
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place) {
  REAL(pwrite);
  FILE_CALL("write", bytes, real(file, bytes, size, place), real(file, bytes, size / 2, place));
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t place) {
  REAL(pwrite64);
  FILE_CALL("write", bytes, real(file, bytes, size, place), real(file, bytes, size / 2, place));
}

int fsync(int file) {
  const int size = 0;
  REAL(fsync);
  FILE_CALL("sync", NULL, real(file), 0);
}

int fdatasync(int file) {
  const int size = 0;
  REAL(fdatasync);
  FILE_CALL("sync", NULL, real(file), 0);
}

int ftruncate(int file, off_t length) {
  const int size = 0;
  REAL(ftruncate);
  FILE_CALL("cut", NULL, real(file, length), 0);
}

int posix_fallocate(int file, off_t place, off_t length) {
  const int size = 0;
  REAL(posix_fallocate);
  FILE_CALL("room", NULL, real(file, place, length), 0);
}

/* Between the two only their socket is spoken to with these; any other is a server's. */
static int is_own(int socket) {
  int domain = AF_UNIX;
  socklen_t size = sizeof domain;
  getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  return domain == AF_UNIX;
}

ssize_t send(int socket, const void *bytes, size_t size, int flags) {
  REAL(send);
  if (!role) return real(socket, bytes, size, flags);
  const char *kind = strcmp(role, "engine") ? "reply.send" : is_own(socket) ? "order.send" : "request.send";
  STRUCK(kind, real(socket, bytes, size, flags), real(socket, bytes, size / 2, flags));
}

/* Only where something has come: how often it is asked in vain depends on the machine. */
ssize_t recv(int socket, void *bytes, size_t size, int flags) {
  REAL(recv);
  char byte;
  int error = errno;
  long waits = role ? syscall(SYS_recvfrom, socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT, NULL, NULL) : 0;
  errno = error;
  if (waits <= 0) return real(socket, bytes, size, flags);
  const char *kind = strcmp(role, "engine") ? "order.recv" : is_own(socket) ? "reply.recv" : "answer.recv";
  STRUCK(kind, real(socket, bytes, size, flags), 0);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage) {
  REAL(wait4);
  siginfo_t ended = {0};
  int error = errno;
  int waits = role && !waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) && ended.si_pid;
  errno = error;
  if (!waits) return real(pid, status, options, usage);
  STRUCK("step.reap", real(pid, status, options, usage), 0);
}

int unlink(const char *path) {
  REAL(unlink);
  if (!role || !ends(path, ".sock")) return real(path);
  STRUCK("socket.remove", real(path), 0);
}

/* A keeper gets this library as well, its steps do not. */
int posix_spawn(
  pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
  char *const arguments[], char *const environment[]) {
  REAL(posix_spawn);
  if (!role) return real(pid, path, actions, attributes, arguments, environment);
  if (!strcmp(role, "keeper")) {
    STRUCK("step.spawn", real(pid, path, actions, attributes, arguments, environment), 0);
  }
  if (!ends(path, "/belay-keeper")) return real(pid, path, actions, attributes, arguments, environment);
  char preload[4096], place[4096], *extended[16];
  size_t count = 0;
  while (count < 13 && environment[count]) {
    extended[count] = environment[count];
    count++;
  }
  snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
  snprintf(place, sizeof place, "CRASH_FOLDER=%s", folder);
  extended[count++] = preload;
  extended[count++] = place;
  extended[count] = NULL;
  STRUCK("keeper.spawn", real(pid, path, actions, attributes, arguments, extended), 0);
}
