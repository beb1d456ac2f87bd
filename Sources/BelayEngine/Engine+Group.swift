internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// How groups begin and end: lists, choices, rounds, and playbooks inside the playbook.

extension Engine {
  func group(_ node: Int) -> PlanGroup? {
    if case .group(let group) = plan.nodes[node].detail { group } else { nil }
  }

  mutating func startGroup(_ node: Int, _ group: PlanGroup) {
    if !mustWait(node) { beginGroup(node, group) }
  }

  /// Its time has come: its locks are taken, and what is to be read before is read.
  mutating func beginGroup(_ node: Int, _ group: PlanGroup) {
    guard hasClaims(of: [node], for: .node(node)) else { return }
    guard group.captures.contains(where: { record(of: node).captures[$0.name] == nil }) else {
      return openGroup(node)
    }
    takePlace(node, .acting)
    capture(node, from: 0)
  }

  /// Everything is read that has to be read before: its children may start.
  mutating func openGroup(_ node: Int) {
    guard let group = group(node) else { return }
    do throws(StepFailure) {
      if let call = group.call { try give(call, node) }
      if group.mode == .choice, let why = try choose(node) {
        leavePlace(node)
        return ended(node, NodeEnd(status: .failed, failure: why.failure))
      }
    } catch {
      leavePlace(node)
      return ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
    record(.nodeStarted(id(node), waitsUntil: nil))
    leavePlace(node)
    if group.call?.polling != nil { beginAsking(node) }
    for child in graph.children[node] { released(child) }
    // Begun again for a temporary in it only: nothing of it will end that could end it.
    if openChildren[node] == 0 { listEnded(of: node) }
  }

  /// One that had begun when the journal ended. It has nothing left to do, or it has waited for something before it
  /// that was done again, and its children with it.
  mutating func goOnWithGroup(_ node: Int) {
    if openChildren[node] == 0 { return listEnded(of: node) }
    for child in graph.children[node] { released(child) }
  }

  /// All children of a group have ended: its temporaries are undone, then it ends.
  mutating func listEnded(of group: Int) {
    let children = Array(graph.children[group])
    endList(children, then: .endGroup(group))
  }

  /// What a group has to show for itself.
  mutating func closeGroup(_ node: Int) {
    guard let group = group(node) else { return }
    var end = NodeEnd(status: .succeeded)
    do throws(StepFailure) {
      if let call = group.call { end.outputs = kept(try outputs(of: call, node), of: node) }
      if group.mode == .choice, let chosen = chosen(in: node) {
        end.outputs["chosen"] = .string(name(of: chosen))
      }
      if group.mode == .rounds, let failure = failureGoneOver(in: node) {
        end = NodeEnd(status: .failed, failure: failure)
      }
    } catch {
      end = NodeEnd(status: .failed, failure: error.failure)
    }
    ended(node, end)
  }

  // MARK: Choices

  /// A child of a choice is asked for its `when` once, with the others.
  func isChosen(_ node: Int) -> Bool {
    graph.parents[node].flatMap { group($0) }?.mode == .choice
  }

  /// The child that was not left aside for another one.
  private func chosen(in node: Int) -> Int? {
    graph.children[node].first { record(of: $0).skipped != .condition }
  }

  /// What a choice for the node, or for what it stands in, leaves aside.
  func alternatives(to node: Int) -> [Int] {
    var others: [Int] = []
    var inner = node
    while let group = graph.parents[inner] {
      if isChosen(inner) { others += graph.children[group].filter { $0 != inner } }
      inner = group
    }
    return others
  }

  /// False where something around the node is left out, or has not been chosen, or tried again, yet.
  func isReached(_ node: Int) -> Bool {
    guard alternatives(to: node).allSatisfy({ record(of: $0).skipped == .condition }) else { return false }
    var outer: Int? = node
    while let inner = outer {
      if record(of: inner).status == .skipped { return false }
      if isRound(inner), let before = graph.needs[inner].first, record(of: before).ending != .failed {
        return false
      }
      outer = graph.parents[inner]
    }
    return true
  }

  /// As the file calls it.
  private func name(of node: Int) -> String {
    let names = plan.frames[plan.nodes[node].frame].names
    let target = names.first { name in
      if case .rounds(of: node, let rounds) = name.target, case .node(let round)? = rounds.first {
        return graph.parents[round] == node
      }
      return name.target == .node(node)
    }
    return target?.id ?? id(node)
  }

  /// Leaves all children aside but the first whose `when` holds; a choice that was made stands.
  ///
  /// - Returns: why none can be chosen.
  private mutating func choose(_ node: Int) throws(StepFailure) -> StepFailure? {
    let open = graph.children[node].filter { record(of: $0).skipped != .condition }
    guard open.count > 1, open.allSatisfy({ record(of: $0).status == .pending }) else { return nil }
    var chosen: Int?
    for child in open {
      guard let condition = plan.nodes[child].when else {
        chosen = child
        break
      }
      let value = try context(child).evaluate(condition)
      guard case .bool(let holds) = value else {
        return StepFailure(kind: "expression", message: "when: \(condition.source) is no bool")
      }
      if holds {
        chosen = child
        break
      }
    }
    guard let chosen else { return StepFailure(kind: "choice", message: "none of its children is chosen") }
    for child in open where child != chosen {
      record(
        .nodeSkipped(id(child), reason: .condition, note: "\(id(chosen)) was chosen", by: nil))
      openChildren[node] -= 1
    }
    return nil
  }

  // MARK: Rounds

  func isRound(_ node: Int) -> Bool { graph.parents[node].flatMap { group($0) }?.mode == .rounds }

  /// Of the last attempt at a called playbook, over which the run goes on.
  private func failureGoneOver(in wrapper: Int) -> Failure? {
    guard plan.nodes[wrapper].failure.rule == .continue else { return nil }
    let last = graph.children[wrapper].last { record(of: $0).ending != nil }
    return last.flatMap { record(of: $0).ending == .failed ? record(of: $0).failure : nil }
  }

  /// False when it has been dealt with: a round that follows a good one is skipped, one that follows a failure waits.
  mutating func isNextRound(_ node: Int) -> Bool {
    guard isRound(node), let before = graph.needs[node].first else { return true }
    let tried = record(of: before)
    guard tried.ending == .failed else {
      skip(node, .condition, note: "\(id(before)) has not failed", by: nil)
      return false
    }
    // Where the run goes on over it, it goes on to here whatever `retry.when` says.
    let end = NodeEnd(status: .failed, failure: tried.failure)
    guard plan.nodes[before].failure.rule != .continue || mayTryAgain(before, end) else {
      skip(node, .condition, note: "\(id(before)) is not tried again", by: nil)
      return false
    }
    return true
  }

  /// A round after the first waits first, as the group's `retry` says.
  private mutating func mustWait(_ node: Int) -> Bool {
    guard isRound(node), let wrapper = graph.parents[node], let retry = group(wrapper)?.retry else {
      return false
    }
    let rounds = Array(graph.children[wrapper])
    guard let before = rounds.firstIndex(of: node), before > 0 else { return false }
    do throws(StepFailure) {
      let span = try delay(wrapper, retry, after: before)
      let record = record(of: node)
      guard span > .zero, record.waitsUntil != nil || record.status == .pending else { return false }
      let until = record.waitsUntil ?? clock.after(span)
      if record.status != .waiting { self.record(.nodeStarted(id(node), waitsUntil: until)) }
      activities[node] = Activity(part: .awaitingTime, hasPlace: false)
      timers.set(node, at: clock.boot(of: until, atMost: span))
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
    return true
  }

  /// Its time has come.
  mutating func waitedForRound(_ node: Int) {
    leavePlace(node)
    if let group = group(node) { beginGroup(node, group) }
  }

  /// The round around a failed node after which another one may come, with the moment from which on it may.
  func mayTryAgain(_ round: Int, _ end: NodeEnd) -> Bool {
    guard let wrapper = graph.parents[round], let retry = group(wrapper)?.retry,
      graph.children[wrapper].last != round
    else { return false }
    guard let condition = retry.when else { return true }
    var context = context(round)
    context.error = end.failure.map(StepFailure.init)
    return (try? context.evaluate(condition)) == .bool(true)
  }

  // MARK: Playbooks in playbooks

  /// The parameters that are known only now, kept with the node that gives them.
  private mutating func give(_ call: PlanCall, _ node: Int) throws(StepFailure) {
    for given in plan.scopes[call.scope].given {
      let name = PlanScope.captureName(of: given.name)
      if record(of: node).captures[name] != nil { continue }
      let value = try context(node).value(of: given)
      record(.captured(id(node), name: name, value: value))
    }
  }

  /// A temporary inside of called playbooks is applied again before they begin again.
  mutating func giveCalls(around node: Int) throws(StepFailure) {
    var callers: [Int] = []
    var outer = graph.parents[node]
    while let group = outer {
      callers.append(group)
      outer = graph.parents[group]
    }
    for caller in callers.reversed() {
      if let call = group(caller)?.call { try give(call, caller) }
    }
  }

  private func outputs(of call: PlanCall, _ node: Int) throws(StepFailure) -> ValueMap {
    var context = context(node)
    context.frame = call.frame
    var outputs = ValueMap()
    for output in call.outputs {
      do throws(StepFailure) {
        outputs[output.name] = try context.evaluate(output.expression)
      } catch {
        throw StepFailure(kind: "expression", message: "output \(output.name): \(error.message)")
      }
    }
    return outputs
  }
}

extension StepFailure {
  /// As it was journalled.
  init(_ failure: Failure) {
    self.init(
      kind: failure.kind, message: failure.message, exitCode: failure.exitCode.map(Int32.init),
      sqlstate: failure.sqlstate, stderr: failure.stderr)
  }
}
