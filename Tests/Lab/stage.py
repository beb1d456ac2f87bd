"""The lab, and runs of `belay` in it: started, watched, approved, and looked at afterwards."""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / "examples" / "echo-ai" / "lab"
HOME = pathlib.Path(os.environ.get("ECHO_LAB_HOME", "/var/tmp/echo-ai-lab"))
FIRST_PORT = int(os.environ.get("ECHO_LAB_PORT", "18400"))
PATIENCE = 420  # Longer than any wait here takes, in seconds.
WAITING = 3  # What belay ends with when it waits for nobody but people.


class Trouble(Exception):
    """What was not as it should be."""


def expect(what, told):
    if not what:
        raise Trouble(told)


class Lab:
    """A world. Its faults are switched off after each scenario, whatever came of it."""

    def __init__(self, belay):
        self.belay = pathlib.Path(belay).resolve()
        self.store = HOME / "store"
        self.variables = {}
        self.runs = []

    def up(self):
        """A fresh world, whose playbooks are those of this checkout."""
        done = subprocess.run([LAB, "up"], capture_output=True, text=True, timeout=900)
        expect(done.returncode == 0, f"the lab does not come up:\n{done.stdout}{done.stderr}")
        self.read_environment()

    def read_environment(self):
        names = {}
        for line in (HOME / "env").read_text().splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            names[name] = "".join(shlex.split(value)).replace("$PATH", os.environ["PATH"])
        own = {"BELAY_STORE": str(self.store), "PATH": f"{self.belay.parent}:{names['PATH']}"}
        self.variables = {**os.environ, **names, **own}

    def down(self):
        for run in self.runs:
            run.end_engine()
        subprocess.run([LAB, "down"], check=True, timeout=120, stdout=subprocess.DEVNULL)

    def fault(self, name, *how):
        self._switch(name, "on", *how)

    def mend(self, name):
        self._switch(name, "off")

    def _switch(self, name, *words):
        done = subprocess.run([LAB, "fault", name, *words], capture_output=True, text=True, timeout=120)
        expect(done.returncode == 0, f"fault {name}: {done.stderr}")

    def calm(self):
        """Every fault off, and the application well again."""
        listed = subprocess.run([LAB, "fault"], capture_output=True, text=True, check=True, timeout=60).stdout
        for line in listed.splitlines():
            if line.startswith("on "):
                self.mend(line.split()[1])
        self.until("the application is well", lambda: self.health().get("status") == "healthy")

    def health(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{FIRST_PORT}/health", timeout=5) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return {}

    def is_closed(self):
        """Whether a user is told that it is maintained."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{FIRST_PORT}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code == 503
        return False

    def samples(self, query):
        address = f"http://127.0.0.1:{FIRST_PORT + 5}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def railway(self, *words):
        return json.loads(self.command("railway", *words, "-s", "echo-ai", "-e", "lab", "--json"))

    def live_commit(self):
        serving = [one for one in self.railway("deployment", "list") if one["status"] == "SUCCESS"]
        return serving[0]["meta"]["commitHash"] if serving else None

    def variable(self, name):
        return self.railway("variable", "list").get(name)

    def replicas(self):
        listed = json.loads(self.command("railway", "service", "list", "-e", "lab", "--json"))
        return next(one["replicas"]["running"] for one in listed if one["name"] == "echo-ai")

    def github(self, method, path, **body):
        """Of the repository: `path` begins behind its name."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{FIRST_PORT + 2}/github/repos/echo-ai/echo-ai{path}", method=method,
            headers={"Authorization": f"Bearer {self.variables['LAB_GH_TOKEN']}", "Content-Type": "application/json"},
            data=json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def command(self, *words):
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=60, env=self.variables, cwd=HOME)
        expect(done.returncode == 0, f"{' '.join(words)}: {done.stderr}")
        return done.stdout

    def sql(self, query, database=None):
        words = [ROOT / "playbooks" / "tools" / "pg", *(["--database", database] if database else []), "psql", "-XAtc", query]
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=60,
            env={**self.variables, "DATABASE_URL": self.variables["LAB_ECHO_DATABASE_URL"]})
        expect(done.returncode == 0, f"{query}: {done.stderr}")
        return done.stdout.strip()

    def until(self, what, question, patience=PATIENCE):
        end = time.monotonic() + patience
        while not question():
            expect(time.monotonic() < end, f"waited {patience} s in vain: {what}")
            time.sleep(0.5)

    def key(self, person):
        return str(HOME / "people" / person)

    def run(self, playbook, *flags, **params):
        run = Run(self, playbook, flags, params)
        self.runs.append(run)
        return run


class Run:
    """A run of a playbook in the lab's project, and its engine."""

    def __init__(self, lab, playbook, flags=(), params=None):
        self.lab, self.playbook = lab, playbook
        words = [word for name, value in (params or {}).items() for word in ("-p", f"{name}={value}")]
        self.output = HOME / f"out-{len(lab.runs)}-{playbook}"
        self.output.unlink(missing_ok=True)
        self._start(["run", playbook, "-e", "lab", *words, *flags])
        self.id = None

    def _start(self, words):
        with self.output.open("ab") as file:
            self.engine = subprocess.Popen(
                [self.lab.belay, *words], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                cwd=HOME / "project", env=self.lab.variables, start_new_session=True)

    def told(self):
        return self.output.read_text(errors="replace")

    def name(self):
        if self.id is None:
            self.lab.until("the run has a name", lambda: " run 2" in self.told() or self.engine.poll() is not None, 60)
            words = self.told().split(" run ")
            expect(len(words) > 1, f"{self.playbook} did not begin:\n{self.told()}")
            self.id = words[1].split()[0].rstrip(":")
        return self.id

    def call(self, *words, status=0):
        done = subprocess.run(
            [self.lab.belay, *words], capture_output=True, text=True, timeout=120,
            cwd=HOME / "project", env=self.lab.variables)
        if status is not None:
            expect(done.returncode == status, f"belay {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def status(self):
        return json.loads(self.call("status", self.name(), "--format", "json").stdout)

    def report(self):
        return self.call("report", self.name()).stdout

    def node(self, name):
        return self.status()["nodes"].get(name, {})

    def waits_for(self, node, patience=PATIENCE):
        """Where nothing but people is waited for, the engine ends with 3: `resume` drives the run on."""

        def waits():
            ended = self.engine.poll()
            if self.node(node).get("status") == "waiting":
                return True
            expect(ended is None, f"{self.playbook} ended before {node} was asked, with {ended}:\n{self.tail()}")
            return False

        self.lab.until(f"{self.playbook} asks {node}", waits, patience)
        return self

    def reaches(self, node, *states, patience=PATIENCE):
        def has_come():
            ended = self.engine.poll()
            if self.node(node).get("status") in states:
                return True
            expect(ended is None, f"{self.playbook} ended before {node} was {states}, with {ended}:\n{self.tail()}")
            return False

        self.lab.until(f"{node} is {states}", has_come, patience)
        return self

    def approve(self, gate, *people):
        """What they decide, and then on, if the engine has left."""
        for person in people:
            self.call("approve", self.name(), gate, "--key", self.lab.key(person))
        return self.go_on()

    def reject(self, gate, person):
        self.call("reject", self.name(), gate, "--key", self.lab.key(person))
        return self.go_on()

    def answer(self, node, *values, person="engineer_one"):
        self.call("answer", self.name(), node, *values, "--key", self.lab.key(person))
        return self.go_on()

    def go_on(self):
        if self.engine.poll() == WAITING:
            self.resume()
        return self

    def ends(self, status, patience=PATIENCE):
        try:
            got = self.engine.wait(patience)
        except subprocess.TimeoutExpired:
            self.end_engine()
            raise Trouble(f"{self.playbook} did not end within {patience} s:\n{self.tail()}") from None
        expect(got == status, f"{self.playbook} ended with {got}, not {status}:\n{self.tail()}")
        return self

    def kill(self):
        """As a machine would: nothing is said, nothing is tidied."""
        os.killpg(self.engine.pid, signal.SIGKILL)
        self.engine.wait()

    def resume(self, *flags):
        self._start(["resume", self.name(), *flags])
        return self

    def end_engine(self):
        if self.engine.poll() is None:
            os.killpg(self.engine.pid, signal.SIGTERM)
            try:
                self.engine.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def give_up(self):
        """What is not over is closed, so that it holds nothing that the next one wants."""
        self.end_engine()
        if self.id and self.status()["status"] not in ("succeeded", "rolled_back", "closed"):
            self.call("close", self.id, "--note", "the scenario is over", status=None)

    def tail(self):
        return "\n".join(self.told().splitlines()[-25:])


def say(text):
    print(text, flush=True)
    sys.stdout.flush()


def scenario(function=None, *, fresh=False, of_the_few=False):
    """Marks what the driver plays; `fresh`: in a world of its own; `of_the_few`: played by `--few`."""

    def mark(one):
        one.is_scenario, one.needs_fresh_world, one.is_of_the_few = True, fresh, of_the_few
        return one

    return mark(function) if function else mark
