"""What a run amounts to in the world and on the record, and whether a run that was killed amounts to what it must."""

import collections
import json
import re
import sqlite3

from processes import Trouble

GONE_ON = ("not_done", "again")  # Verdicts on a doubt after which an attempt is made once more.


def place(text):
    """Node and round of `NODE#ROUND`; ids may hold `#` too: `apply#2/install` is the second attempt at a group."""
    node, lap = re.fullmatch(r"(.*?)(?:#(\d+))?", text or "").groups()
    return node, lap or "1"


class Plan:
    """The nodes of a plan, and who waits for whom."""

    def __init__(self, text):
        self.nodes = {}
        for node in json.loads(text)["nodes"]:
            kind = next(iter(node))
            self.nodes[node[kind]] = {**node, "kind": kind, "id": node[kind]}

    def leaves(self, node):
        inside = [other for other in self.nodes if self.nodes[other].get("in") == node]
        return [leaf for other in inside for leaf in self.leaves(other)] if inside else [node]

    def is_main(self, node):
        return "role" not in self.nodes[node]

    def is_idempotent(self, node):
        return self.nodes[node]["kind"] == "check" or self.nodes[node].get("idempotent", False)

    def undoing(self, node):
        """The leaves of a node's rollback."""
        root = self.nodes[node].get("rollback")
        return self.leaves(root) if root in self.nodes else []

    def pairs(self):
        """(earlier, later) for the leaves of nodes that need each other."""
        for node, facts in self.nodes.items():
            for need in facts["needs"]:
                yield from ((a, b) for a in self.leaves(need) for b in self.leaves(node))


class Outcome:
    """A bed whose run has come to its end."""

    def __init__(self, bed):
        self.bed = bed
        self.left_running = bed.settle()
        bed.verify()
        self.state = bed.state()
        self.events = bed.events()
        self.effects = bed.effects()
        self.runs = len({event["run"] for event in self.events})
        self.claims = self.held_claims()
        self.kept = bed.kept(self.state["run"])
        self.begun = [line[2] for line in self.effects if line[0] == "begin"]
        self.rounds = {line[2]: line[3].rsplit("/", 1)[0] for line in self.effects if line[0] == "begin"}
        self.keys = {line[3] for line in self.effects if line[0] == "begin"}
        self.ends = self.count("end", lambda line: (self.rounds.get(line[2]), line[3]))

    def count(self, word, key):
        return collections.Counter(key(line) for line in self.effects if line[0] == word)

    def held_claims(self):
        database = sqlite3.connect(self.bed.home / ".local/state/belay/store.db")
        try:
            return sorted(name for (name,) in database.execute("SELECT name FROM claim"))
        finally:
            database.close()

    def nodes(self):
        """What the record says of each node, without times."""
        words = ("status", "skipped", "continued", "outputs", "captures")
        nodes = {node: {word: record.get(word) for word in words} for node, record in self.state["nodes"].items()}
        for record in nodes.values():
            # Of a gate: a time.
            if "opened_at" in (record["outputs"] or {}):
                record["outputs"] = None
        return nodes

    def reasons_to_repeat(self):
        """How often a node was rightly attempted once more under the same key."""
        found = collections.Counter()
        for event in self.events:
            if event["type"] == "doubt_settled" and event["verdict"] in GONE_ON:
                found[event["node"]] += 1
            if event["type"] == "resolved" and event["as"] == "not_done":
                found[event["node"]] += 1
        return found


class Judge:
    """Compares with the run that nobody has killed."""

    def __init__(self, plan, reference):
        self.plan, self.reference = plan, reference

    def outputs(self):
        return {node: record["outputs"] for node, record in self.reference.nodes().items() if record["outputs"]}

    def judge(self, outcome):
        found = []
        found += self.same_end(outcome)
        found += self.same_effects(outcome)
        found += self.true_record(outcome)
        found += self.in_order(outcome)
        found += self.rightly_held(outcome)
        secret = outcome.bed.playbook.facts.get("secret")
        if secret:
            found += [f"the secret stands in {path}" for path in outcome.bed.secrets_found(secret)]
        return found

    def same_end(self, outcome):
        reference = self.reference
        if outcome.state["status"] != reference.state["status"]:
            return [f"the run is {outcome.state['status']} ({outcome.state['cause']}), not {reference.state['status']}"]
        found = []
        # An output of an attempt that nobody saw end is lost; a person could have given it with --set.
        doubted = {event["node"] for event in outcome.events if event["type"] == "doubted"}
        # A keeper killed before it wrote down which process is the step's cannot tell it from one it has left running:
        # what the doubted attempt has left may have been waited for, and ended with its timeout.
        unsure = ("left_running",) if doubted and outcome.bed.keeper_killed else ()
        for word in ("claims", "left_running", "runs"):
            one, other = getattr(outcome, word), getattr(reference, word)
            if one != other and not (word in unsure and one < other):
                found.append(f"{word}: {one}, not {other}")
        ours, theirs = outcome.nodes(), reference.nodes()
        for node in sorted(ours.keys() | theirs.keys()):
            one, other = ours.get(node), theirs.get(node)
            if node in doubted and one and other:
                one, other = {**one, "outputs": None}, {**other, "outputs": None}
            if one != other and not self.may_differ(node, one, other):
                found.append(f"{node} is {one}, not {other}")
        if not outcome.bed.keeper_killed:
            found += self.same_logs(outcome)
        return found

    def may_differ(self, node, one, other):
        """A check that was not asked again after a crash is pending in one and was reset in the other."""
        pending = (None, "pending")
        return (one and one["status"]) in pending and (other and other["status"]) in pending or not self.plan.is_main(
            node) and self.plan.nodes[node]["kind"] == "check" and one is None

    def same_logs(self, outcome):
        """An engine's death alone loses no output and no exit status."""
        ours, theirs = self.logs(outcome), self.logs(self.reference)
        if ours == theirs:
            return []
        return [f"output: {list((ours - theirs).elements())[:2]} instead of {list((theirs - ours).elements())[:2]}"]

    def logs(self, outcome):
        words = ("bytes", "sha256", "truncated", "file_sha256")
        return collections.Counter(
            (event["node"], event.get("exit"), event.get("signal"), event["outcome"])
            + tuple(event.get(stream, {}).get(word) for stream in ("stdout", "stderr") for word in words)
            for event in outcome.events
            if event["type"] == "attempt_finished" and not self.plan.is_idempotent(event["node"])
            and event["node"] not in outcome.bed.requests)

    def same_effects(self, outcome):
        found = [f"{node} got the driver's environment" for word, node, *_ in outcome.effects if word == "leak"]
        twice = [attempt for attempt, count in collections.Counter(outcome.begun).items() if count > 1]
        found += [f"attempt {attempt} was started more than once" for attempt in twice]
        # A failure that a person has taken for nothing is tried again under its key, so there is one key fewer.
        decided = {node for node, _, verdict in outcome.bed.decided if verdict == "not_done"}
        keys = {key for key in outcome.keys ^ self.reference.keys if place(key.rpartition("/")[0])[0] not in decided}
        if keys:
            found.append(f"idempotency keys: {sorted(keys)} in one run only")
        for (where, status) in sorted(outcome.ends.keys() | self.reference.ends.keys(), key=str):
            count, expected = outcome.ends[where, status], self.reference.ends[where, status]
            node, _ = place(where)
            once = outcome.bed.playbook.facts.get("once", [])  # Whatever is tried again, receipts keep it at that.
            repeats = node in self.plan.nodes and self.plan.is_idempotent(node) and node not in once
            allowed = outcome.reasons_to_repeat()[node] if repeats else 0
            if not expected <= count <= expected + allowed:
                found.append(f"{where} ended {count} times with {status}, not {expected}")
        begun, before = outcome.count("begin", lambda line: line[1]), self.reference.count("begin", lambda line: line[1])
        for node in begun:
            extra = begun[node] - before[node]
            reasons = outcome.reasons_to_repeat()[node] - self.reference.reasons_to_repeat()[node]
            if extra > max(0, reasons):
                found.append(f"{node} began {begun[node]} times, not {before[node]}, with {reasons} reasons on the record")
        return found + self.alone(outcome)

    def alone(self, outcome):
        """No attempt of a node begins while another of the same node is at work."""
        found, open_attempts = [], {}
        ended = {line[2] for line in outcome.effects if line[0] == "end"}
        for word, node, attempt, _ in (line for line in outcome.effects if line[0] in ("begin", "end")):
            if word == "end":
                open_attempts.pop(node, None)
            else:
                before = open_attempts.get(node)
                if before and before in ended:
                    found.append(f"{node}: attempt {attempt} began while {before} was at work")
                open_attempts[node] = attempt
        return found

    def true_record(self, outcome):
        """What the journal says of an attempt, and what it did."""
        done = {line[2] for line in outcome.effects if line[0] == "end" and line[3] == "0"}
        keys = {line[3] for line in outcome.effects if line[0] == "begin" and line[2] in done}
        did = {line[1] for line in self.reference.effects if line[0] == "begin"}
        found, last, under = [], {}, {}
        for event in outcome.events:
            node = event.get("node")
            if node not in did:
                continue
            if event["type"] == "attempt_intended":
                last[node] = event["attempt"]
                under[event["attempt"]] = event["key"].partition("/")[2]
            attempt, verdict = event.get("attempt") or last.get(node), None
            if event["type"] == "attempt_finished":
                verdict = {"succeeded": True, "failed": False}.get(event["outcome"])
            elif event["type"] == "doubt_settled":
                verdict = {"done": True, "not_done": False}.get(event["verdict"])
            if node in outcome.bed.requests:
                # Under one key it is there once; that it is not says nothing of an earlier attempt, when a later one was made.
                was_done = under.get(attempt) in keys
                verdict = None if verdict is False and was_done and self.tried_again(outcome, under, attempt) else verdict
            else:
                was_done = attempt in done
            if verdict is not None and verdict != was_done:
                found.append(f"event {event['n']}, {event['type']} of {node} {attempt}, is not what happened: {event}")
        return found

    def tried_again(self, outcome, under, attempt):
        keys = [event["key"].partition("/")[2] for event in outcome.events if event["type"] == "attempt_intended"]
        return keys.count(under[attempt]) > 1

    def in_order(self, outcome):
        """What waits for something begins after it has ended; compensations the other way round."""
        first, last = {}, {}
        for number, (word, node, attempt, _) in enumerate(outcome.effects):
            key = (node, place(outcome.rounds.get(attempt))[1])
            if word == "begin":
                first.setdefault(key, number)
            elif word == "end":
                last[key] = number
        found = []
        laps = {lap for _, lap in first}
        unordered = outcome.bed.playbook.facts.get("unordered", [])  # Of databases: what is in them has no place among lines.

        def after(earlier, later):
            if earlier in unordered or later in unordered:
                return
            for lap in laps:
                if (later, lap) in first and last.get((earlier, lap), -1) > first[later, lap]:
                    found.append(f"{later} began before {earlier} had ended (round {lap})")

        for earlier, later in self.plan.pairs():
            after(earlier, later)
            if self.plan.is_main(earlier) and self.plan.is_main(later) and not self.plan.nodes[earlier].get("temporary"):
                for one in self.plan.undoing(later):
                    for other in self.plan.undoing(earlier):
                        after(one, other)
        for node in self.plan.nodes:
            for undoing in self.plan.undoing(node):
                after(node, undoing)
        return found

    def rightly_held(self, outcome):
        """Only what nobody can know is asked of a person: it was stopped, or its keeper was killed while it had it."""
        decided = collections.Counter(node for node, _, _ in self.reference.bed.decided)
        found = []
        for node, attempt, verdict in outcome.bed.decided:
            if decided[node] > 0:
                decided[node] -= 1
                continue
            facts, kinds = self.plan.nodes[node], outcome.kept.get(attempt, [])
            if node in outcome.bed.requests:
                found += self.rightly_unknown(outcome, node, facts, verdict)
                continue
            if "K" in kinds:
                continue  # It was stopped at its timeout.
            if not outcome.bed.keeper_killed:
                found.append(f"{node} was held, and no keeper was killed")
            elif "A" not in kinds and not outcome.kept.get(""):
                found.append(f"{node} was held, and the keeper's log proves that {attempt} did not start")
            elif "X" in kinds:
                found.append(f"{node} was held, and the keeper's log has the end of {attempt}")
            elif facts.get("idempotent"):
                found.append(f"{node} was held, and is idempotent")
            elif "verify" in facts and (verdict == "done" or "fail_if" in facts["verify"]):
                found.append(f"{node} was held, and its verify knows that it is {verdict}")
        return found

    def rightly_unknown(self, outcome, node, facts, verdict):
        """Of a request that an engine had on its way when it was killed nobody knows but its server."""
        if not outcome.bed.engine_killed:
            yield f"{node} was held, and no engine was killed"
        if facts.get("idempotent"):
            yield f"{node} was held, and is idempotent"
        if "verify" in facts and (verdict == "done" or "fail_if" in facts["verify"]):
            yield f"{node} was held, and its verify knows that it is {verdict}"
