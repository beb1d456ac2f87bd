#!/usr/bin/env bash
# A PostgreSQL of its own: postgres.sh FOLDER, which ends when the process that started it does. Its port stands in
# FOLDER/port once it answers. It is never run as root, which it refuses.
set -euo pipefail
folder=$1
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as=()
if [ "$(id -u)" -eq 0 ]; then
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  mkdir -p "$folder/data" && chown postgres "$folder" "$folder/data"
fi
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/initdb" -D "$folder/data" -A trust -U postgres --no-sync -E UTF8 --locale=C >/dev/null
"${as[@]}" "$bin/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 -c fsync=off \
  -c shared_buffers=16MB -c max_connections=40 >"$folder/log" 2>&1 &
server=$!
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do kill -0 $server; done
echo "$port" >"$folder/port.new" && mv "$folder/port.new" "$folder/port"
tail --pid="$2" -f /dev/null
kill -QUIT $server
wait $server || true
rm -rf "$folder"
