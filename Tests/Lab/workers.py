"""`celery-not-processing` and what it calls: the right cause for each fault, and that one only."""

from stage import expect, scenario


def diagnosed(lab, **params):
    return lab.run("celery-not-processing", look_for="5s", drains_within="2m", **params)


def acted(run):
    """Which branch was taken: the only one that has not been skipped."""
    branches = ("redis_away", "worker_away", "consume_again", "task_hangs", "code_is_broken", "wait_for_frozen",
                "more_workers", "hand_over")
    nodes = run.status()["nodes"]
    return [name for name in branches if nodes.get(name, {}).get("status") not in (None, "skipped", "pending")]


def cause(run):
    return run.node("cause").get("outputs", {}).get("name", "").strip()


@scenario
def nothing_wrong(lab):
    """With nothing wrong no cause is found, and a person is asked."""
    run = diagnosed(lab)
    run.waits_for("hand_over")
    expect(acted(run) == ["hand_over"], f"{acted(run)}")
    run.answer("hand_over", "finding=it was a false alarm")
    run.ends(0)


@scenario
def dead_worker(lab):
    """A dead worker: asks, restarts echo-ai, and the queue drains."""
    lab.fault("dead-worker")
    run = diagnosed(lab)
    run.waits_for("restart_worker")
    expect((cause(run), acted(run)) == ("the worker is dead", ["worker_away"]), f"{cause(run)} {acted(run)}")
    run.approve("restart_worker", "engineer_one")
    run.ends(0)


@scenario
def not_consuming(lab):
    """A worker that consumes nothing is told to, without a restart."""
    lab.fault("not-consuming")
    run = diagnosed(lab).ends(0)
    expect((cause(run), acted(run)) == ("the worker takes nothing", ["consume_again"]), f"{cause(run)} {acted(run)}")


@scenario
def stuck_task(lab):
    """A task that does not end is ended after somebody has said so; others go on."""
    lab.fault("stuck-task")
    run = diagnosed(lab, old="2s")
    run.waits_for("end_tasks")
    expect((cause(run), acted(run)) == ("a task does not end", ["task_hangs"]), f"{cause(run)} {acted(run)}")
    run.approve("end_tasks", "engineer_one")
    run.ends(0)


@scenario
def frozen(lab):
    """Tasks of a worker that was killed: nothing is restarted, a person tells the users."""
    lab.fault("frozen-unacked")
    run = diagnosed(lab)
    run.waits_for("wait_for_frozen")
    expect((cause(run), acted(run)) == ("tasks of a killed worker", ["wait_for_frozen"]), f"{cause(run)} {acted(run)}")
    run.answer("wait_for_frozen")
    run.ends(0)


@scenario
def redis_down(lab):
    """Redis away: told apart from a dead worker, restarted after somebody has said so."""
    lab.fault("redis-down")
    run = diagnosed(lab)
    run.waits_for("restart_redis")
    expect((cause(run), acted(run)) == ("Redis does not answer", ["redis_away"]), f"{cause(run)} {acted(run)}")
    run.approve("restart_redis", "engineer_one")
    run.ends(0)


@scenario
def full_queue(lab):
    """More work than the worker can do: more processes, after they were approved."""
    lab.fault("full-queue")
    run = diagnosed(lab)
    run.waits_for("more_workers/go")
    expect(cause(run) == "more work than the worker can do", cause(run))
    run.approve("more_workers/go", "engineer_one")
    run.reaches("more_workers/autoscale", "succeeded")


@scenario
def broken_code(lab):
    """A connection that breaks leaves the worker unknown, and unknown is no cause."""
    lab.fault("ssh-drops")
    run = diagnosed(lab)
    run.waits_for("hand_over")
    expect(run.node("worker").get("status") == "unknown", f"{run.node('worker')}")
