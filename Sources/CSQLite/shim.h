#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot call: switches a boolean option on or off.
static inline int belay_sqlite3_set(sqlite3 *database, int option, int on) {
  return sqlite3_db_config(database, option, on, (int *)0);
}

#include <sys/statfs.h>

// statfs(2) is in no module that Swift has. The file system's magic number, or -1 with errno.
static inline long belay_file_system(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}
