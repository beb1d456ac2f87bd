import BelayEngine
import BelayJournal
import BelayModel
import BelayWorld
import Glibc

/// Questions of a run at the terminal at which it is driven. They stand while others may answer them from elsewhere;
/// an empty line answers nothing.
final class TerminalPrompt: TerminalAnswers {
  let descriptor: Int32 = 0
  private(set) var isOver = false
  /// Shows a line, above whatever else is shown.
  private let say: (String) -> Void
  private let run: String
  private let plan: String
  /// In the order in which they were put; the first one is asked.
  private var open: [(node: NodeID, asked: Int, inquiry: Inquiry)] = []
  private var shown: NodeID?
  private var typed = ""

  /// Nil where nobody is at a terminal.
  init?(
    run: String, plan: String, standing: [(node: NodeID, asking: Asking)], say: @escaping (String) -> Void
  ) {
    guard isatty(0) == 1, Output.error.isTerminal, tcgetpgrp(0) == getpgrp() else { return nil }
    self.run = run
    self.plan = plan
    self.say = say
    for (node, asking) in standing {
      open.append((node: node, asked: asking.number, inquiry: asking.inquiry))
    }
    show()
  }

  /// Told of each event when it is durable.
  func heard(_ event: RunEvent, number: Int) {
    switch event {
    case .asked(let node, let inquiry):
      close(node)
      open.append((node: node, asked: number, inquiry: inquiry))
    case .nodeFinished(let node, _), .nodeSkipped(let node, _, _, _), .attemptFinished(let node, _, _):
      close(node)
    case .nodesReset(let nodes, _, _): nodes.forEach(close)
    case .decided(let node, _): close(node)
    default: return
    }
    show()
  }

  private func close(_ node: NodeID) {
    open.removeAll { $0.node == node }
    if shown == node { shown = nil }
  }

  private func show() {
    guard let first = open.first, shown != first.node else { return }
    shown = first.node
    for line in TerminalPrompt.lines(first.node, first.inquiry, run: run) { say(line) }
  }

  /// The question with what each answer does.
  private static func lines(_ node: NodeID, _ inquiry: Inquiry, run: String) -> [String] {
    let isApproval = inquiry.subject.isApproval
    let answers =
      isApproval
      ? [
        "type yes: approve, the run goes on behind it",
        "type no: reject, it has failed, and the playbook's rule for a failure holds",
      ]
      : [
        "type done [name=value …]: it is done, or as it should be",
        "type failed [why]: it is not, and the playbook's rule for a failure holds",
      ]
    let elsewhere = "belay \(isApproval ? "approve" : "answer") \(run) \(node)"
    let wait = "or nothing, and wait: whoever may can say it with \(elsewhere)"
    return [inquiry.message, "\(node) \(inquiry.words)"] + (answers + [wait]).map { "  \($0)" }
  }

  func take() -> [Proposal] {
    // In the background what is typed is for others, and who reads it would be stopped (SIGTTIN).
    guard tcgetpgrp(descriptor) == getpgrp() else {
      isOver = true
      return []
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    if count <= 0 {
      isOver = count == 0 || errno != EINTR
      return []
    }
    typed += String(decoding: buffer[..<count], as: UTF8.self)
    var proposals: [Proposal] = []
    while let end = typed.firstIndex(where: \.isNewline) {
      let line = String(typed[..<end])
      typed = String(typed[typed.index(after: end)...])
      if let proposal = proposal(line) { proposals.append(proposal) }
    }
    return proposals
  }

  private func proposal(_ line: String) -> Proposal? {
    let words = line.split(separator: " ").map(String.init)
    guard let first = words.first, let question = open.first else { return nil }
    let isApproval = question.inquiry.subject.isApproval
    let known: [String: Decision.Word] =
      isApproval ? ["yes": .approved, "no": .rejected] : ["done": .done, "failed": .failed]
    guard let word = known[first] else {
      say("type \(known.keys.sorted().joined(separator: " or ")), or nothing")
      return nil
    }
    var proposal = Proposal(node: question.node, asked: question.asked, plan: plan, word: word)
    let rest = words.dropFirst()
    if word == .done {
      proposal.values = rest.compactMap { text in
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return Proposal.Given(name: String(text[..<equals]), text: String(text[text.index(after: equals)...]))
      }
    } else if !rest.isEmpty {
      proposal.note = rest.joined(separator: " ")
    }
    return proposal
  }

  func replied(_ reply: Reply) {
    switch reply {
    case .accepted(let text): if !text.isEmpty { say(text) }
    case .refused(let text): say(text)
    }
  }
}
