"""`high-error-rate` and `slow-api`: the right cause for each fault, and that one only is acted on."""

from stage import expect, scenario

BRANCHES = {
    "celery-not-processing": (
        "redis_away", "worker_away", "consume_again", "other_queues", "task_hangs", "provider_away", "code_is_broken",
        "wait_for_frozen", "more_workers", "hand_over"),
    "high-error-rate": (
        "wait_for_platform", "exhausted", "database_away", "redis_away", "roll_back", "provider_away", "memory_full",
        "nothing_to_do", "hand_over"),
    "slow-api": (
        "unblock", "too_many", "renew_statistics", "index_or_code", "more_containers", "nothing_to_do", "hand_over"),
}


def finds(lab, playbook, cause, branch, asks=None, **params):
    """A run that has found this cause and taken this branch only, and waits at the node that asks; else it has ended."""
    run = lab.run(playbook, **params)
    run.waits_for(asks) if asks else run.ends(0)
    nodes = run.status()["nodes"]
    taken = [
        name for name in BRANCHES[playbook] if nodes.get(name, {}).get("status") not in (None, "skipped", "pending")]
    found = run.node("cause")["outputs"]["name"].strip()
    expect((found, taken) == (cause, [branch]), f"{found}: {taken}\n{run.tail()}")
    return run


def fails(lab, cause, branch, asks, **params):
    quick = {"idle_for": "1s", "range": "20s", "watch_for": "5s"}
    return finds(lab, "high-error-rate", cause, branch, asks, **quick, **params)


def requests(lab):
    """Prometheus has seen some: without any, nobody knows whether they fail."""
    lab.until("requests are seen", lambda: lab.samples("sum(rate(http_requests_total[20s])) > 0"))


def errors(lab):
    """The release that serves answers errors, and Prometheus has seen them."""
    lab.fault("error-spike")
    rate = 'sum(rate(http_requests_total{status="5xx"}[20s])) / sum(rate(http_requests_total[20s])) > 0.1'
    lab.until("errors are seen", lambda: lab.samples(rate))


def slow(lab, cause, branch, asks):
    return finds(
        lab, "slow-api", cause, branch, asks, blocks_for="1s", statement="1s", range="20s", watch_for="5s")


@scenario
def no_errors(lab):
    """With nothing wrong nothing is done, and a person says what it was."""
    requests(lab)
    run = fails(lab, "none: it is well", "nothing_to_do", "nothing_to_do")
    run.answer("nothing_to_do", "finding=it was a false alarm").ends(0)


@scenario(fresh=True)
def bad_release(lab):
    """Errors since a deployment: asks, and the one before serves again."""
    before = lab.live_commit()
    errors(lab)
    run = fails(lab, "the newest deployment", "roll_back", "roll_back/go")
    run.approve("roll_back/go", "engineer_one").ends(0)
    expect(lab.live_commit() != before, "the same commit serves")


@scenario
def exhausted(lab):
    """Idle sessions hold all connections: those are ended, after somebody has said so."""
    lab.fault("exhausted-connections")
    long_idle = "application_name = 'report-job' and now() - state_change > interval '2 seconds'"
    lab.until(
        "its sessions have been idle for a while",
        lambda: int(lab.sql(f"select count(*) from pg_stat_activity where {long_idle}")) > 40)
    run = fails(lab, "connections are exhausted", "exhausted", "end_sessions")
    run.approve("end_sessions", "database_admin").ends(0)


@scenario
def database_away(lab):
    """The database is away: its owner is asked, and nothing is restarted."""
    lab.fault("database-down")
    run = fails(lab, "the database is away", "database_away", "database_away")
    lab.mend("database-down")
    run.answer("database_away", "done=it is back", person="database_admin").ends(0)


@scenario
def platform(lab):
    """The platform has an incident: nothing is changed there."""
    lab.fault("unstable-platform")
    run = fails(lab, "Railway", "wait_for_platform", "wait_for_platform")
    run.answer("wait_for_platform").ends(0)


@scenario
def provider(lab):
    """A provider that is away is told, and is the cause only of errors: then it has to come back."""
    lab.fault("provider-outage", "anthropic")
    requests(lab)
    run = fails(lab, "none: no errors, but a provider is out", "nothing_to_do", "nothing_to_do")
    expect("Anthropic: down" in run.told(), run.tail())
    run.answer("nothing_to_do", "finding=experiments fail").ends(0)
    errors(lab)
    young = {"recent": "1s", "provider_within": "5s"}
    run = fails(lab, "a provider of language models", "provider_away", "tell_users", **young)
    run.answer("tell_users", "done=the users know").ends(1)
    expect(run.node("anthropic_back").get("status") == "failed", run.tail())


@scenario
def memory(lab):
    """Memory is full: a restart, drained first, after somebody has said so."""
    lab.fault("memory-leak")
    lab.until("memory is full", lambda: lab.samples("railway_memory_usage_bytes / railway_memory_limit_bytes > 0.9"))
    run = fails(lab, "memory", "memory_full", "memory_full/go")
    run.approve("memory_full/go", "engineer_one").ends(0)


@scenario
def not_slow(lab):
    """With nothing wrong nothing is done."""
    run = slow(lab, "none: it is fast", "nothing_to_do", "nothing_to_do")
    run.answer("nothing_to_do", "finding=it was a false alarm").ends(0)


@scenario
def blocked(lab):
    """A session sits on a lock: that one is ended, after somebody has said so."""
    lab.fault("blocked-session")
    waiting = "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"
    lab.until("others wait for it", lambda: lab.sql(waiting) != "0")
    run = slow(lab, "a session blocks others", "unblock", "end_blocker")
    run.approve("end_blocker", "database_admin").ends(0)


@scenario
def slow_statements(lab):
    """Statements are slow: a person of the database gets them, and no index is made by chance."""
    lab.fault("slow-queries")
    buckets = "rate(http_request_duration_highr_seconds_bucket[20s])"
    slow_answers = f"histogram_quantile(0.95, sum by (le) ({buckets})) > 2"
    lab.until("Prometheus has seen slow answers", lambda: lab.samples(slow_answers))
    run = slow(lab, "slow statements", "index_or_code", "index_or_code")
    lab.mend("slow-queries")
    run.answer("index_or_code", "done=a migration is on its way", person="database_admin").ends(0)
