#!/usr/bin/env python3
"""Breaks the engine on purpose, one way at a time, and looks whether the proof bed notices.

usage: mutants.py [--seeds N] [NAME ...]      all of them, or those whose name contains one of these words

A mutant is one replacement in a copy of the sources. The simulation plays seeds until one breaks a promise; that one is
named. A mutant that nothing catches means that a promise is not proven: exit 1.
"""

import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / ".build" / "mutants"
SEEDS = 6000

# Name, file, what stands there, what the mutant puts in its place.
MUTANTS = [
    ("intent after effect", "Sources/BelayEngine/Engine.swift",
     "if mustBeDurable <= committed {", "if mustBeDurable <= max(committed, mustBeDurable) {"),
    ("sync of an intent skipped", "Sources/BelayEngine/Engine.swift",
     ".captured, .attemptStarted,", ".captured, .attemptIntended, .attemptStarted,"),
    ("epoch and number unchecked", "Sources/BelayJournal/Sealing.swift",
     "guard epoch >= head.epoch else {", "if !hash.digest(of: run).bytes.isEmpty { return head.link }\n    guard epoch >= head.epoch else {"),
    ("reverse order wrong", "Sources/BelayEngine/RollbackOrder.swift",
     "missing[end] = followers + parent", "missing[end] = parent + 0 * followers"),
    ("doubt taken for failure", "Sources/BelayEngine/Engine+Step.swift",
     "case .unknown: !answer.answered && answer.definite && !isRepeated ? .failed : .unknown", "case .unknown: .failed"),
    ("doubt compensated without asking", "Sources/BelayEngine/Engine+GroupRollback.swift",
     "func isInDoubt(_ node: Int) -> Bool { [.inDoubt, .held].contains(record(of: node).status) }",
     "func isInDoubt(_ node: Int) -> Bool { record(of: node).status == .compensating }"),
    ("run again without being idempotent", "Sources/BelayEngine/Engine+Doubt.swift",
     "guard step.idempotent else {", "guard step.idempotent || !step.interrupt else {"),
    ("retry is not heeded for a doubt", "Sources/BelayEngine/Engine+Doubt.swift",
     "if step.retry.attempts > 1 {\n        notBefore", "if step.retry.attempts > 1000 {\n        notBefore"),
    ("run again without end", "Sources/BelayEngine/Engine+Doubt.swift",
     "guard try done < rerunLimit(of: node, step) else {", "guard try done < rerunLimit(of: node, step) + 2 else {"),
    ("temporaries left in force", "Sources/BelayEngine/Engine+Stop.swift",
     "default: undo(inForce(among: 0..<graph.count), then: stop.consequence)",
     "default: draw(stop.consequence)"),
    ("claims let go at every rest", "Sources/BelayJournal/JournalWriter.swift",
     "case .rested(let rest) where rest.status.hasLetGo:", "case .rested:"),
    ("a refused claim is gone without", "Sources/BelayEngine/Engine+Claims.swift",
     "if mayEnd(node, end) { return ended(node, end) }", "if mayEnd(node, end) { return openGroup(node) }"),
    ("a rollback takes no claims", "Sources/BelayEngine/Engine+Rollback.swift",
     "guard hasClaims(of: groups(around: work), for: .rollback) else {",
     "guard hasClaims(of: [], for: .rollback) else {"),
    ("a round that waited takes no claims", "Sources/BelayEngine/Engine+Group.swift",
     "if let group = group(node) { beginGroup(node, group) }\n  }\n\n  /// The round", "openGroup(node)\n  }\n\n  /// The round"),
    ("doubtful attempts not rolled back", "Sources/BelayJournal/NodeRecord.swift",
     "    waitsUntil = nil\n    effects += 1", "    waitsUntil = nil\n    effects += 0"),
    ("a failed node counts as met", "Sources/BelayEngine/Engine+Schedule.swift",
     "if end.status == .succeeded || end.continued {", "if end.status != .unknown {"),
    ("started before the last one it waits for", "Sources/BelayEngine/Engine+Schedule.swift",
     "if missing[node] == 0, maystart(node) { ready.push(node) }",
     "if missing[node] <= 1, maystart(node) { ready.push(node) }"),
    ("started again while it runs", "Sources/BelayEngine/Engine+Doubt.swift",
     "case .running(let process):\n      if let process, attempt.process == nil",
     "case .running(let process):\n      if attempt.process != nil { startNow(node, step, attempt.intent) }\n      if let process, attempt.process == nil"),
    ("a compensation is forgotten", "Sources/BelayJournal/RunState.swift",
     "if status == .compensated { record.effects = 0 }", "if status == .pending { record.effects = 0 }"),
    ("captures read again after the change", "Sources/BelayJournal/NodeRecord.swift",
     "if before.effects > 0 { captures = before.captures }", "if before.effects < 0 { captures = before.captures }"),
    ("rests while something runs", "Sources/BelayEngine/Engine+Stop.swift",
     "guard activities.isEmpty else { return false }\n    undos.removeAll()",
     "undos.removeAll()\n    activities.removeAll()"),
    ("a skipped compensation counts as done", "Sources/BelayJournal/RunState.swift",
     "follow(node, reason == .person ? .compensationFailed : .compensated)", "follow(node, .compensated)"),
    ("all of a choice runs", "Sources/BelayEngine/Engine+Group.swift",
     "for child in open where child != chosen {", "for child in open where child == chosen && open.isEmpty {"),
    ("a choice is made again", "Sources/BelayEngine/Engine+Rollback.swift",
     ".subtracting(alternatives(to: node).flatMap { graph.subtree($0) })", ".subtracting([Int]())"),
    ("a group is tried again after it was good", "Sources/BelayEngine/Engine+Group.swift",
     "guard tried.ending == .failed else {\n      skip",
     "guard tried.ending != nil else {\n      skip"),
    ("a group and its steps are undone", "Sources/BelayEngine/Engine+GroupRollback.swift",
     "Set(effects.map { replacement(of: $0, in: nodes) ?? $0 })",
     "effects.union(effects.compactMap { replacement(of: $0, in: nodes) })"),
    ("what a group undid still counts", "Sources/BelayJournal/NodeRecord.swift",
     "status = .compensated\n    effects = 0", "status = .compensated\n    effects += 0"),
    ("a trip is ignored during a gate", "Sources/BelayEngine/Engine+Watch.swift",
     "if rule != .tell { drawTrip(",
     "if rule != .tell, !activities.values.contains(where: { $0.part == .awaitingTime }) { drawTrip("),
    ("a trip is lost with its engine", "Sources/BelayEngine/Engine+Begin.swift",
     "if goesForward, let trip = run.trip { drawTrip(trip) }", "if goesForward, let trip = run.trip, trip.watch.isEmpty { drawTrip(trip) }"),
    ("blind counts as pass", "Sources/BelayEngine/Engine+Watch.swift",
     "watch.take(judgement.verdict)", "watch.take(judgement.verdict == .unknown ? .pass : judgement.verdict)"),
    ("a watch that has passed once is not asked after a resume", "Sources/BelayEngine/Engine+Watch.swift",
     "watching.failingSince = before?.failingSince.flatMap(boot)",
     "watching.hasPassed = before?.verdict == .pass\n    watching.failingSince = before?.failingSince.flatMap(boot)"),
    ("the first change does not wait for a watch", "Sources/BelayEngine/Engine+Schedule.swift",
     "if isUnwatched(node) {", "if isUnwatched(node), watching.isEmpty {"),
    ("the gap in a soak is ignored", "Sources/BelayEngine/Soak.swift",
     "gap <= question.every.times(2) {", "gap <= question.every.times(200) {"),
    ("a soak's coverage is forgotten at a resume", "Sources/BelayEngine/Engine+Question.swift",
     "question.soak = record.soak.map { $0.resumed(at: clock, every: question.every) }",
     "question.soak = record.soak.flatMap { $0.coverage < .zero ? $0 : nil }"),
    ("a soak's coverage is invented at a resume", "Sources/BelayEngine/Soak.swift",
     "resumed.began = now", "resumed.began = now\n    resumed.asked = now"),
    ("a notice that is not sent fails the run", "Sources/BelayEngine/Engine+Notice.swift",
     "noticeEnded(index, failure: judgement.verdict == .pass ? nil : judgement.reason)",
     "noticeEnded(index, failure: judgement.verdict == .pass ? nil : judgement.reason)\n"
     "      if judgement.verdict == .fail {\n        stop(Stop(cause: .failure, reason: \"a notice\", "
     "consequence: .rest(.failed, cause: \"a notice\", node: nil)))\n      }"),
    ("a notice that nobody knows to be sent is dropped", "Sources/BelayEngine/Engine+Notice.swift",
     "if let due = run.notices[number], telling[due.notice] == nil { send(due) }",
     "if let due = run.notices[number], telling[due.notice] == nil, run.epoch == 1 { send(due) }"),
    ("overdue though it has ended", "Sources/BelayEngine/Engine+Deadlines.swift",
     "guard isOpen(node), standsInOpenGroups(node), !record(of: node).isOverdue, isReached(node),",
     "guard standsInOpenGroups(node), !record(of: node).isOverdue, isReached(node),"),
    ("self-approval accepted", "Sources/BelayEngine/Decisions.swift",
     "{ return isSame(run.created?.initiator, as: actor, person) }", "{ return false }"),
    ("one person counts for two", "Sources/BelayJournal/Asking.swift",
     "_ = place(person, &tried)", "while place(person, &tried) {}"),
    ("expiry ignored", "Sources/BelayJournal/Asking.swift",
     "inquiry.expiresAt.map { $0 <= moment } ?? false", "inquiry.expiresAt == moment"),
    ("an approval of another plan accepted", "Sources/BelayEngine/Decisions.swift",
     "guard proposal.plan == planDigest else {", "guard proposal.plan.count == planDigest.count else {"),
    ("an answer to another question accepted", "Sources/BelayEngine/Decisions.swift",
     "guard asking.number == proposal.asked else {", "guard asking.number >= proposal.asked else {"),
    ("no signature asked for", "Sources/BelayEngine/Decisions.swift",
     "let sure = free.filter { actor.assurance >= inquiry.requirements[$0].assurance }",
     "let sure = free.filter { actor.assurance >= .os && inquiry.requirements[$0].count > 0 }"),
    ("a rejected gate passes", "Sources/BelayJournal/Asking.swift",
     "if decisions.contains(where: \\.word.isRefusal) { return .refused }",
     "if decisions.contains(where: \\.word.isRefusal) { return .met }"),
    ("irreversible without asking", "Sources/BelayEngine/Engine+People.swift",
     "guard let irreversible = step.irreversible, isBarrier(node) else {",
     "guard let irreversible = step.irreversible, isBarrier(node), step.temporary else {"),
    ("a window's end ignored", "Sources/BelayEngine/Engine+Window.swift",
     "guard need <= rest else {", "guard need <= rest || isOutOfSpace == false else {"),
    ("a closed window passed", "Sources/BelayEngine/Engine+Window.swift",
     "if opening.opensAt <= clock.wall {\n      if record", "if opening.opensAt <= opening.closesAt {\n      if record"),
    ("a request is redone after a lost answer", "Sources/BelayActions/RequestBinding.swift",
     "definite: !silence.mayHaveHappened)", 'definite: !silence.mayHaveHappened || silence.kind == "connect")'),
    ("a request's timeout counts as failed", "Sources/BelayActions/RequestBinding.swift",
     "definite: !silence.mayHaveHappened)", 'definite: !silence.mayHaveHappened || silence.kind == "timeout")'),
    ("a request of a dead engine counts as not sent", "Sources/BelayEngine/Engine+Doubt.swift",
     'switch fates[name] ?? .unknown("nothing is known of it") {',
     'switch attempt.intent.effect.outlivesEngine ? fates[name] ?? .unknown("") : .notStarted {'),
    ("the receipt is not looked at", "Sources/BelayActions/SQLAction+Doing.swift",
     "receipt: hasReceipts ? key : nil", "receipt: hasReceipts && key.isEmpty ? key : nil"),
    ("outside of a window without a note", "Sources/BelayEngine/Engine+Window.swift",
     'note: begin.overrideNote ?? ""', 'note: ""'),
]


def copy_sources() -> pathlib.Path:
    tree = WORK / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "Package.swift", "Sources", "Tests"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, files):
        source, target = ROOT / name, tree / name
        if not source.exists():
            continue
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue  # Its time of change stays, and it is not compiled again.
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return tree


def build(tree: pathlib.Path) -> pathlib.Path | None:
    """None, the compiler's words shown, when it does not compile."""
    scratch = WORK / "build"
    result = subprocess.run(
        ["swift", "build", "-c", "release", "--product", "simulate", "--scratch-path", str(scratch)],
        cwd=tree, capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stdout[-2000:] + result.stderr[-2000:], flush=True)
        return None
    return scratch / "release" / "simulate"


def play(simulate: pathlib.Path | None, seeds: int) -> str | None:
    """The first promise that was broken; None when none was, or nothing was built."""
    if simulate is None:
        return None
    result = subprocess.run(
        ["timeout", "900", str(simulate), "--seeds", str(seeds), "--first"],
        capture_output=True, text=True, env={"SWIFT_BACKTRACE": "enable=no"})
    lines = result.stdout.splitlines()
    seed = next((line for line in lines if line.startswith("seed ")), None)
    if seed:
        return seed
    if result.returncode == 0:
        return None
    if result.returncode == 124:
        return None  # Not through in time: nothing was seen.
    trap = next((line for line in result.stderr.splitlines() if "Fatal error: " in line), "")
    return "trap: " + trap.split("Fatal error: ")[-1] if trap else f"exit {result.returncode}"


def main() -> int:
    words = sys.argv[1:]
    seeds = SEEDS
    if words[:1] == ["--seeds"]:
        seeds, words = int(words[1]), words[2:]
    chosen = [m for m in MUTANTS if not words or any(word in m[0] for word in words)]
    tree = copy_sources()
    if (simulate := build(tree)) is None:
        return 1
    if (found := play(simulate, seeds)) is not None:
        print(f"the sources themselves break a promise: {found}")
        return 1
    missed = 0
    for name, file, old, new in chosen:
        began = time.monotonic()
        path = tree / file
        text = path.read_text()
        if text.count(old) != 1:
            print(f"STALE   {name}: {file} has its place {text.count(old)} times")
            missed += 1
            continue
        path.write_text(text.replace(old, new))
        try:
            found = play(build(tree), seeds)
        finally:
            path.write_text(text)
        missed += found is None
        verdict = "MISSED " if found is None else "caught "
        print(f"{verdict} {name} ({time.monotonic() - began:.0f} s)" + (f"\n          {found[:150]}" if found else ""), flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} mutants caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
