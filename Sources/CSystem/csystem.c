/* Calls that Swift cannot make by itself; the header says why. */
#define _GNU_SOURCE
#include "csystem.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

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

int belay_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int belay_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int belay_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int belay_process_descriptor(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int belay_process_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

int belay_widen_pipe(int descriptor, int bytes) { return fcntl(descriptor, F_SETPIPE_SZ, bytes); }

int belay_become_reaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int belay_refuse_dump(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
