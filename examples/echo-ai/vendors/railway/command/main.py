"""The command line: which subcommands there are, and their flags."""

import argparse
import sys

from . import deploy, observe, reach, variables
from .client import CommandError

VERSION = "5.43.1"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="railway", allow_abbrev=False, description="Stand-in for Railway's command.")
    parser.add_argument("-V", "--version", action="version", version=f"railway {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, what, *flags: str, parent=commands, **options) -> argparse.ArgumentParser:
        added = parent.add_parser(name, allow_abbrev=False, **options)
        added.add_argument("-s", "--service")
        added.add_argument("-e", "--environment")
        added.add_argument("-p", "--project")
        for flag in flags:
            added.add_argument(*flag.split("/"), action="store_true")
        added.set_defaults(what=what)
        return added

    command("status", observe.status, "--json")
    command("whoami", observe.whoami, "--json")
    service = command("service", observe.service_status, "--json").add_subparsers(metavar="COMMAND")
    command("status", observe.service_status, "-a/--all", "--json", parent=service)
    command("list", observe.service_list, "--json", parent=service)
    deployments = command("deployment", observe.deployment_list, "--json").add_subparsers(metavar="COMMAND")
    listing = command("list", observe.deployment_list, "--json", parent=deployments, aliases=["ls"])
    listing.add_argument("--limit", type=int, default=20)
    logs = command("logs", observe.logs, "-d/--deployment", "-b/--build", "--http", "--latest", "--json")
    logs.add_argument("deployment_id", nargs="?")
    logs.add_argument("-n", "--lines", "--tail", type=int)
    for flag in ("-f/--filter", "-S/--since", "-U/--until", "--status", "--method", "--path"):
        logs.add_argument(*flag.split("/"))
    metrics = command(
        "metrics",
        observe.metrics,
        "--json",
        "--http",
        "--cpu",
        "--memory",
        "--network",
        "--volume",
        "-a/--all",
    )
    metrics.add_argument("-S", "--since", default="1h")
    metrics.add_argument("-U", "--until")

    command("restart", deploy.restart, "-y/--yes", "--json")
    command("redeploy", deploy.redeploy, "-y/--yes", "--json", "--from-source")
    command("down", deploy.down, "-y/--yes")
    up = command("up", deploy.up, "-d/--detach", "-c/--ci", "--json", "--no-gitignore", "--verbose")
    up.add_argument("path", nargs="?", default=".")
    up.add_argument("-m", "--message", default="")
    scale = command("scale", deploy.scale, "--json")
    scale.add_argument("regions", nargs="*", metavar="REGION=N")

    variable = command(
        "variable",
        variables.list_,
        "--json",
        "-k/--kv",
        "--skip-deploys",
        aliases=["variables", "vars", "var"],
    )
    variable.add_argument("--set", action="append", default=[])
    below = variable.add_subparsers(metavar="COMMAND")
    command("list", variables.list_, "--json", "-k/--kv", parent=below, aliases=["ls"]).set_defaults(set=[])
    put = command("set", variables.set_, "--stdin", "--skip-deploys", "--json", parent=below)
    put.add_argument("pairs", nargs="*", metavar="KEY=VALUE")
    one = command("get", variables.get, parent=below)
    one.add_argument("key")
    gone = command("delete", variables.delete, "--json", "--skip-deploys", parent=below, aliases=["rm", "remove"])
    gone.add_argument("key")

    for name, what in (("run", reach.run), ("ssh", reach.ssh)):
        child = command(name, what, "--no-local")
        child.add_argument("-d", "--deployment-instance")
        child.add_argument("command", nargs=argparse.REMAINDER)
    connect = command("connect", reach.connect, "--tunnel-only")
    connect.add_argument("service_name", nargs="?")
    connect.add_argument("-P", "--port", type=int)
    return parser


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    try:
        return asked.what(asked) or 0
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
