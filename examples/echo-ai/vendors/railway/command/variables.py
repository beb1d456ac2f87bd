"""Variables of a service. A change deploys by itself, unless --skip-deploys is given."""

import sys
from typing import Any

from .client import Target, fail, graphql, show


def _values(target: Target) -> dict[str, str]:
    query = "query($p: String!, $e: String!, $s: String) { variables(projectId: $p, environmentId: $e, serviceId: $s) }"
    ids = target.ids
    return graphql(query, p=ids["projectId"], e=ids["environmentId"], s=ids["serviceId"])["variables"]


def list_(flags: Any) -> None:
    if flags.set:
        flags.pairs, flags.stdin = flags.set, False
        return set_(flags)
    values = _values(Target(flags))
    if flags.json:
        show(dict(sorted(values.items())))
    else:
        for name, value in sorted(values.items()):
            print(f"{name}={value}")
    return None


def get(flags: Any) -> None:
    values = _values(Target(flags))
    if flags.key not in values:
        fail(f"Variable {flags.key} not found")
    print(values[flags.key])


def set_(flags: Any) -> None:
    target = Target(flags)
    if flags.stdin:
        if len(flags.pairs) != 1 or "=" in flags.pairs[0]:
            fail("--stdin takes the name of one variable")
        values = {flags.pairs[0]: sys.stdin.read().removesuffix("\n")}
    else:
        pairs = [pair.partition("=") for pair in flags.pairs]
        if not pairs or any(not name or not sign for name, sign, _ in pairs):
            fail("Variables have to be given as KEY=VALUE")
        values = {name: value for name, _, value in pairs}
    mutation = "mutation($i: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $i) }"
    graphql(mutation, i={**target.ids, "variables": values, "skipDeploys": flags.skip_deploys})
    show({"set": sorted(values)}) if flags.json else print(f"Set variables {', '.join(sorted(values))}")


def delete(flags: Any) -> None:
    target = Target(flags)
    if flags.key not in _values(target):
        fail(f"Variable {flags.key} not found")
    graphql(
        "mutation($i: VariableDeleteInput!) { variableDelete(input: $i) }",
        i={**target.ids, "name": flags.key},
    )
    show({"deleted": flags.key}) if flags.json else print(f"Deleted variable {flags.key}")
