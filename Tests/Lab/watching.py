"""Playbooks that only look: what they say of a good day, and of each bad one."""

from stage import HOME, expect, scenario
from workers import all_fail


def states(run, *names):
    nodes = run.status()["nodes"]
    return {name: nodes.get(name, {}).get("status") for name in names}


@scenario(of_the_few=True)
def health(lab):
    """`health` passes, fails with the database away although the answer is 200, and is unknown when nobody answers."""
    lab.run("health").ends(0)
    lab.fault("database-down")
    run = lab.run("health", within="5s").ends(1)
    expect(states(run, "healthy") == {"healthy": "failed"}, run.tail())
    lab.mend("database-down")


@scenario
def interfaces(lab):
    """`interfaces` finds every tool and token good, and names the one that is not."""
    lab.run("interfaces").ends(0)
    lab.fault("bad-key", "anthropic")
    lab.fault("rate-limited", "slack")
    run = lab.run("interfaces").ends(1)
    bad = run.node("verdict").get("outputs", {}).get("bad")
    expect(sorted(bad or []) == ["anthropic", "slack"], f"{bad}\n{run.tail()}")


@scenario
def quiet(lab):
    """`quiet` fails while Railway tells of an incident."""
    lab.run("quiet").ends(0)
    lab.fault("unstable-platform")
    run = lab.run("quiet").ends(1)
    expect(states(run, "platform") == {"platform": "failed"}, run.tail())


@scenario
def smoke(lab):
    """`smoke-test` sees an experiment completed; a dead worker, a throttled login and a public account do not pass."""
    lab.run("smoke-test").ends(0)
    lab.fault("demo-login")
    run = lab.run("smoke-test", experiment="false").ends(1)
    expect(states(run, "public_account_refused") == {"public_account_refused": "failed"}, run.tail())
    lab.mend("demo-login")
    lab.fault("dead-worker")
    run = lab.run("smoke-test", wait="10").ends(1)
    expect(states(run, "experiment") == {"experiment": "failed"}, run.tail())


@scenario(of_the_few=True)
def dependencies(lab):
    """`dependencies` tells an outage from our key and from our quota."""
    lab.run("dependencies").ends(0)
    lab.fault("provider-outage", "openai")
    lab.fault("bad-key", "anthropic")
    lab.fault("rate-limited", "perplexity")
    run = lab.run("dependencies").ends(1)
    expected = {"openai": "failed", "anthropic": "failed", "perplexity": "unknown", "stripe": "succeeded"}
    expect(states(run, *expected) == expected, run.tail())
    verdicts = [run.node(name)["outputs"]["verdict"] for name in ("openai", "anthropic", "perplexity")]
    expect(verdicts == ["down", "key", "quota"], f"{verdicts}")


@scenario
def monitor(lab):
    """`monitor` passes on a good day; with each fault the right line fails, and a blind Prometheus is unknown."""
    lab.run("database-backup", restore_check="false").ends(0)  # a snapshot of today
    lab.run("monitor").ends(0)
    for fault, node, state in (
        ("dead-worker", "worker", "failed"), ("full-queue", "queue", "failed"),
        ("exhausted-connections", "connections", "failed"), ("blind-prometheus", "errors", "unknown"),
        ("provider-outage", "providers", "failed"), ("redis-down", "redis", "unknown"),
    ):
        lab.fault(fault)
        if fault == "blind-prometheus":
            lab.until("Prometheus has forgotten its targets", lambda: lab.samples('up{job="echo-ai"}') == [])
        run = lab.run("monitor").ends(1)
        expect(states(run, node) == {node: state}, f"{fault}: {states(run, node)}\n{run.tail()}")
        lab.calm()
    all_fail(lab)
    run = lab.run("monitor").ends(1)
    expect(states(run, "experiments") == {"experiments": "failed"}, run.tail())


@scenario
def logs(lab):
    """`logs` keeps lines of the newest deployment."""
    run = lab.run("logs", filter="celery").ends(0)
    expect(states(run, "lines", "requests", "errors") == dict.fromkeys(("lines", "requests", "errors"), "succeeded"),
           run.tail())


@scenario
def cheat_sheet(lab):
    """The small ones answer: what is deployed, what workers do, a question to the database, a look into Redis."""
    (lab_file := HOME / "project" / "question.sql").write_text("select count(*) from users;\n")
    for playbook, params in (
        ("deployment-status", {}), ("workers", {}), ("redis-query", {}), ("database-query", {"file": lab_file.name}),
    ):
        lab.run(playbook, **params).ends(0)
    lab_file.write_text("delete from users;\n")
    before = lab.sql("select count(*) from users")
    lab.run("database-query", file=lab_file.name).ends(1)
    expect(lab.sql("select count(*) from users") == before, "a question has deleted rows")
