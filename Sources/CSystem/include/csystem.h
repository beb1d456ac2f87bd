/* Calls that Swift cannot make by itself: the Glibc module is built without _GNU_SOURCE and without the headers
   <sys/epoll.h>, <sys/signalfd.h>, <sys/timerfd.h>, <sys/eventfd.h>, <sys/prctl.h>, and Swift calls no variadic
   function. Nothing is decided here: each function is one call, returns what the call returned and leaves errno.
   Every descriptor that is made here is closed on exec. */
#ifndef BELAY_CSYSTEM_H
#define BELAY_CSYSTEM_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/* A new process: posix_spawn(3) with setsid, chdir and closefrom, which are not in POSIX. Signals are set to their
   defaults and unblocked; every descriptor from 3 on is closed (with `extra`: from 4 on, `extra` itself is 3). */
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
int belay_spawn(const struct belay_process *process, pid_t *pid); /* 0 or an error number */

/* epoll(7). The struct is packed and holds a union: a tag and a mask per event cross instead. */
static const uint32_t belay_readable = 0x001;  /* EPOLLIN */
static const uint32_t belay_writable = 0x004;  /* EPOLLOUT */
static const uint32_t belay_failed = 0x008;    /* EPOLLERR */
static const uint32_t belay_hung_up = 0x010;   /* EPOLLHUP */
int belay_epoll(void);
int belay_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t tag);
int belay_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t tag);
int belay_epoll_remove(int epoll, int descriptor);
/* At most `capacity` (up to 64) events; milliseconds, -1: for ever. */
int belay_epoll_wait(int epoll, uint64_t *tags, uint32_t *events, int capacity, int milliseconds);

/* signalfd(2), non-blocking. */
int belay_signal_descriptor(const sigset_t *signals);
/* The next signal's number and sender; 0: none is there. */
int belay_next_signal(int descriptor, pid_t *sender);

/* timerfd_create(2), non-blocking; set to an absolute time of its clock in nanoseconds, 0: never. */
int belay_timer(clockid_t clock);
int belay_timer_set(int timer, int64_t nanoseconds);

/* eventfd(2), non-blocking. */
int belay_event(void);

/* pidfd_open(2) and pidfd_send_signal(2): glibc 2.36 has them, Debian 12's headers for Swift do not show them. */
int belay_process_descriptor(pid_t pid);
int belay_process_signal(int descriptor, int signal);

/* pipe2(2). */
int belay_pipe(int ends[2]);
/* fcntl(2) F_SETPIPE_SZ: variadic. */
int belay_widen_pipe(int descriptor, int bytes);
/* fcntl(2) F_SETFL O_NONBLOCK: variadic. */
int belay_unblock(int descriptor);
/* memfd_create(2): an unnamed file in memory. */
int belay_memory_file(const char *name);
/* accept4(2), non-blocking. */
int belay_accept(int descriptor);
/* SO_PEERCRED: struct ucred wants _GNU_SOURCE. */
int belay_peer(int descriptor, uid_t *user, pid_t *pid);
/* A stream socket bound or connected to a path of at most 107 bytes: the address's struct is an array of characters
   that Swift sees as a tuple. */
int belay_listen(const char *path);
int belay_connect(const char *path);

/* prctl(2) is variadic. */
int belay_become_reaper(void);
int belay_refuse_dump(void);

#endif
