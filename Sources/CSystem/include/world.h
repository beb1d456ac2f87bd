/* open(2) with O_PATH, which wants _GNU_SOURCE: a folder as the start of short paths, for sockets in deep folders. */
#ifndef BELAY_WORLD_H
#define BELAY_WORLD_H

int belay_open_folder(const char *path);

#endif
