internal import BelayModel

// Who would be asked, what is watched, who is told: in words for people.
extension Plan {
  func details(of gate: PlanGate) -> [String] {
    let within = gate.within.map { ", within \($0.source)" } ?? ""
    switch gate.wait {
    case .approve(let approvals):
      var lines = gate.message.map { ["\"\($0.source)\""] } ?? []
      lines.append("would ask: \(approvals.map(askText).joined(separator: ", and "))\(within)")
      if approvals.count > 1 { lines[lines.count - 1] += "; all of them, by different people" }
      return lines
    case .window(let window):
      return ["would wait for the window \(windowText(window))\(within)"]
    case .until(let moment): return ["would wait until \(moment.source)\(within)"]
    case .wait(let duration): return ["would wait \(duration.source)\(within)"]
    }
  }

  /// `2 of engineers (ana, ben, cem), not the initiator, by signature`.
  func askText(_ approval: PlanApproval) -> String {
    let count = approval.count == 1 ? "one" : "\(approval.count)"
    var text = "\(count) of \(approval.by.map(nameText).joined(separator: " or "))"
    if approval.by.isEmpty { text = "anyone in the roster" }
    if !approval.exclude.isEmpty {
      let names = approval.exclude.map { template in
        template.literal == PlanApproval.initiator ? "the initiator" : template.source
      }
      text += ", not \(names.joined(separator: " or "))"
    }
    if let assurance = approval.assurance { text += ", by \(assurance.rawValue)" }
    return text
  }

  /// A role with who has it now.
  private func nameText(_ template: Template) -> String {
    guard let name = template.literal else { return "\(template.source) (known later)" }
    guard let roster, let role = roster.roles.first(where: { $0.name == name }) else { return name }
    let people = people(of: role)
    let list = people.isEmpty ? "nobody now" : people.joined(separator: ", ")
    if case .rotation = role.members { return "\(name) (now \(list))" }
    return "\(name) (\(list))"
  }

  private func windowText(_ window: PlanWindow) -> String {
    let days = window.window.days.map(\.rawValue).joined(separator: " ")
    let hours = "\(PlanWindow.clock(window.window.from))–\(PlanWindow.clock(window.window.to))"
    let name = window.name.map { "\($0): " } ?? ""
    return "\(name)\(days) \(hours) \(window.window.zone)"
  }

  func details(of irreversible: PlanStep.Irreversible) -> [String] {
    let when = irreversible.when.map { ", if \($0.source)" } ?? ""
    return [
      "cannot be undone\(when): \(irreversible.why.source)",
      "to recover: \(irreversible.recover.source)",
      "would ask before it\(when): \(askText(irreversible.approval))",
    ]
  }

  func details(of call: PlanCall) -> [String] {
    var lines = ["the playbook \(scopes[call.scope].playbook)"]
    if let polling = call.polling {
      lines.append("asked up to \(polling.within.source), all of it, every \(polling.every?.source ?? "10s")")
    }
    return lines
  }

  func deadlines(of node: PlanNode) -> [String] {
    var lines: [String] = []
    if let due = node.due {
      let isSpan = due.literal.flatMap { TimeSpan(text: $0) } != nil
      lines.append("due \(due.source)\(isSpan ? " after the run's start" : "")")
    }
    if !node.escalation.isEmpty {
      let links = node.escalation.map { link in
        let names = link.to.map(nameText).joined(separator: ", ")
        return isAtOnce(link.after) ? "tells \(names)" : "after \(link.after.source) \(names)"
      }
      lines.append("while it waits: \(links.joined(separator: ", "))")
    }
    return lines
  }

  private func isAtOnce(_ span: Template) -> Bool { span.literal == TimeSpan.zero.text }

  // MARK: Watches, notices, people

  func watchText(of scope: Int?) -> [String] {
    watches.filter { $0.scope == scope }.flatMap(watchLines)
  }

  func watchLines(_ watch: PlanWatch) -> [String] {
    let title = watch.title.isEmpty ? "" : "  \(watch.title)"
    let trips = isAtOnce(watch.tripsAfter) ? "at once" : "after \(watch.tripsAfter.source)"
    let action = (watch.action ?? "").split(separator: "\n").map { "    \($0)" }
    return ["watch \(watch.id)\(title)  [would watch]"] + action + [
      "    \(watch.body.meaning.joined(separator: " · "))",
      "    trips \(trips): if it fails, \(tripText(watch.onFailure)); "
        + "without an answer, \(tripText(watch.onUnknown))",
    ]
  }

  private func tripText(_ rule: FailureRule) -> String {
    switch rule {
    case .stop: "stop"
    case .rollback: "roll back"
    case .continue: "only tell"
    }
  }

  var noticeText: [String] { notices.flatMap(noticeLines) }

  func noticeLines(_ notice: PlanNotice) -> [String] {
    let when =
      switch notice.trigger {
      case .events(let events): "when \(events.map(\.rawValue).joined(separator: ", "))"
      case .every(let span): "every \(span.source)"
      }
    let to = notice.to.isEmpty ? "" : " to \(notice.to.map(nameText).joined(separator: ", "))"
    return ["would tell\(to) \(when)"] + (notice.action ?? "").split(separator: "\n").map { "    \($0)" }
  }

  /// Ids of who had it when the plan was made.
  private func people(of role: Roster.Role) -> [String] {
    guard case .list(let people)? = roles[role.name] else { return [] }
    return people.compactMap { person in
      guard case .map(let person) = person else { return nil }
      return person["id"]?.text
    }
  }

  /// Who has the roles that take turns, as the plan is made.
  var rosterText: [String] {
    guard let roster else { return [] }
    return roster.roles.compactMap { role in
      let people = people(of: role)
      let isOverridden = roster.overrides.contains {
        $0.role.id == role.name && $0.from <= createdAt && createdAt < $0.to
      }
      guard case .rotation = role.members else {
        let others = people.joined(separator: ", ")
        return isOverridden ? "\(role.name) is now \(others), in place of others" : nil
      }
      let now = people.isEmpty ? "nobody" : people.joined(separator: ", ")
      return "\(role.name) is now \(now)\(isOverridden ? ", in place of whose turn it is" : "")"
    }
  }
}
