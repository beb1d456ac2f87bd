/* What the engine's loop needs and Swift's Glibc does not offer: macros, and names that want _GNU_SOURCE. */
#ifndef BELAY_WORLD_H
#define BELAY_WORLD_H

#include <stdint.h>
#include <sys/types.h>

/* epoll(7): EPOLLIN imports as an enumeration, epoll_data_t as a union. */
int belay_poll_create(void);
int belay_poll_add(int poller, int file);
int belay_poll_remove(int poller, int file);
/* The descriptors that are ready, at most `limit`; -1 with errno. */
int belay_poll_wait(int poller, int *files, int limit, int milliseconds);

/* signalfd(2) over SIGINT, SIGTERM and SIGHUP, which are blocked for the caller's thread. */
int belay_stop_signals(void);
/* The next signal; 0 when there is none. */
int belay_next_signal(int file);

/* SO_PEERCRED of unix(7): struct ucred wants _GNU_SOURCE. 0 when it is known. */
int belay_peer(int connection, pid_t *pid, uid_t *uid);

/* open(2) with O_PATH | O_DIRECTORY | O_CLOEXEC. */
int belay_open_folder(const char *path);

#endif
