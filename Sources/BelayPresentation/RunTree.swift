public import BelayJournal
internal import BelayModel
internal import BelayPlan

/// The nodes of a run, a line each, as wide as the terminal is.
struct RunTree {
  /// A node's lines: itself, and what it has to say.
  struct Row {
    var index: Int
    var lines: [Line]
    var isActive: Bool
    var hasEnded: Bool
  }

  private static let narrow = 60
  private static let tailLines = 3

  let picture: RunPicture
  let marks: Marks
  let columns: Int

  func rows() -> [Row] {
    picture.plan.nodes.indices.filter(picture.isShown).map { index in
      Row(
        index: index, lines: lines(of: index), isActive: picture.isActive(index),
        hasEnded: picture.record(of: index).status.hasEnded)
    }
  }

  private func lines(of index: Int) -> [Line] {
    let indent = String(repeating: "  ", count: picture.depth(of: index))
    let note = note(of: index)
    var first = head(of: index, indent)
    let time = time(of: index)
    let isNarrow = columns < RunTree.narrow
    var lines: [Line] = []
    let room = columns - (time.map { $0.width + 1 } ?? 0)
    if let note, !isNarrow || first.width + 2 + note.width <= room { first = joined(first, note, room) }
    first = first.cut(to: room, ellipsis: marks.ellipsis)
    if let time {
      first.pad(to: columns - time.width)
      for piece in time.pieces { first.append(piece.text, piece.ink) }
    }
    lines.append(first)
    if isNarrow, let note, picture.isActive(index), first.text.contains(note.text) == false {
      var second = Line(indent + "    ")
      for piece in note.pieces { second.append(piece.text, piece.ink) }
      lines.append(second.cut(to: columns, ellipsis: marks.ellipsis))
    }
    return lines + tail(of: index, indent)
  }

  private func head(of index: Int, _ indent: String) -> Line {
    let node = picture.plan.nodes[index]
    let record = picture.record(of: index)
    let (sign, ink) = marks.mark(of: record.status, continued: record.continued)
    var line = Line(indent)
    line.append(sign + " ", ink)
    let isQuiet = [.pending, .ready, .skipped, .compensated].contains(record.status)
    line.append(name(of: index), isQuiet ? .dim : picture.isActive(index) ? .bold : .plain)
    if columns >= RunTree.narrow, !node.title.isEmpty, node.title != node.id {
      line.append("  " + node.title, isQuiet ? .dim : .plain)
    }
    return line
  }

  /// Without the path that the indentation shows.
  private func name(of index: Int) -> String {
    let node = picture.plan.nodes[index]
    guard let parent = node.parent else { return node.id }
    let prefix = picture.plan.nodes[parent].id + "/"
    return node.id.hasPrefix(prefix) ? String(node.id.dropFirst(prefix.count)) : node.id
  }

  private func joined(_ first: Line, _ note: Line, _ room: Int) -> Line {
    var line = first
    line.append("  ")
    for piece in note.pieces { line.append(piece.text, piece.ink) }
    return line.cut(to: room, ellipsis: marks.ellipsis)
  }

  // MARK: What it says

  private func note(of index: Int) -> Line? {
    let record = picture.record(of: index)
    switch record.status {
    case .pending, .ready, .succeeded, .compensated: return nil
    case .intended, .running: return attempt(record) ?? answer(record)
    case .waiting: return isAsked(index) ? asked(record) : waiting(record)
    case .held: return Line(record.heldBecause ?? "held", .attention)
    case .inDoubt: return Line("in doubt", .attention)
    case .failed, .unknown:
      let message = record.failure?.message ?? record.status.words
      return Line(message + (record.continued ? " (the run goes on)" : ""), record.continued ? .dim : .bad)
    case .skipped: return Line(record.skipped?.text ?? "skipped", .dim)
    case .compensating: return Line("is being undone", .undone)
    case .compensationFailed: return Line("is not undone", .bad)
    }
  }

  private func attempt(_ record: NodeRecord) -> Line? {
    let number = record.number + record.reruns
    return number > 1 && record.openAttempt != nil ? Line("attempt \(number)", .attention) : nil
  }

  private func answer(_ record: NodeRecord) -> Line? {
    guard let answer = record.lastAnswer, answer.verdict != .pass else { return nil }
    return Line("not yet: \(answer.reason)", .dim)
  }

  private func isAsked(_ index: Int) -> Bool {
    if case .check = picture.plan.nodes[index].detail { true } else { false }
  }

  private func asked(_ record: NodeRecord) -> Line {
    var line = answer(record) ?? Line("asks", .dim)
    if let until = record.waitsUntil { line.append(", asked again until \(until.wall.clockText) UTC", .dim) }
    return line
  }

  private func waiting(_ record: NodeRecord) -> Line {
    var text = ""
    if let failure = record.failure { text = "failed: \(failure.message); next attempt " }
    if let until = record.waitsUntil {
      let rest = until.wall.since(picture.now).map { max(.zero, $0).rounded } ?? ""
      text += (text.isEmpty ? "until" : "at") + " \(until.wall.clockText) UTC, in \(rest)"
    }
    return Line(text.isEmpty ? "waits" : text, .attention)
  }

  private func time(of index: Int) -> Line? {
    let status = picture.record(of: index).status
    let expected = picture.plan.nodes[index].preview.expected
    if picture.isGroup(index), status != .running { return nil }
    if [.skipped, .pending, .ready].contains(status) {
      guard status != .skipped, let expected else { return nil }
      return Line("~\(expected.counted)", .dim)
    }
    guard let elapsed = picture.elapsed(index) else { return nil }
    guard status == .running || status == .intended, let expected, !picture.isGroup(index) else {
      return Line(elapsed.counted, status.hasEnded ? .dim : .plain)
    }
    var line = Line(elapsed.counted, elapsed.nanoseconds > 2 * expected.nanoseconds ? .attention : .plain)
    line.append(" / ~\(expected.counted)", .dim)
    return line
  }

  private func tail(of index: Int, _ indent: String) -> [Line] {
    let status = picture.record(of: index).status
    guard status == .running || status == .intended, !picture.isGroup(index) else { return [] }
    return picture.tail(picture.plan.nodes[index].id).suffix(RunTree.tailLines).map { text in
      Line(indent + "  " + marks.tail + text, .dim).cut(to: columns, ellipsis: marks.ellipsis)
    }
  }
}

extension NodeStatus {
  /// For people.
  public var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}

extension RunStatus {
  /// For people.
  public var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}

extension SkipReason {
  /// For people.
  public var text: String {
    switch self {
    case .condition: "its condition is false"
    case .alreadyDone: "already done"
    case .person: "by a person"
    }
  }
}
