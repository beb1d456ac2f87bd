/* The least that a durable chain of steps can cost: posix_spawn(3) and wait(2) of a program, and 200 bytes appended and
   synced, N times. Arguments: N, the file to append to, the program. Prints the seconds. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int file = open(arguments[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return 1;
  char record[200];
  memset(record, 'x', sizeof record);
  char *command[] = {arguments[3], NULL};
  double begin = seconds();
  for (int step = atoi(arguments[1]); step > 0; step--) {
    pid_t child;
    int status;
    if (posix_spawn(&child, arguments[3], NULL, NULL, command, environ)) return 1;
    if (waitpid(child, &status, 0) != child || status) return 1;
    if (write(file, record, sizeof record) != sizeof record || fdatasync(file)) return 1;
  }
  printf("%.6f\n", seconds() - begin);
  return 0;
}
