#define _GNU_SOURCE
#include "csystem.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(EPOLLIN == 0x001 && EPOLLOUT == 0x004 && EPOLLERR == 0x008 && EPOLLHUP == 0x010, "epoll's masks");

static int file_actions(posix_spawn_file_actions_t *actions, const struct belay_process *process) {
  int code = posix_spawn_file_actions_adddup2(actions, process->input, 0);
  if (!code) code = posix_spawn_file_actions_adddup2(actions, process->output, 1);
  if (!code) code = posix_spawn_file_actions_adddup2(actions, process->error, 2);
  if (!code && process->extra >= 0) code = posix_spawn_file_actions_adddup2(actions, process->extra, 3);
  if (!code) code = posix_spawn_file_actions_addclosefrom_np(actions, process->extra >= 0 ? 4 : 3);
  if (!code) code = posix_spawn_file_actions_addchdir_np(actions, process->working_directory);
  return code;
}

static int attributes(posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int code = posix_spawnattr_setsigdefault(attributes, &all);
  if (!code) code = posix_spawnattr_setsigmask(attributes, &none);
  short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  if (!code) code = posix_spawnattr_setflags(attributes, flags);
  return code;
}

int belay_spawn(const struct belay_process *process, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attribute;
  int code = posix_spawn_file_actions_init(&actions);
  if (code) return code;
  code = posix_spawnattr_init(&attribute);
  if (!code) {
    code = file_actions(&actions, process);
    if (!code) code = attributes(&attribute);
    if (!code) {
      code = posix_spawn(pid, process->path, &actions, &attribute, process->arguments, process->environment);
    }
    posix_spawnattr_destroy(&attribute);
  }
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

int belay_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int belay_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t tag) {
  struct epoll_event event = {.events = events, .data.u64 = tag};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int belay_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t tag) {
  struct epoll_event event = {.events = events, .data.u64 = tag};
  return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

int belay_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }

int belay_epoll_wait(int epoll, uint64_t *tags, uint32_t *events, int capacity, int milliseconds) {
  struct epoll_event found[64];
  int count = epoll_wait(epoll, found, capacity < 64 ? capacity : 64, milliseconds);
  for (int index = 0; index < count; index++) {
    tags[index] = found[index].data.u64;
    events[index] = found[index].events;
  }
  return count;
}

int belay_signal_descriptor(const sigset_t *signals) { return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK); }

int belay_next_signal(int descriptor, pid_t *sender) {
  struct signalfd_siginfo found;
  if (read(descriptor, &found, sizeof found) != sizeof found) return 0;
  *sender = (pid_t)found.ssi_pid;
  return (int)found.ssi_signo;
}

int belay_timer(clockid_t clock) { return timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK); }

int belay_timer_set(int timer, int64_t nanoseconds) {
  struct itimerspec value = {.it_value = {nanoseconds / 1000000000, nanoseconds % 1000000000}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
}

int belay_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int belay_process_descriptor(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int belay_process_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

int belay_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int belay_widen_pipe(int descriptor, int bytes) { return fcntl(descriptor, F_SETPIPE_SZ, bytes); }

int belay_unblock(int descriptor) { return fcntl(descriptor, F_SETFL, O_NONBLOCK); }

int belay_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int belay_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int belay_peer(int descriptor, uid_t *user, pid_t *pid) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  int result = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  if (result == 0) {
    *user = peer.uid;
    *pid = peer.pid;
  }
  return result;
}

static int address(struct sockaddr_un *address, const char *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return 0;
}

/* Closes after a failure, which it keeps in errno. */
static int opened(int descriptor, int result) {
  if (result == 0) return descriptor;
  int code = errno;
  close(descriptor);
  errno = code;
  return -1;
}

int belay_listen(const char *path) {
  struct sockaddr_un name;
  if (address(&name, path) != 0) return -1;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  int result = bind(descriptor, (struct sockaddr *)&name, sizeof name);
  if (result == 0) result = listen(descriptor, 4);
  return opened(descriptor, result);
}

int belay_connect(const char *path) {
  struct sockaddr_un name;
  if (address(&name, path) != 0) return -1;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  return opened(descriptor, connect(descriptor, (struct sockaddr *)&name, sizeof name));
}

int belay_become_reaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int belay_refuse_dump(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
