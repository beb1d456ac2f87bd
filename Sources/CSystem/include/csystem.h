/* What Swift's Glibc module leaves out: it is built without these headers and without _GNU_SOURCE. The latter cannot be
   defined here: a module that has it and one that has not disagree about types of glibc, and Swift refuses both. */
#ifndef BELAY_CSYSTEM_H
#define BELAY_CSYSTEM_H

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

/* Hidden behind _GNU_SOURCE; values and layout are the kernel's, the same for ever (unix(7), open(2)). */
#ifndef __USE_GNU
#define O_PATH 010000000
struct ucred {
  pid_t pid;
  uid_t uid;
  gid_t gid;
};
#endif

/* A new process in a session of its own. All its signals are at their defaults and unblocked; every descriptor from 3
   on is closed (with `extra`: from 4 on, and `extra` is 3). The strings and lists are borrowed for the call. */
struct belay_process {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const char *working_directory;
  int input;
  int output;
  int error;
  int extra; /* -1: none */
};

/* posix_spawn(3) with setsid, chdir and closefrom, which POSIX has not and glibc shows under _GNU_SOURCE only.
   Returns 0 or an error number. */
int belay_spawn(const struct belay_process *process, pid_t *pid);

/* Under _GNU_SOURCE only: pipe2(2), accept4(2), memfd_create(2). Descriptors are closed on exec; the accepted one does
   not block. They return -1 with errno. */
int belay_pipe(int ends[2]);
int belay_accept(int descriptor);
int belay_memory_file(const char *name);

/* pidfd_open(2) and pidfd_send_signal(2) by syscall(2), which is variadic: glibc knows them from 2.36 on only. They
   return -1 with errno. */
int belay_process_descriptor(pid_t pid);
int belay_process_signal(int descriptor, int signal);

/* Variadic: fcntl(2) with F_SETPIPE_SZ, prctl(2) with PR_SET_CHILD_SUBREAPER and with PR_SET_DUMPABLE 0. They return a
   value that is not negative, or -1 with errno. */
int belay_widen_pipe(int descriptor, int bytes);
int belay_become_reaper(void);
int belay_refuse_dump(void);

#endif
