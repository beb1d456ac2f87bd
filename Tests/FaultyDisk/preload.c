/* For LD_PRELOAD, around a whole program. FAULTY_DISK is FOLDER:AFTER or FOLDER:AFTER:hard.

   The disk that FOLDER lies on is full once AFTER operations have taken room on it, or while there is a file FOLDER/fill;
   until the program gives a file `reserve` back, and with `hard` even then. The first operation that fails leaves a file
   FOLDER.hit behind. */
#define _GNU_SOURCE
#include "faultydisk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fill[PATH_MAX], hit[PATH_MAX];
static long after;
static int hard, released;

static int grows(const struct faulty_call *call) {
  long long size = call->size < 0 ? 0 : call->size;
  switch (call->kind) {
    case faulty_create:
    case faulty_create_folder: return 1;
    case faulty_write: return call->offset + (long long)call->count > size;
    case faulty_truncate: return call->offset > size;
    case faulty_allocate: return (long long)call->count > size;
    default: return 0;
  }
}

static int ends(const char *path, const char *end) {
  size_t length = strlen(path), size = strlen(end);
  return length >= size && !strcmp(path + length - size, end);
}

static int disk(void *context, const struct faulty_call *call) {
  (void)context;
  if (call->kind == faulty_truncate && call->offset == 0 && call->size > 0 && ends(call->path, "/reserve")) released = 1;
  if (!grows(call)) return 0;
  /* On a real disk the shared memory takes the blocks that it has just given back. */
  int full = after-- <= 0 || (!access(fill, F_OK) && !ends(call->path, "-shm"));
  if (!full || (released && !hard)) return 0;
  int file = open(hit, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return ENOSPC;
}

__attribute__((constructor)) static void begin(void) {
  const char *setting = getenv("FAULTY_DISK");
  char folder[PATH_MAX];
  if (!setting || sscanf(setting, "%4000[^:]:%ld", folder, &after) != 2) return;
  hard = strstr(setting, ":hard") != NULL;
  snprintf(fill, sizeof fill, "%s/fill", folder);
  snprintf(hit, sizeof hit, "%s.hit", folder);
  faulty_watch(folder, disk, NULL);
}
