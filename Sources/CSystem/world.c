#define _GNU_SOURCE
#include "world.h"

#include <fcntl.h>

int belay_open_folder(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }
