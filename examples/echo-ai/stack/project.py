"""The folder that `belay` runs in: the playbooks of this project, with the lab's addresses and people of its own.

The roster that is shipped has places and no people, so nobody could approve anything. Here each person has a key that
is made anew with every world: `belay approve RUN --key …/people/engineer_two`. Who uses the lab is none of them: somebody
whose account is in the roster cannot use the key of another.
"""

import re
import shutil
import subprocess

from .config import FIRST_PORT, HOME, PROJECT

FOLDER = HOME / "project"
PEOPLE = HOME / "people"
_NAMES = {
    "engineer_one": "First engineer", "engineer_two": "Second engineer", "manager": "Engineering manager",
    "database_admin": "Database admin",
}  # fmt: skip


def make() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(PROJECT / "playbooks", FOLDER / "playbooks")
    _write_roster()
    _write_environment()


def _write_roster() -> None:
    file = FOLDER / "playbooks" / "roster.yaml"
    roles = file.read_text().partition("roles:")[2]
    # The same ones every week.
    roles = re.sub(r"\{ rotation: .*offset: 1 \} \}", "{ people: [engineer_two] }", roles)
    roles = re.sub(r"\{ rotation: .*\} \}", "{ people: [engineer_one] }", roles)
    people = "".join(
        f'  {person}: {{ name: {name}, accounts: {{ os: echo-{person.replace("_", "-")} }}, keys: ["{_key(person)}"] }}\n'
        for person, name in _NAMES.items()
    )
    file.write_text(f"belay: 1\npeople:\n{people}roles:{roles}")


def _key(person: str) -> str:
    PEOPLE.mkdir(mode=0o700, exist_ok=True)
    file = PEOPLE / person
    if not file.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(file)], check=True)
    return file.with_suffix(".pub").read_text().strip()


def _write_environment() -> None:
    file = FOLDER / "playbooks" / "environments" / "lab.yaml"
    text = file.read_text().replace("/var/tmp/echo-ai-lab", str(HOME))
    file.write_text(re.sub(r"127\.0\.0\.1:184(\d\d)", lambda port: f"127.0.0.1:{FIRST_PORT + int(port[1])}", text))
