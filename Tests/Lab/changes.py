"""Small changes: a variable, a restart, more containers, a bigger one, queued tasks, a script of the code."""

import json
import subprocess

from stage import HOME, expect, scenario


def agreed(run, gate="go", person="engineer_one"):
    return run.waits_for(gate).approve(gate, person)


@scenario(of_the_few=True)
def set_variable(lab):
    """A variable is set and deployed once; set again it is skipped; one that no code reads, or a secret, is refused."""
    agreed(lab.run("set-variable", name="CELERY_CONCURRENCY", value="2")).ends(0)
    expect(lab.variable("CELERY_CONCURRENCY") == "2", "it is not set")
    known = lab.railway("deployment", "list")[0]["id"]
    again = agreed(lab.run("set-variable", name="CELERY_CONCURRENCY", value="2")).ends(0)
    expect(again.node("set").get("status") == "skipped", again.tail())
    expect(lab.railway("deployment", "list")[0]["id"] == known, "it was deployed once more")
    for name in ("WORKER_CONCURRENCY", "OPENAI_API_KEY"):
        run = lab.run("set-variable", name=name, value="2").ends(4)
        expect(run.node("is_read").get("status") == "failed", run.tail())


@scenario
def variable_taken_back(lab):
    """A deployment that fails for a variable takes it back."""
    before = lab.variable("LOG_WORDS")
    lab.fault("failed-deploy")
    agreed(lab.run("set-variable", name="LOG_WORDS", value="many")).ends(4)
    expect(lab.variable("LOG_WORDS") == before, f"it is {lab.variable('LOG_WORDS')}")


@scenario
def restart(lab):
    """The worker is drained, then the service restarts, and takes tasks again."""
    run = agreed(lab.run("restart", reason="to see it work")).ends(0)
    expect(run.node("drained").get("status") == "succeeded", run.tail())
    lab.run("smoke-test").ends(0)


@scenario
def restart_not_drained(lab):
    """With a task that does not end nothing is restarted, and the worker takes tasks again."""
    lab.fault("stuck-task")
    run = agreed(lab.run("restart", reason="to see it work", drain_for="5s"))
    run.ends(1)
    expect(run.node("restart").get("status") in (None, "pending", "skipped"), run.tail())
    lab.mend("stuck-task")
    lab.run("smoke-test").ends(0)


@scenario
def restart_of_a_dead_worker(lab):
    """Where no worker answers there is nothing to drain, and the restart brings one."""
    lab.fault("dead-worker")
    run = agreed(lab.run("restart", reason="to see it work")).ends(0)
    found = [run.node(name).get("status") for name in ("drain", "new_worker")]
    expect(found == ["skipped", "succeeded"], f"{found}\n{run.tail()}")


@scenario
def restart_ignored(lab):
    """A restart that restarts nothing fails, whatever Railway says, and the worker takes tasks again."""
    lab.fault("ignored-restart")
    run = agreed(lab.run("restart", reason="to see it work")).ends(1)
    expect(run.node("new_worker").get("status") == "failed", run.tail())
    lab.run("smoke-test").ends(0)


@scenario(of_the_few=True)
def wrong_queue(lab):
    """Where no worker takes from the queue that the environment names, nothing is stopped or changed."""
    file = HOME / "project" / "playbooks" / "environments" / "lab.yaml"
    known = file.read_text()
    file.write_text(known.replace("celery_queue: celery", "celery_queue: cellery"))
    try:
        run = agreed(lab.run("restart", reason="to see it work")).ends(1)
        expect(run.node("restart").get("status") in (None, "pending", "skipped"), run.tail())
        run.give_up()  # it holds what the next one wants
        run = lab.run("scale-up", memory_gb="2", vcpus="2", reason="to see it work").ends(4)
        expect(run.node("queue_known").get("status") == "failed", run.tail())
    finally:
        file.write_text(known)
    run = lab.run("workers").ends(0)
    expect(run.node("queues")["outputs"]["consuming"] != [], run.tail())


@scenario
def scale_out(lab):
    """More containers are refused while each holds a beat; with beat apart there are two, and then one again."""
    run = lab.run("scale-out", replicas="2").ends(4)
    expect(run.node("one_beat").get("status") == "failed", run.tail())
    agreed(lab.run("scale-out", replicas="2", beat_is_apart="true", watch_for="5s")).ends(0)
    expect(lab.replicas() == 2, f"{lab.replicas()} replicas")
    agreed(lab.run("scale-out", replicas="1", watch_for="5s")).ends(0)
    expect(lab.replicas() == 1, f"{lab.replicas()} replicas")


@scenario
def scale_up(lab):
    """A bigger container, after the worker was drained; tasks are taken again."""
    run = agreed(lab.run("scale-up", memory_gb="2", vcpus="2", reason="to see it work", watch_for="5s")).ends(0)
    expect(run.node("limits").get("status") == "succeeded", run.tail())
    lab.run("smoke-test").ends(0)


@scenario
def scale_worker(lab):
    """More processes at once, and the old number again; more than the database has connections for are refused."""
    run = agreed(lab.run("scale-worker", max="4", min="2")).ends(0)
    before = run.node("stats")["outputs"]
    again = lab.run("scale-worker", max=str(before["max_now"]), min=str(before["min_now"]))
    agreed(again).ends(0)
    run = lab.run("scale-worker", max="64", min="2").ends(4)
    expect(run.node("connections_suffice").get("status") == "failed", run.tail())


@scenario
def revoke(lab):
    """A task that waits is dropped, after somebody has said so; one that runs, or that nobody knows, is not."""
    lab.fault("stuck-task")
    task = lab.run("workers").ends(0).node("active")["outputs"]["ids"][0]
    run = lab.run("revoke-tasks", ids=f'["{task}"]', reason="to see it work").ends(1)
    expect(run.node("not_started").get("status") == "failed", run.tail())
    lab.fault("full-queue")
    words = ["redis-cli", "-u", lab.variables["LAB_ECHO_REDIS_URL"], "--no-auth-warning", "LINDEX", "celery", "0"]
    newest = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    run = lab.run("revoke-tasks", ids=json.dumps([newest["headers"]["id"]]), reason="to see it work")
    agreed(run, "revoke").ends(0)


@scenario
def script(lab):
    """A script of the code runs in the container, after somebody has said so; one that is not there does not."""
    run = lab.run("run-script", script="backend/app/nowhere.py", reason="to see it work").ends(1)
    expect(run.node("there").get("status") == "failed", run.tail())
    run = lab.run("run-script", script="backend/app/logs.py", reason="to see it work")
    agreed(run, "script").ends(0)
    expect(str(HOME) not in run.told(), "it ran here")
