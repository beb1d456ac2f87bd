#!/usr/bin/env python3
"""Measures belay against what this machine can do, and prints ratios: a neighbour's load moves times, not ratios.

    bench.py BELAY [--once] [NAME…]

Each ratio is the median over pairs that ran one right after the other, the sides taking turns to go first.
"""

import datetime
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20


def checks(count, url):
    lines = ["belay: 1", "steps:"]
    return "\n".join(lines + [f"  - {{ check: c{number}, http: \"{url}\" }}" for number in range(count)]) + "\n"


def playbook(steps):
    lines = ["belay: 1", "steps:"]
    for number in range(steps):
        lines += [f"  - step: s{number}", "    exec: [/bin/true]", "    rollback: nothing"]
    return "\n".join(lines) + "\n"


# Its last step reads the highest resident sizes of its parent, the keeper, and of the engine that keeper serves.
PEAKS = """\
belay: 1
steps:
  - step: print
    run: |
      %s
    rollback: nothing
  - step: measure
    run: |
      echo "belay-keeper $(grep VmHWM "/proc/$PPID/status")"
      for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe")" = "$ENGINE" ] && grep -qz "^HOME=$HOME$" "$process/environ"; then
          echo "belay $(grep VmHWM "$process/status")"
        fi
      done
    env: { ENGINE: "%s" }
    rollback: nothing
"""


# What a run does that only waits: for somebody, and for a check to have stayed well.
WAITING = {
    "gate": """\
belay: 1
steps:
  - gate: go
    approve: { by: me }
    message: Go on?
""",
    "soak": """\
belay: 1
steps:
  - check: well
    exec: [/bin/true]
    every: 5s
    stays_for: 1h
""",
}


class Bench:
    def __init__(self, belay, folder, rounds):
        self.belay = belay
        self.folder = folder
        self.rounds = rounds
        self.environment = {"HOME": str(folder / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        (folder / "home").mkdir()
        (folder / "playbooks").mkdir()

    # What can be measured; each returns lines to print.

    def version(self):
        def floor():
            begin = time.perf_counter()
            subprocess.run(["/bin/true"], env=self.environment, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - begin

        pairs = self.pairs(floor, lambda: self.timed("--version"), 5 * self.rounds)
        return [
            f"belay --version                 {middle(pairs, 1) * 1e3:6.1f} ms   goal 20; "
            f"/bin/true the same way {middle(pairs, 0) * 1e3:.1f}"
        ]

    def plan(self):
        self.write("large", playbook(10_000))
        times = [self.timed("plan", "large") for _ in range(self.rounds)]
        return [f"10,000 steps planned            {statistics.median(times):6.2f} s    goal 1"]

    def chain(self):
        steps = 1000
        self.write("chain", playbook(steps))
        loop = self.compiled("spawn_loop")

        def floor():
            log = self.folder / "floor.log"
            log.unlink(missing_ok=True)
            return float(subprocess.check_output([loop, str(steps), log, "/bin/true"], env=self.environment))

        pairs = self.pairs(floor, lambda: self.timed("run", "chain", "--store", self.store()))
        return self.compared(
            "1,000 chained exec: [/bin/true]", "goal 2", pairs, "posix_spawn + wait + fdatasync in C", "step")

    def http(self):
        """The same requests to the same server: by a loop of libcurl's, by belay's HTTP alone, by the checks of a run."""
        count = 1000
        loop = self.compiled("http_loop", "-lcurl")
        layer = os.path.join(os.path.dirname(self.belay), "http-layer")
        with subprocess.Popen([self.compiled("http_server")], stdout=subprocess.PIPE, text=True) as server:
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/health"
            self.write("http", checks(count, url))

            def seconds(program):
                return float(subprocess.check_output([program, str(count), url], env=self.environment))

            def run():
                store = self.store()
                self.timed("run", "http", "--store", store)
                return self.took(store)

            alone = self.pairs(lambda: seconds(loop), lambda: seconds(layer))
            checked = self.pairs(lambda: seconds(loop), run)
            server.kill()
        return self.compared("1,000 requests over HTTP", "goal 2", alone, "libcurl's own loop in C", "request") + (
            self.compared("1,000 checks over HTTP", "no goal", checked, "the same; the record included", "check"))

    def compared(self, what, goal, pairs, floor, unit):
        ratios = [ours / theirs for theirs, ours in pairs]
        return [
            f"{what:<31} {statistics.median(ratios):6.2f} x    {goal}; of {floor}; "
            f"{min(ratios):.2f} to {max(ratios):.2f} over {len(ratios)} pairs",
            f"                                {middle(pairs, 1) * 1e3:6.0f} us a {unit}, C {middle(pairs, 0) * 1e3:.0f}",
        ]

    def took(self, store):
        """Seconds between a run's first node and its rest, by its own record: without the start of a program and its plan."""
        database = sqlite3.connect(pathlib.Path(store) / "store.db")
        try:
            events = [json.loads(line) for (line,) in database.execute("SELECT line FROM event ORDER BY n")]
        finally:
            database.close()
        moments = [event["at"] for event in events if event["type"] in ("driver_started", "rested")]
        begin, end = (datetime.datetime.fromisoformat(moment[:26]) for moment in moments)
        return (end - begin).total_seconds()

    def output(self):
        quiet, _ = self.peaks("quiet", "true")
        flood, seconds = self.peaks("flood", "head -c 1073741824 /dev/zero")
        return [
            f"1 GiB of output, {name:<12}   {(flood[name] - quiet[name]) / MIB:+6.1f} MiB  goal 8; "
            f"above a peak of {quiet[name] / MIB:.1f} without it; {seconds:.1f} s"
            for name in ("belay", "belay-keeper")
        ]

    def waiting(self):
        roster = f"belay: 1\npeople: {{ me: {{ name: Me, accounts: {{ os: '{os.getuid()}' }} }} }}\n"
        self.write("roster", roster)
        lines = []
        for name, playbook in WAITING.items():
            self.write(name, playbook)
            spent = self.waited(name, 5 if self.rounds == 1 else 60)
            lines.append(
                f"a run that waits ({name})          {spent['belay'] * 60:6.2f} s of CPU a minute, the live tree painted; "
                f"its keeper {spent['belay-keeper'] * 60:.2f}")
        return lines

    # How.

    def compiled(self, name, *libraries):
        program = self.folder / name
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O2", "-Wall", "-o", program, HERE / f"{name}.c", *libraries], check=True)
        return program

    def write(self, name, text):
        (self.folder / "playbooks" / f"{name}.yaml").write_text(text)

    def timed(self, *arguments):
        begin = time.perf_counter()
        with open(self.folder / "output", "w") as output:
            subprocess.run([self.belay, *arguments], cwd=self.folder, env=self.environment, check=True, stdout=output)
        return time.perf_counter() - begin

    def store(self):
        """A store for one run only."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)
        return str(self.folder / "store")

    def waited(self, name, seconds):
        """The share of one processor that a run on a terminal and its keeper use while it waits."""
        child, master = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            terminal = {"TERM": "xterm-256color", **self.environment}
            os.execve(self.belay, [self.belay, "run", name, "--store", self.store()], terminal)
        self.drained(master, 2)
        processes = {"belay": child, "belay-keeper": int(children(child)[0])}
        before = {program: ticks(pid) for program, pid in processes.items()}
        begin = time.perf_counter()
        self.drained(master, seconds)
        took = (time.perf_counter() - begin) * os.sysconf("SC_CLK_TCK")
        spent = {program: (ticks(pid) - before[program]) / took for program, pid in processes.items()}
        os.kill(child, signal.SIGTERM)
        self.drained(master, 10)
        os.waitpid(child, 0)
        os.close(master)
        return spent

    def drained(self, terminal, seconds):
        """Reads what a terminal is sent, for so long, or until nobody has it open."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([terminal], [], [], left)[0]:
                return
            try:
                if not os.read(terminal, 65536):
                    return
            except OSError:
                return

    def peaks(self, name, command):
        self.write(name, PEAKS % (command, os.path.realpath(self.belay)))
        store = self.store()
        seconds = self.timed("run", name, "--store", store)
        log = subprocess.check_output(
            [self.belay, "logs", "last", "measure", "--store", store], cwd=self.folder, env=self.environment, text=True)
        words = [line.split() for line in log.splitlines() if "VmHWM:" in line]
        return {line[0]: int(line[2]) * 1024 for line in words}, seconds

    def pairs(self, first, second, rounds=None):
        first(), second()  # once to warm up
        found = []
        for round in range(rounds or self.rounds):
            if round % 2:
                later = second()
                found.append((first(), later))
            else:
                earlier = first()
                found.append((earlier, second()))
        return found


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def ticks(pid):
    """Of a process, in user and system mode (proc(5), /proc/pid/stat, fields 14 and 15)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def middle(pairs, side):
    return statistics.median(pair[side] for pair in pairs)


def main(arguments):
    names = [word for word in arguments[1:] if not word.startswith("--")]
    for name in names or ["version", "plan", "chain", "http", "output", "waiting"]:
        # Beside what was built, not in /tmp: that may be memory, where a sync costs nothing.
        with tempfile.TemporaryDirectory(prefix="bench-", dir=HERE.parent.parent / ".build") as folder:
            bench = Bench(os.path.abspath(arguments[0]), pathlib.Path(folder), 1 if "--once" in arguments else 9)
            print(*getattr(bench, name)(), sep="\n", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
