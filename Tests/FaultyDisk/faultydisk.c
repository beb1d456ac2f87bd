/* The header says what this is for. */
#define _GNU_SOURCE
#include "faultydisk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char watched[PATH_MAX];
static void *hook_context;
static _Atomic(faulty_hook) hook;

void faulty_watch(const char *folder, faulty_hook function, void *context) {
  atomic_store(&hook, (faulty_hook)0);
  if (!folder) return;
  snprintf(watched, sizeof watched, "%s/", folder);
  hook_context = context;
  atomic_store(&hook, function);
}

/* The function of this name that would have been called without us. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_watched(const char *path) {
  size_t length = strlen(watched);
  /* The folder itself, without the slash, is watched too. */
  return !strncmp(path, watched, length) || (!strncmp(path, watched, length - 1) && !path[length - 1]);
}

/* 0 or the error number of the hook. */
static int ask(enum faulty_kind kind, const char *path, long long offset, const void *bytes, size_t count) {
  faulty_hook function = atomic_load(&hook);
  struct stat status;
  if (!function || !path || !is_watched(path)) return 0;
  int before = errno;
  long long size = stat(path, &status) ? -1 : (long long)status.st_size;
  struct faulty_call call = {kind, path, offset, bytes, count, size};
  int code = function(hook_context, &call);
  errno = before;
  return code;
}

static int ask_file(enum faulty_kind kind, int file, long long offset, const void *bytes, size_t count) {
  char link[32], path[PATH_MAX];
  if (!atomic_load(&hook)) return 0;
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length <= 0) return 0;
  path[length] = 0;
  return ask(kind, path, offset, bytes, count);
}

static int fail(int code) {
  errno = code;
  return -1;
}

static int creates(const char *path, int flags) {
  struct stat status;
  return atomic_load(&hook) && (flags & O_CREAT) && stat(path, &status) != 0;
}

#define OPEN(name)                                                                                        \
  int name(const char *path, int flags, ...) {                                                            \
    mode_t mode = 0;                                                                                      \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                \
      va_list rest;                                                                                       \
      va_start(rest, flags);                                                                              \
      mode = va_arg(rest, mode_t);                                                                        \
      va_end(rest);                                                                                       \
    }                                                                                                     \
    int code = creates(path, flags) ? ask(faulty_create, path, 0, 0, 0) : 0;                              \
    return code ? fail(code) : REAL(name)(path, flags, mode);                                             \
  }

OPEN(open)
OPEN(open64)

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  int code = ask_file(faulty_write, file, offset, bytes, count);
  return code ? fail(code) : REAL(pwrite)(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  int code = ask_file(faulty_write, file, offset, bytes, count);
  return code ? fail(code) : REAL(pwrite64)(file, bytes, count, offset);
}

int ftruncate(int file, off_t size) {
  int code = ask_file(faulty_truncate, file, size, 0, 0);
  return code ? fail(code) : REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off64_t size) {
  int code = ask_file(faulty_truncate, file, size, 0, 0);
  return code ? fail(code) : REAL(ftruncate64)(file, size);
}

/* These two return their error number. */
int posix_fallocate(int file, off_t offset, off_t count) {
  int code = ask_file(faulty_allocate, file, 0, 0, (size_t)(offset + count));
  return code ? code : REAL(posix_fallocate)(file, offset, count);
}

int posix_fallocate64(int file, off64_t offset, off64_t count) {
  int code = ask_file(faulty_allocate, file, 0, 0, (size_t)(offset + count));
  return code ? code : REAL(posix_fallocate64)(file, offset, count);
}

static int ask_sync(int file) {
  struct stat status;
  if (!atomic_load(&hook) || fstat(file, &status)) return 0;
  return ask_file(S_ISDIR(status.st_mode) ? faulty_sync_names : faulty_sync, file, 0, 0, 0);
}

int fsync(int file) {
  int code = ask_sync(file);
  return code ? fail(code) : REAL(fsync)(file);
}

int fdatasync(int file) {
  int code = ask_sync(file);
  return code ? fail(code) : REAL(fdatasync)(file);
}

int unlink(const char *path) {
  int code = ask(faulty_remove, path, 0, 0, 0);
  return code ? fail(code) : REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
  struct stat status;
  int code = atomic_load(&hook) && stat(path, &status) ? ask(faulty_create_folder, path, 0, 0, 0) : 0;
  return code ? fail(code) : REAL(mkdir)(path, mode);
}
