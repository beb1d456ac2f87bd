import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayWorld
import Glibc

/// Questions of a run at the terminal at which it is driven. They stand while others may answer them from elsewhere;
/// an empty line answers nothing, and what was typed before a question was seen is no answer to it.
final class TerminalPrompt: TerminalAnswers {
  private struct Standing {
    var node: NodeID
    var asked: Int
    var inquiry: Inquiry
    var recorded: [Parameter] = []
    /// What was said to the last answer here, where it did not count.
    var refusal: String?
  }

  let descriptor: Int32 = 0
  private(set) var isOver = false
  private let plan: Plan
  private let digest: String
  /// What the question of a node asks to record.
  private let recorded: (NodeID) -> [Parameter]
  /// Shows the questions, or has them said line by line.
  private let progress: any ProgressListener
  /// Nil where the terminal shows what is typed by itself.
  private let keyboard: Keyboard?
  /// In the order in which they were put; the first one is asked.
  private var open: [Standing] = []
  private var shown: Int?
  private var line = LineEditor()

  /// Nil where nobody is at a terminal.
  init?(
    plan: Plan, digest: String, standing: [(node: NodeID, asking: Asking)], on progress: any ProgressListener,
    recorded: @escaping (NodeID) -> [Parameter]
  ) {
    guard isatty(0) == 1, Output.error.isTerminal, tcgetpgrp(0) == getpgrp() else { return nil }
    self.plan = plan
    self.digest = digest
    self.recorded = recorded
    self.progress = progress
    keyboard = progress.showsQuestions ? Keyboard(0) : nil
    for (node, asking) in standing {
      put(node, asking.number, asking.inquiry)
    }
    show()
  }

  private func put(_ node: NodeID, _ number: Int, _ inquiry: Inquiry) {
    open.append(
      Standing(
        node: node, asked: number, inquiry: inquiry,
        recorded: inquiry.subject.isApproval ? [] : recorded(node)))
  }

  /// Told of each event when it is durable.
  func heard(_ event: RunEvent, number: Int) {
    switch event {
    case .asked(let node, let inquiry):
      close(node)
      put(node, number, inquiry)
    case .nodeFinished(let node, _), .nodeSkipped(let node, _, _, _), .attemptFinished(let node, _, _):
      close(node)
    case .nodesReset(let nodes, _, _): nodes.forEach(close)
    case .decided(let node, _): close(node)
    default: return
    }
    show()
  }

  private func close(_ node: NodeID) { open.removeAll { $0.node == node } }

  /// What was typed so far was typed for the question before.
  private func show() {
    guard open.first?.asked != shown else { return }
    shown = open.first?.asked
    line.clear()
    guard keyboard == nil else { return progress.changed() }
    question?.text.forEach(progress.say)
  }

  /// As it is shown. Nil: none stands.
  var question: OpenQuestion? {
    guard let first = open.first else { return nil }
    let isApproval = first.inquiry.subject.isApproval
    return OpenQuestion(
      node: first.node, message: first.inquiry.message, whom: first.inquiry.words(at: SystemClock.wall()),
      choices: isOver ? [] : choices(first),
      elsewhere: typed("\(isApproval ? "approve" : "answer") \(plan.run) \(first.node)"),
      refusal: first.refusal, typed: isOver || keyboard == nil ? nil : line.text)
  }

  private func choices(_ standing: Standing) -> [OpenQuestion.Choice] {
    let fails = plan.nodes.first { $0.id == standing.node }?.preview.ifItFails ?? ""
    let then = fails.isEmpty ? "" : "; then \(fails)"
    guard standing.inquiry.subject.isApproval else {
      return [
        .init(
          (["done"] + standing.recorded.map(\.typedForm)).joined(separator: " "),
          "it is done, or as it should be; the run goes on"),
        .init("failed [why]", "it is not\(then)"),
      ]
    }
    let reject = OpenQuestion.Choice("no [why]", "reject: it has failed\(then)")
    let isSigned = standing.inquiry.requirements.contains { $0.assurance > .os }
    return isSigned ? [reject] : [.init("yes [note]", "approve: the run goes on behind it"), reject]
  }

  /// Somebody else was in front meanwhile, and has written on the screen.
  func takeBack() -> Bool { isOver ? false : keyboard?.hold() ?? false }

  func leave() { keyboard?.release() }

  // MARK: What is typed

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
    let proposals = line.take(buffer[..<count]).compactMap(proposal)
    progress.changed()
    return proposals
  }

  private func proposal(_ text: String) -> Proposal? {
    let words = text.split(separator: " ").map(String.init)
    guard let first = words.first, let question = open.first else { return nil }
    let known: [String: Decision.Word] =
      question.inquiry.subject.isApproval
      ? ["yes": .approved, "no": .rejected] : ["done": .done, "failed": .failed]
    guard let word = known[first] else {
      refuse(
        "'\(shortened(first, to: 20))' is no answer: type \(known.keys.sorted(by: >).joined(separator: " or "))"
      )
      return nil
    }
    var proposal = Proposal(node: question.node, asked: question.asked, plan: digest, word: word)
    let rest = words.dropFirst()
    if word == .done {
      guard let values = TerminalPrompt.values(rest) else {
        refuse(
          "what is recorded is typed as name=value: done \(question.recorded.map(\.typedForm).joined(separator: " "))"
        )
        return nil
      }
      proposal.values = values
    } else if !rest.isEmpty {
      proposal.note = rest.joined(separator: " ")
    }
    return proposal
  }

  /// A word without `=` belongs to the value before it. Nil where there is none.
  private static func values(_ words: some Sequence<String>) -> [Proposal.Given]? {
    var values: [Proposal.Given] = []
    for word in words {
      if let equals = word.firstIndex(of: "="), equals > word.startIndex {
        values.append(
          Proposal.Given(name: String(word[..<equals]), text: String(word[word.index(after: equals)...])))
      } else if values.isEmpty {
        return nil
      } else {
        values[values.count - 1].text += " " + word
      }
    }
    return values
  }

  func replied(_ reply: Reply) {
    switch reply {
    case .accepted(let text): if !text.isEmpty { progress.say(text) }
    case .refused(let text): refuse(text)
    }
  }

  private func refuse(_ text: String) {
    guard keyboard != nil, !open.isEmpty else { return progress.say(text) }
    open[0].refusal = text
    progress.changed()
  }
}

extension Parameter {
  /// `lag=…`, or `[note=…]` where it may be left out.
  fileprivate var typedForm: String { required && defaultValue == nil ? "\(name)=…" : "[\(name)=…]" }
}
