#!/usr/bin/env bash
# Deploys a small service with belay, breaks things on purpose, and shows what is left standing.
#
#   examples/quickstart/demo.sh [path of belay]      (default: the one on the PATH)
#
# Works on a copy in a temporary folder, on a free port of 127.0.0.1, with a store of its own; leaves nothing behind.
set -euo pipefail

belay=$(realpath "$(command -v "${1:-belay}")") || { echo "There is no ${1:-belay}: make build" >&2; exit 1; }
example=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/belay-demo-XXXXXX")
engine=
approver=
port=
cleanup() {
  status=$?
  # By the pids that we know: what this script has begun and not seen end, and the service by its pid file.
  for process in $engine $approver; do kill -KILL "$process" 2>/dev/null || true; done
  "$folder/hello" stop || true
  if [ -n "$port" ] && [ "$("$folder/hello" port "$port")" != free ]; then
    echo "The service still runs." >&2
    status=1
  fi
  cd /
  rm -rf "$folder"
  [ "$status" -eq 0 ] || echo "The demo has failed." >&2
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

cp -r "$example/hello" "$example/playbooks" "$folder"
cd "$folder"
# Who may approve: whoever plays this.
sed -i "s/os: ada/os: \"$(id -u)\"/" playbooks/roster.yaml
export BELAY_STORE=$folder/store
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '%s\n' "$*"; }
typed() { printf '%s$ %s%s\n' "$dim" "$*" "$plain"; }

# Runs belay as it would be typed, and insists on the exit status that it should have.
expect() {
  local wanted=$1 got=0
  shift
  typed "belay $*"
  "$belay" "$@" || got=$?
  if [ "$got" -ne "$wanted" ]; then
    echo "That should have ended with exit status $wanted, not $got." >&2
    exit 1
  fi
  [ "$got" -eq 0 ] || say "(exit status $got)"
}
# Runs a deployment, and approves it when it asks: from elsewhere while it waits, where there is a terminal that waits;
# without one the run rests (exit status 3), is approved, and goes on.
deploy() {
  local wanted=$1 version=$2
  shift
  if [ ! -t 0 ] || [ ! -t 2 ]; then
    expect 3 run deploy -p version="$version" -p port="$port"
    approve
    expect "$wanted" resume last
    return
  fi
  typed "belay approve last --note fine     # in another terminal, when it asks"
  { until "$belay" approve last --note fine; do sleep 0.5; done; } >/dev/null 2>&1 &
  approver=$!
  expect "$wanted" run deploy -p version="$version" -p port="$port"
  wait "$approver"
  approver=
}
approve() { expect 0 approve last --note fine; }

serves() {
  typed "./hello get $port /"
  ./hello get "$port" / | tee answer
  grep -q "\"version\": \"$1\"" answer || { echo "That should have been version $1." >&2; exit 1; }
}

chapter "1. What would happen"
say "A dry run starts nothing and makes nothing; it shows every node, and what a rollback would do."
expect 0 run deploy -p version=1 -p port="$port" --dry-run

chapter "2. Version 1"
say "It asks before it changes anything. Anybody whom the roster names may answer, from any terminal."
deploy 0 1
serves 1

chapter "3. A version that says it is well, and fails its users after two seconds"
say "A watch asks what users get, all the time. It trips, what was done is undone, version 1 is back: exit status 4."
deploy 4 2-tired
serves 1

chapter "4. Version 2, and the engine is killed in the middle of the switch"
say "Nobody is there to answer: the run rests (exit status 3), and keeps what it has."
expect 3 run deploy -p version=2 -p port="$port" </dev/null
approve
typed "belay resume last &"
"$belay" resume last </dev/null &
engine=$!
until grep -q "version 2: started" run/log; do
  kill -0 "$engine" 2>/dev/null || { echo "It ended before it could be killed." >&2; exit 1; }
  sleep 0.05
done
typed "kill -KILL $engine"
kill -KILL "$engine"
wait "$engine" 2>/dev/null || true
engine=
expect 0 runs --limit 1
say "The step goes on without it, under its keeper. A resume takes the step's end from there and goes on itself."
expect 0 resume last
serves 2
say "The service's log says how often version 2 was started:"
typed "grep 'version 2: started' run/log"
grep 'version 2: started' run/log
[ "$(grep -c 'version 2: started' run/log)" -eq 1 ] || { echo "That should have been once." >&2; exit 1; }

chapter "5. The record"
expect 0 runs
expect 0 audit verify

chapter "Done."
say "The service is stopped and $folder removed."
