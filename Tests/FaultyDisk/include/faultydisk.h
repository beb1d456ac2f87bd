/* A disk that fails when a test says so, and of which a test knows all that was written to it.

   The calls that change files stand here under their own names, before those of the C library: whatever is linked with
   this, SQLite and its own VFS for Unix among it, goes through them. For files of the watched folder a hook is asked
   first; all others are passed on. Reads are not watched, nor is memory that is mapped (SQLite's `-shm`, which is no
   part of what must survive).

   Two ways to use it: linked into the tests, with `faulty_watch`; or as a library for LD_PRELOAD, which behaves as
   FAULTY_DISK says, see preload.c. */
#ifndef FAULTYDISK_H
#define FAULTYDISK_H

#include <stddef.h>

enum faulty_kind {
  faulty_create,        /* of a file that was not there */
  faulty_create_folder,
  faulty_write,         /* `count` bytes at `offset` */
  faulty_truncate,      /* to `offset` bytes, also a larger size */
  faulty_allocate,      /* `count` bytes from 0 on */
  faulty_sync,          /* of a file's content */
  faulty_sync_names,    /* of a folder */
  faulty_remove
};

struct faulty_call {
  enum faulty_kind kind;
  const char *path; /* absolute */
  long long offset;
  const void *bytes;
  size_t count;
  long long size; /* of the file before the call; -1: there is none */
};

/* Returns 0 to let the call through, or the error number that it fails with, unmade. May not call what is watched. */
typedef int (*faulty_hook)(void *context, const struct faulty_call *call);

/* Watches one folder and all below it, an absolute path without links; NULL ends it. One at a time in a process. */
void faulty_watch(const char *folder, faulty_hook hook, void *context);

#endif
