"""The command `lab`."""

import argparse
import shutil
import sys

from . import config, processes
from .config import APP_URL, HOME, PROMETHEUS_URL


def _up(_: argparse.Namespace) -> None:
    from .up import up

    up()
    built = config.PROJECT / ".build" / "release" / "belay"
    belay = "belay" if shutil.which("belay") or not built.exists() else str(built)
    lab = config.SOURCE / "lab"
    print(_TRY.format(app=APP_URL, prometheus=PROMETHEUS_URL, lab=lab, belay=belay, home=HOME))
    if belay == "belay" and not shutil.which("belay"):
        print(f"belay itself is not here yet: make build, in {config.PROJECT}")


_TRY = """
The application is at {app}, Prometheus at {prometheus}. Things to try:

  eval "$({lab} env)"
  curl -s {app}/health
  railway deployment list -s echo-ai -e lab
  cd {home}/project              # the playbooks, with people who can approve
  {belay} run standard-deployment -e lab -p pr=42 -p soak=1m
  {belay} approve last go --key {home}/people/engineer_two   # in another terminal
  {lab} fault bad-release on      # the next release answers 5xx to every third request
  {lab} fault                     # all faults
  {lab} down
"""


def _down(_: argparse.Namespace) -> None:
    from .down import down

    down()


def _env(_: argparse.Namespace) -> None:
    file = HOME / "env"
    if not file.exists():
        raise processes.Failed("the lab has not been up: lab up")
    sys.stdout.write(file.read_text())


def _status(_: argparse.Namespace) -> None:
    from .status import show

    show()


def _project(_: argparse.Namespace) -> None:
    from .project import make

    make()


def _fault(asked: argparse.Namespace) -> None:
    from . import faults

    if asked.name is None:
        on = faults.those_on()
        for name, fault in faults.FAULTS_THERE_ARE.items():
            words = f" [{'|'.join(fault.choices)}]" if fault.choices else ""
            print(f"{'on ' if name in on else '   '} {name:22} {fault.says}{words}")
    elif asked.state is None:
        faults.fault(asked.name)
        print("on" if asked.name in faults.those_on() else "off")
    elif asked.state == "on":
        faults.switch_on(asked.name, asked.how)
    else:
        faults.switch_off(asked.name)


def _check(asked: argparse.Namespace) -> None:
    from .check import run

    sys.exit(run(asked.names))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="A small Echo AI with everything around it, on loopback.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, what, says: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=says, description=says)
        added.set_defaults(what=what)
        return added

    command("up", _up, "begin a fresh world (what ran before is ended, its data are gone)")
    command("down", _down, "end every process of the lab")
    command("status", _status, "what runs, what is deployed, which faults are on")
    command("env", _env, 'print what a shell needs: eval "$(lab env)"')
    command("project", _project, "copy the playbooks anew into the lab's project, after they have changed")
    fault = command("fault", _fault, "list faults, or switch one on or off")
    fault.add_argument("name", nargs="?")
    fault.add_argument("state", nargs="?", choices=("on", "off"))
    fault.add_argument("how", nargs="?", default="", help="which provider or vendor, where there are several")
    check = command("check", _check, "try every stand-in and every fault, print a table")
    check.add_argument("names", nargs="*", help="only the checks whose names begin so")
    command("install", lambda _: None, "make the Python environment, nothing else")
    return parser


def main() -> None:
    asked = _parser().parse_args()
    try:
        asked.what(asked)
    except processes.Failed as failed:
        print(f"lab: {failed}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
