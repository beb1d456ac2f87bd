"""`celery-not-processing` and what it calls: the right cause for each fault, and that one only."""

from causes import finds
from stage import expect, scenario


def worker(lab, fault, cause, branch, asks=None, **params):
    if fault:
        lab.fault(fault)
    return finds(lab, "celery-not-processing", cause, branch, asks, look_for="5s", drains_within="2m", **params)


@scenario
def nothing_wrong(lab):
    """With nothing wrong no cause is found, and a person is asked."""
    run = worker(lab, None, "none found", "hand_over", asks="hand_over")
    run.answer("hand_over", "finding=it was a false alarm").ends(0)


@scenario
def dead_worker(lab):
    """A dead worker: asks, restarts echo-ai, and the queue drains."""
    run = worker(lab, "dead-worker", "the worker is dead", "worker_away", asks="restart_worker")
    run.approve("restart_worker", "engineer_one").ends(0)


@scenario
def not_consuming(lab):
    """A worker that consumes nothing is told to, without a restart."""
    worker(lab, "not-consuming", "the worker takes nothing", "consume_again")


@scenario
def stuck_task(lab):
    """A task that does not end is ended after somebody has said so; others go on."""
    run = worker(lab, "stuck-task", "a task does not end", "task_hangs", asks="end_tasks", old="2s")
    run.approve("end_tasks", "engineer_one").ends(0)


@scenario
def frozen(lab):
    """Tasks of a worker that was killed: nothing is restarted, a person tells the users."""
    run = worker(lab, "frozen-unacked", "tasks of a killed worker", "wait_for_frozen", asks="wait_for_frozen")
    run.answer("wait_for_frozen").ends(0)


@scenario
def redis_down(lab):
    """Redis away: told apart from a dead worker, restarted after somebody has said so."""
    run = worker(lab, "redis-down", "Redis does not answer", "redis_away", asks="restart_redis")
    run.approve("restart_redis", "engineer_one").ends(0)


@scenario
def full_queue(lab):
    """More work than the worker can do: more processes, after they were approved."""
    run = worker(lab, "full-queue", "more work than the worker can do", "more_workers", asks="more_workers/go")
    run.approve("more_workers/go", "engineer_one").reaches("more_workers/autoscale", "succeeded")


def all_fail(lab):
    lab.sql("""update experiments set status = 'failed' where created_at > now() - interval '30 minutes'""")
    lab.sql("""insert into experiments (id, user_id, prompt, target_brand, provider, iterations, status,
      successful_iterations, failed_iterations) select gen_random_uuid(), (select id from users limit 1), 'Which one?',
      'TestBrand', 'openai', 1, 'failed', 0, 1 from generate_series(1, 3)""")


@scenario
def broken_code(lab):
    """Experiments that all fail are no fault of the worker: nothing is restarted, a person is told that it is code."""
    lab.sql("""create or replace function fails() returns trigger language plpgsql as $$ begin
      if new.status = 'completed' then new.status = 'failed'; end if; return new; end $$""")
    lab.sql("create or replace trigger fails before update on experiments for each row execute function fails()")
    try:
        all_fail(lab)
        run = worker(lab, None, "every experiment fails", "code_is_broken", asks="code_is_broken")
        run.answer("code_is_broken", "done=rolled back").ends(0)
    finally:
        lab.sql("drop function fails cascade")


@scenario
def refused_key(lab):
    """They all fail where a provider refuses our key: that is no code, and a person is told which provider."""
    all_fail(lab)
    run = worker(lab, "bad-key", "a provider of language models", "provider_away", asks="provider_away")
    run.answer("provider_away", "done=the owner of the key is paged").ends(0)


@scenario(of_the_few=True)
def connection_breaks(lab):
    """A connection that breaks leaves the worker unknown, and unknown is no cause."""
    run = worker(lab, "ssh-drops", "none found", "hand_over", asks="hand_over")
    expect(run.node("worker").get("status") == "unknown", f"{run.node('worker')}")
