#!/usr/bin/env python3
"""Kills belay and belay-keeper at every boundary to the world, over real playbooks with real processes.

    crash.py BELAY                      every boundary; about an hour
    crash.py BELAY --once               every boundary once: before, within or after it, for one of those who can die
    crash.py BELAY --sample 700         a fixed, evenly spread sample
    crash.py BELAY --playbook chain     one playbook
    crash.py BELAY --only chain/run:engine:after:wal.sync:3:both     one case, told in full
"""

import argparse
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing

import servers
from bed import HERE, Bed, Playbook, Strike
from oracle import Judge, Outcome, Plan
from processes import Trouble, become_reaper, children

# Each must be seen, or the driver is blind for it. B N A S K P X E: the records of KeeperLogFormat.md; an end with
# output is written with its P records first.
KINDS = {
    "engine": ["db.write", "db.sync", "wal.write", "wal.sync", "driver.write", "plan.write", "plan.sync", "heads.cut",
               "heads.write", "heads.sync", "keeper.spawn", "order.send", "reply.recv", "request.send", "answer.recv",
               "socket.remove"],
    "keeper": ["log.room", "log.B", "log.N", "log.A", "log.S", "log.K", "log.P", "log.X", "log.E", "step.spawn",
               "step.reap", "order.recv", "reply.send", "output.write", "output.sync", "socket.remove"],
}
# A series of these is one append; in between there is nothing but memory.
SERIES = ("wal.write", "db.write", "output.write")
DIVISIBLE = ("write", "send", "log.B", "log.N", "log.A", "log.S", "log.K", "log.P", "log.X", "log.E")
VICTIMS = ("engine", "keeper", "both")
FIRST_STRIKES = 2  # Of each playbook, after which every boundary of the next command is struck too.
TRIES = 3  # Calls are not always the same: a boundary that was not reached is looked for again.


def chance(text):
    """The same number for the same text, everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def place():
    """In memory where there is room: a killed process, unlike a lost machine, leaves to the disk all that it wrote."""
    memory = "/dev/shm"
    try:
        room = os.statvfs(memory)
    except OSError:
        return None
    return memory if os.access(memory, os.W_OK) and room.f_bavail * room.f_frsize > 1 << 30 else None


class Driver:
    """What one process needs to run cases."""

    def __init__(self, belay, library):
        self.belay, self.library = belay, library
        self.judges = {}

    def bed(self, name, strikes=(), tell=None):
        folder = tempfile.mkdtemp(dir=self.library.parent)
        bed = Bed(self.belay, self.library, Playbook(name), folder, strikes, tell)
        text = name + "/" + "+".join(map(str, strikes))
        bed.waits_for_keeper = chance("wait " + text) % 2 == 0
        return bed

    def judge(self, name):
        if name not in self.judges:
            bed = self.bed(name)
            try:
                reference = Outcome(bed.live())
                words = ["plan", name, *bed.arguments, "--format", "json"]
                self.judges[name] = Judge(Plan(bed.ask(*words).stdout), reference)
            finally:
                bed.clear()
        return self.judges[name]

    def run(self, case, tell=None):
        """What was wrong, and what was reached."""
        name, _, text = case.partition("/")
        strikes = [Strike.parse(part) for part in text.split("+") if part]
        for attempt in range(TRIES):
            judge = self.judge(name)
            bed = self.bed(name, strikes, tell)
            bed.outputs = judge.outputs()
            try:
                found = judge.judge(Outcome(bed.live()))
            except Trouble as trouble:
                found = [str(trouble)]
            except Exception as error:  # The case that shows a mistake of the driver's is named too.
                found = [f"{type(error).__name__}: {error}"]
            finally:
                end = self.end(case, bed)
                if tell:
                    tell("".join(f"{' '.join(line)}\n" for line in bed.effects()))
                    tell("".join(f"{line}\n" for line in bed.trace() if line[2] not in SERIES))
                bed.clear()
            if found or len(bed.struck) == len(strikes) or tell:
                break
        return {**end, "found": found, "reached": len(bed.struck) == len(strikes), "void": bool(bed.void)}

    def end(self, case, bed):
        return {"case": case, "trace": bed.trace(), "commands": [name for name, *_ in bed.commands]}


# Which cases there are

class Call(typing.NamedTuple):
    n: int
    peer: bool
    follows_other: bool  # What came before it, the other process has done.


def series_of(trace):
    """(role, kind, calls): one call, or a series of writes that one process makes."""
    found, last = [], {}
    for index, (_, role, kind, n, peer) in enumerate(trace):
        call = Call(n, peer, not index or trace[index - 1][1] != role)
        if kind in SERIES and role in last and last[role][1] == kind:
            last[role][2].append(call)
        else:
            last[role] = (role, kind, [call])
            found.append(last[role])
    return found


def places(trace):
    """(role, position, kind, n, victims) for what a command has reached.

    Before a call is after the one before it, if the same process has made that. A series of writes is one append: it is
    struck before, after its first and a middle one, and within and after its last. Within a call only who makes it can
    die, and of a series the other process notices the end only.
    """
    for role, kind, calls in series_of(trace):
        first, middle, last = calls[0], calls[len(calls) // 2], calls[-1]
        every = VICTIMS if last.peer else (role,)
        if first.follows_other:
            yield role, "before", kind, first.n, every
        for n in sorted({first.n, middle.n} - {last.n}):
            yield role, "after", kind, n, (role,)
        if kind.endswith(DIVISIBLE):
            yield role, "within", kind, last.n, (role, "both") if last.peer else (role,)
        yield role, "after", kind, last.n, every


def strikes_of(command, trace):
    for role, position, kind, n, victims in places(trace):
        for victim in victims:
            yield Strike(command, role, position, kind, n, victim)


def cases_of(driver, name):
    """Every boundary of each command of a playbook, and every boundary of what comes after some of them."""
    end = driver.run(f"{name}/")
    trace, commands = end["trace"], end["commands"]
    if end["found"]:
        raise Trouble(f"twice without a crash it is not the same: {end['found']}")
    first = [
        strike for serial, command in enumerate(commands, 1)
        for strike in strikes_of(command, [line for line in trace if line[0] == serial])]
    cases = [f"{name}/{strike}" for strike in first]
    chosen = sorted(cases, key=lambda case: chance("first " + case))
    follow = []
    for case in chosen:
        if len(follow) == FIRST_STRIKES:
            break
        end = driver.run(case)
        serial = end["commands"].index("next") + 1 if "next" in end["commands"] else 0
        if end["found"] or not serial:
            continue
        next_trace = [line for line in end["trace"] if line[0] == serial]
        follow.append([f"{case}+{strike}" for strike in strikes_of("next", next_trace)])
    for line in follow:
        cases += one_each(line, lambda strike: (strike.position, strike.kind, strike.n, strike.role))
    return cases, [(role, kind) for _, role, kind, *_ in trace]


def one_each(cases, place):
    """Of the cases whose last strikes are at one place, one, by chance."""
    options = collections.defaultdict(list)
    for case in cases:
        before, _, last = case.rpartition("+")
        strike = Strike.parse(last.rpartition("/")[2])
        options[before or case.partition("/")[0], strike.command, place(strike)].append(case)
    return [some[chance(some[0]) % len(some)] for some in options.values()]


# Running them

DRIVER = None


def begin(belay, library, judges):
    global DRIVER
    become_reaper()
    DRIVER = Driver(belay, library)
    DRIVER.judges = judges


def count(name):
    """The cases and boundaries of a playbook, and the run that they are compared with."""
    try:
        return name, *cases_of(DRIVER, name), DRIVER.judges[name], None
    except Trouble as trouble:
        return name, [], [], None, str(trouble)


def run(case):
    start = time.monotonic()
    end = DRIVER.run(case)
    end.pop("trace")
    return {**end, "seconds": time.monotonic() - start}


def spread(cases, size):
    """So many of a list, evenly; in an order that shows early what fails in many places."""
    size = min(size or len(cases), len(cases))
    return sorted((cases[index * len(cases) // size] for index in range(size)), key=chance)


def kind_of(case):
    strike = Strike.parse(case.partition("/")[2].split("+")[-1])
    return strike.role, strike.kind


def table(names, cases, seen):
    print(f"{'boundary':24} {'reached once':>12} {'cases':>8}")
    per_kind = collections.Counter(kind_of(case) for case in cases)
    for role, kinds in KINDS.items():
        for kind in kinds:
            print(f"{role + ' ' + kind:24} {seen[role, kind]:12} {per_kind[role, kind]:8}")
    per_playbook = collections.Counter(case.partition("/")[0] for case in cases)
    print("; ".join(f"{name} {per_playbook[name]}" for name in names), flush=True)


def workers(options, library, judges):
    return concurrent.futures.ProcessPoolExecutor(
        options.jobs, initializer=begin, initargs=(options.belay, library, judges))


def everything(options, library):
    started = time.monotonic()
    names = options.playbook or Playbook.names()
    cases, seen, judges, failures = [], collections.Counter(), {}, []
    with workers(options, library, {}) as pool:
        for name, found, kinds, judge, trouble in pool.map(count, names):
            if trouble:
                failures.append((f"{name}/", [trouble]))
            cases += found
            seen.update(kinds)
            judges[name] = judge
    every = len(cases)
    if options.once:
        cases = one_each(cases, lambda strike: (strike.role, strike.kind, strike.n))
    cases = spread(cases[options.first:], options.sample)
    table(names, cases, seen)
    if not options.playbook:
        failures += [
            (f"{role} {kind}", ["was never reached: the driver is blind for it"])
            for role, kinds in KINDS.items() for kind in kinds if not seen[role, kind]]
    for case, found in failures:
        tell_failure(options, case, found)
    done = collections.Counter()
    with workers(options, library, judges) as pool:
        for end in pool.map(run, cases, chunksize=4):
            done["run"] += 1
            done["missed"] += not end["reached"]
            done["void"] += end["void"]
            if end["found"]:
                failures.append((end["case"], end["found"]))
                tell_failure(options, *failures[-1])
            if done["run"] % 1000 == 0:
                print(f"  {done['run']} of {len(cases)}, {time.monotonic() - started:.0f} s", flush=True)
    minutes = (time.monotonic() - started) / 60
    print(
        f"{len(names)} playbooks, {sum(seen.values())} boundaries, {len(cases)} of {every} cases"
        f" ({done['missed']} not reached, {done['void']} too late), {len(failures)} failed, {minutes:.1f} min")
    return 1 if failures or done["missed"] > len(cases) // 20 else 0


def tell_failure(options, case, found):
    print(f"FAILED {case}")
    for line in found[:6]:
        print(f"  {line}")
    if "/" in case:
        print(f"  again: {sys.argv[0]} {options.belay} --only {case}", flush=True)


def told(case):
    return DRIVER.run(case, tell=print)


def only(options, library):
    # Not by this process: the servers are below it.
    with workers(options, library, {}) as pool:
        end = pool.submit(told, options.only).result()
    for line in end["found"]:
        print(f"FAILED {line}")
    if not end["reached"]:
        print("not reached this time")
    return 1 if end["found"] else 0


def stop():
    """With the workers: they would go on with what they have."""
    for pid in children():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    sys.exit(143)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("belay", type=pathlib.Path, help="a built belay, its keeper beside it")
    parser.add_argument("--once", action="store_true", help="each boundary in one way only")
    parser.add_argument("--sample", type=int, help="so many cases, evenly spread")
    parser.add_argument("--from", dest="first", type=int, default=0, help="leave so many out: an earlier run has had them")
    parser.add_argument("--playbook", action="append", help="only this one; may be repeated")
    parser.add_argument("--only", help="one case, as a failure names it; PLAYBOOK/ is one without a crash")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() + 1, help="cases at once; steps also wait")
    parser.add_argument("--lose", default="", help="a kind that is not written, such as log.X: the driver must fail")
    options = parser.parse_args()
    options.belay = options.belay.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belay-crash-", dir=place()))
    signal.signal(signal.SIGTERM, lambda *_: stop())
    try:
        library = folder / "boundaries.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", f'-DLOST="{options.lose}"', "-o", library,
             HERE / "boundaries.c", "-ldl"], check=True)
        with servers.running():
            return only(options, library) if options.only else everything(options, library)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
