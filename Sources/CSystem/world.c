#define _GNU_SOURCE
#include "world.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_EVENTS = 16 };

int belay_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int belay_poll_add(int poller, int file) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
  return epoll_ctl(poller, EPOLL_CTL_ADD, file, &event);
}

int belay_poll_remove(int poller, int file) { return epoll_ctl(poller, EPOLL_CTL_DEL, file, NULL); }

int belay_poll_wait(int poller, int *files, int limit, int milliseconds) {
  struct epoll_event events[MOST_EVENTS];
  int count = epoll_wait(poller, events, limit < MOST_EVENTS ? limit : MOST_EVENTS, milliseconds);
  for (int index = 0; index < count; index++) files[index] = events[index].data.fd;
  return count;
}

int belay_stop_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int belay_next_signal(int file) {
  struct signalfd_siginfo record;
  return read(file, &record, sizeof record) == sizeof record ? (int)record.ssi_signo : 0;
}

int belay_peer(int connection, pid_t *pid, uid_t *uid) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
  *pid = credentials.pid;
  *uid = credentials.uid;
  return 0;
}

int belay_open_folder(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }
