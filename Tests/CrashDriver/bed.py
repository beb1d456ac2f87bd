"""A home, a store and a project of their own, a playbook in them, and a person who types what belay asks for.

A bed runs one playbook to its end. Strikes kill the programs on the way; the person then resumes, and where the run is
held decides by looking at what has happened in the world: the lines that ./did has written.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import typing

import people
import servers
from crc import crc32c
from processes import PATIENCE, Trouble, children, reap, wait_for_end, words_of

HERE = pathlib.Path(__file__).resolve().parent
TURNS = 30  # Commands until a run must have come to its end.
RESTS = {"succeeded": 0, "closed": 0, "failed": 1, "held": 3, "paused": 3, "waiting": 3, "rolled_back": 4, "rollback_incomplete": 5}
# Without this event a command has had no effect, and is typed again.
MARKS = {"rollback": "rollback_started", "close": "closed", "cancel": "stop_requested", "resume": "driver_started"}


class Strike(typing.NamedTuple):
    command: str  # "run", "rollback", "resume2": the word and how often it came; "next": what comes after a strike.
    role: str
    position: str
    kind: str
    n: int
    victim: str

    @staticmethod
    def parse(text):
        command, role, position, kind, n, victim = text.split(":")
        return Strike(command, role, position, kind, int(n), victim)

    def __str__(self):
        return ":".join(map(str, self))


class Playbook:
    """A file of playbooks/; its first line is `# crash: {…}`: args, variables, environment, the playbooks that it calls
    (of playbooks/called/), the nodes that ask servers, what people answer to each node that asks, what is typed then,
    and what is otherwise in the file when that adopts it."""

    def __init__(self, name):
        self.name = name
        self.text = (HERE / "playbooks" / f"{name}.yaml").read_text()
        self.facts = json.loads(self.text.splitlines()[0].removeprefix("# crash: "))

    @staticmethod
    def names():
        return sorted(path.stem for path in (HERE / "playbooks").glob("*.yaml"))


class Bed:
    def __init__(self, belay, library, playbook, folder, strikes=(), tell=None):
        self.belay, self.library, self.playbook, self.tell = belay, library, playbook, tell
        self.strikes, self.struck, self.void = list(strikes), [], []
        self.folder = pathlib.Path(folder)
        self.home, self.project, self.crash = (self.folder / name for name in ("home", "project", "crash"))
        shutil.copytree(HERE / "project", self.project)
        (self.project / "playbooks" / "environments").mkdir(parents=True)
        self.home.mkdir()
        self.crash.mkdir()
        (self.project / "playbooks" / f"{playbook.name}.yaml").write_text(playbook.text)
        for name in playbook.facts.get("calls", []):
            shutil.copy(HERE / "playbooks" / "called" / f"{name}.yaml", self.project / "playbooks")
        for name, text in playbook.facts.get("files", {}).items():
            (self.project / name).write_text(text)
        if "answers" in playbook.facts:
            people.write_roster(self.project / "playbooks")
        # Nodes whose effects are requests of belay's own.
        self.requests, self.servers = set(playbook.facts.get("servers", [])), None
        self.arguments = playbook.facts.get("args", [])
        if self.requests:
            self.servers = servers.Servers(belay, self.project)
            (self.project / "playbooks" / "environments" / "servers.yaml").write_text(servers.ENVIRONMENT)
            self.arguments = [*self.arguments, "-e", "servers", "-p", f"server={self.servers.url}"]
        self.serial, self.typed = 0, {}
        self.commands = []  # (name, exit status, whether it was killed)
        self.decided = []  # (node, attempt, as)
        self.outputs = {}  # By node: what it gives when it is done; the person knows.
        self.keeper_killed = self.engine_killed = False
        self.known = None  # The state, until something is typed.
        self.waits_for_keeper = False
        self.environment = {
            "HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "USER": "ada", "LOGNAME": "ada", "TZ": "UTC",
            "SWIFT_BACKTRACE": "enable=no", **playbook.facts.get("variables", {}),
        }
        if self.servers:
            self.environment.update(self.servers.environment)
        if "LD_LIBRARY_PATH" in os.environ:
            self.environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]

    # Commands

    def ask(self, *words, check=True):
        """A command that drives nothing."""
        end = subprocess.run([self.belay, *words], cwd=self.project, env=self.environment, stdin=subprocess.DEVNULL,
                             capture_output=True, timeout=PATIENCE)
        if check and end.returncode != 0:
            raise Trouble(f"belay {' '.join(words)}: exit status {end.returncode}: {end.stderr.decode()}{end.stdout.decode()}")
        return end

    def drive(self, *words):
        """A command that drives the run; struck, if its turn has come. Says whether it was."""
        name = self.named(words[0])
        due = bool(self.strikes) and self.strikes[0].command in (name, "next" if self.struck else "")
        strike = self.strikes.pop(0) if due else None
        self.serial += 1
        self.known = None
        plan = f"{strike.role} {strike.kind} {strike.n} {strike.position} {strike.victim}" if strike else "- - 0 - -"
        # Renamed into its place: a keeper that lives on may be reading it.
        (self.crash / "plan.new").write_text(f"{self.serial} {plan}\n")
        (self.crash / "plan.new").rename(self.crash / "plan")
        status, output = self.execute(words)
        mark = self.crash / f"struck.{self.serial}"
        struck = mark.exists()
        self.commands.append((name, status, struck))
        if self.tell:
            self.tell(f"$ belay {' '.join(words)}   [{strike or 'as it is'}]\n{output}-> {status}" + " struck" * struck)
        if struck and mark.read_text() == "gone":
            # Whom it was to kill had ended already.
            self.void.append(str(strike))
        if struck:
            self.struck.append(strike)
            self.keeper_killed |= strike.victim != "engine"
            self.engine_killed |= strike.victim != "keeper"
        self.check_status(words, strike if struck else None, status, output)
        if struck:
            self.after_strike(strike)
        return struck

    def named(self, word):
        if self.struck:
            return "next"
        self.typed[word] = self.typed.get(word, 0) + 1
        return word if self.typed[word] == 1 else f"{word}{self.typed[word]}"

    def execute(self, words):
        environment = {**self.environment, "LD_PRELOAD": str(self.library), "CRASH_FOLDER": str(self.crash)}
        with open(self.folder / f"out.{self.serial}", "w+b") as file:
            child = subprocess.Popen(
                [self.belay, *words], cwd=self.project, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            try:
                status = child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                raise Trouble(f"belay {' '.join(words)} does not end") from None
            file.seek(0)
            return status, file.read().decode(errors="replace")

    def check_status(self, words, strike, status, output):
        if status == -signal.SIGKILL and strike and strike.victim != "keeper":
            return
        if strike and strike.victim == strike.role == "engine":
            raise Trouble(f"belay {' '.join(words)} was to be killed by {strike}: exit status {status}")
        if strike and strike.victim != "keeper":
            # It was leaving already when the keeper killed it.
            self.void.append(str(strike))
        if strike and strike.victim == "keeper" and status == 9 and "ended at its start" in output:
            # Nothing has begun without a keeper; the run can be resumed.
            return
        state = self.state()
        expected = RESTS.get(state["status"]) if state else None
        if status != expected:
            raise Trouble(f"belay {' '.join(words)}: exit status {status}, and the run is {state and state['status']}:\n{output}")

    def after_strike(self, strike):
        """As the person finds it: with a keeper that still works, or one that has left."""
        if self.waits_for_keeper:
            for pid in children():
                if words_of(pid)[0].endswith("belay-keeper"):
                    wait_for_end(pid)
        if strike.kind.startswith(("db", "wal", "heads", "plan")) and (self.home / ".local/state/belay/store.db").exists():
            self.verify()

    def verify(self):
        end = self.ask("audit", "verify", check=False)
        # 2: a store that was killed before its first entry is none yet.
        if end.returncode != 0 and not (end.returncode == 2 and not self.runs()):
            raise Trouble(f"belay audit verify: exit status {end.returncode}: {(end.stderr + end.stdout).decode()}")

    # What belay says

    def state(self):
        """As `belay status` tells it; None: there is no run."""
        if self.known is None:
            self.known = (self.read_state(),)
        return self.known[0]

    def read_state(self):
        end = self.ask("status", "last", "--format", "json", check=False)
        if end.returncode in (2, 9) and not self.runs():
            return None
        if end.returncode != 0:
            raise Trouble(f"belay status: exit status {end.returncode}: {end.stderr.decode()}")
        return json.loads(end.stdout)

    def runs(self):
        return json.loads(self.ask("runs", "--format", "json").stdout)

    def events(self):
        rows = map(json.loads, self.ask("audit", "export").stdout.decode().splitlines())
        return [json.loads(row["line"]) for row in rows if row["kind"] == "event"]

    # The world

    def effects(self):
        """(word, node, attempt, rest) for each line that steps and servers have written; a server knows keys, not attempts."""
        path = self.project / "effects"
        lines = [tuple(line.split(" ")) for line in path.read_text().splitlines()] if path.exists() else []
        return lines + (list(self.servers.effects()) if self.servers else [])

    def left(self):
        """Processes that steps have left running on purpose."""
        return [int(line[3]) for line in self.effects() if line[0] == "left"]

    def kept(self, run):
        """keeper.log by KeeperLogFormat.md: the kinds of each attempt's records; under "" what is damaged."""
        path = self.home / ".local/state/belay/runs" / run / "keeper.log"
        found = {}
        data = path.read_bytes() if path.exists() else b""
        for number in range(len(data) // 256):
            slot = data[number * 256:(number + 1) * 256]
            kind, form, _, place, epoch, sequence = struct.unpack_from("<cBHIII", slot)
            if slot[252:] != struct.pack("<I", crc32c(slot[:252])):
                found.setdefault("", []).extend(["damaged"] * any(slot))
            elif form == 1 and place == number and sequence:
                # An end that a later keeper has written, without having seen how: byte 0 of the payload.
                unseen = kind == b"X" and slot[32] in (4, 5)
                found.setdefault(f"{epoch}.{sequence}", []).append("unseen" if unseen else kind.decode())
        return found

    # The person

    def live(self):
        """Until the run has come to its end and nothing is left to be typed."""
        run = ["run", self.playbook.name, *self.arguments]
        script = [list(words) for words in self.playbook.facts.get("then", [])]
        self.drive(*run)
        for _ in range(TURNS):
            state = self.state()
            if state is None:
                self.drive(*run)
            elif state["status"] in ("planned", "running", "rolling_back"):
                self.drive("resume", "last")
            elif state["status"] == "waiting":
                people.answer(self, state)
                self.drive("resume", "last")
            elif state["status"] == "held" and (self.decide(state) or self.commands[-1][2]):
                self.drive("resume", "last")
            elif script:
                if self.act(script[0]):
                    script.pop(0)
            else:
                return self
        raise Trouble(f"no end after {TURNS} commands: {state['status']}, {state['cause']}")

    def act(self, words):
        """Types a command of the script; again if it was killed before the run knew of it."""
        if "--adopt" in words:
            old, new = self.playbook.facts["changed"]
            path = self.project / "playbooks" / f"{self.playbook.name}.yaml"
            path.write_text(self.playbook.text.replace(old, new))
        before = len(self.events())
        for _ in range(3):
            struck = self.drive(*words)
            if not struck or MARKS[words[0]] in [event["type"] for event in self.events()[before:]]:
                return True
        return False

    def decide(self, state):
        """Settles what is in doubt by what is in the world. False: nothing is in doubt, the run is held for another reason."""
        events = self.events()
        decided = False
        for node, record in state["nodes"].items():
            intents = [event["attempt"] for event in events if event["type"] == "attempt_intended" and event["node"] == node]
            if record["status"] not in ("held", "in_doubt") or not intents:
                continue
            attempt = intents[-1]
            self.wait_for_processes(state["run"], attempt)
            ends = self.ends(events, node, attempt)
            verdict = "not_done" if not ends else "done" if ends[-1] == "0" else self.failed(node)
            self.decided.append((node, attempt, verdict))
            self.known = None
            values = self.outputs.get(node, {}) if verdict == "done" else {}
            sets = [word for name, value in values.items() for word in ("--set", f"{name}={json.dumps(value)}")]
            self.ask("resolve", "last", node, "--as", verdict, "--note", "seen in the effects", *sets)
            if self.tell:
                self.tell(f"$ belay resolve last {node} --as {verdict}   [{record.get('held_because')}]")
            decided = True
        return decided

    def ends(self, events, node, attempt):
        """How what was attempted has ended in the world."""
        if node not in self.requests:
            return [line[3] for line in self.effects() if line[:3] == ("end", node, attempt)]
        self.servers.settle()
        key = next(event["key"] for event in events if event.get("attempt") == attempt).partition("/")[2]
        effects = self.effects()
        under = {line[2] for line in effects if line[0] == "begin" and line[3] == key}
        return [line[3] for line in effects if line[0] == "end" and line[2] in under]

    def failed(self, node):
        """An attempt that has failed by itself: what is tried again anyway is tried again."""
        plan = json.loads(self.ask("plan", self.playbook.name, *self.arguments, "--format", "json").stdout)
        found = next(item for item in plan["nodes"] if node in (item.get("step"), item.get("check")))
        return "not_done" if "retry" in found else "failed"

    def wait_for_processes(self, run, attempt):
        mark = f"BELAY_ATTEMPT={run}/{attempt}"
        for pid in children():
            try:
                marked = mark in pathlib.Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if marked and pid not in self.left():
                if self.tell:
                    self.tell(f"(process {pid} of {attempt} still runs: {' '.join(words_of(pid))})")
                wait_for_end(pid)

    # The end

    def settle(self):
        """Waits until everything has ended that must; what is left then."""
        left = set(self.left())
        if self.servers:
            self.servers.settle()
        for pid in children():
            if pid not in left and not wait_for_end(pid, 20):
                raise Trouble(f"still running at the end: {pid} {' '.join(words_of(pid))}")
        reap()
        alive = set(children())
        if alive - left:
            raise Trouble(f"still running at the end: {[(pid, words_of(pid)) for pid in alive - left]}")
        return len(alive & left)

    def clear(self):
        for pid in children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            wait_for_end(pid)
        reap()
        if self.servers:
            self.servers.close()
            self.servers = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def trace(self):
        """(serial, role, kind, n, peer) of each boundary that was reached."""
        path = self.crash / "trace"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(a), b, c, int(d), e == "1") for a, b, c, d, e in (line.split(" ") for line in lines)]

    def secrets_found(self, secret):
        """Files that hold it, plain or in base64."""
        needles = [secret.encode(), re.sub(rb"=+$", b"", __import__("base64").b64encode(secret.encode()))[:-1]]
        found = []
        for top, _, names in os.walk(self.folder):
            for path in (pathlib.Path(top, name) for name in names):
                if path.is_file() and "project" not in path.parts[-3:] and any(n in path.read_bytes() for n in needles):
                    found.append(str(path))
        return found
