public import BelayJournal
internal import BelayModel
internal import BelayPlan

/// The nodes of a run, a line each, as wide as the terminal is.
struct RunTree {
  /// A node, or a watch of one: a line of its own, and what it has to say.
  struct Row {
    /// Nil: a watch of the whole run.
    var index: Int?
    var isActive: Bool
    var hasEnded: Bool
    fileprivate var made: [Line]?

    /// Nothing stands below what is not active.
    var height: Int { made?.count ?? 1 }
  }

  private static let narrow = 60
  private static let tailLines = 3
  private static let noteLines = 3

  let picture: RunPicture
  let marks: Marks
  let columns: Int

  func rows() -> [Row] {
    watches(of: nil)
      + picture.shown.flatMap { index in
        let isActive = picture.isActive(index)
        return [
          Row(
            index: index, isActive: isActive, hasEnded: picture.record(of: index).status.hasEnded,
            made: isActive ? lines(of: index) : nil)
        ] + watches(of: index)
      }
  }

  /// Of thousands of nodes a few fit on the screen: only their lines are made.
  func lines(of row: Row) -> [Line] { row.made ?? row.index.map(lines(of:)) ?? [] }

  private func lines(of index: Int) -> [Line] {
    let indent = String(repeating: "  ", count: picture.depth(of: index))
    let note = note(of: index)
    var first = head(of: index, indent)
    let time = time(of: index)
    let room = columns - (time.map { $0.width + 1 } ?? 0)
    var below: [Line] = []
    if let note {
      if first.width + 2 + note.width <= room || !picture.isActive(index) {
        first = joined(first, note)
      } else {
        below = self.below(note, indent: indent + "    ")
      }
    }
    first = first.cut(to: room, ellipsis: marks.ellipsis)
    if let time {
      first.pad(to: columns - time.width)
      for piece in time.pieces { first.append(piece.text, piece.ink) }
    }
    return [first] + below + tail(of: index, indent)
  }

  /// What does not fit beside a node that matters now stands below it, whole if it is not very long.
  private func below(_ note: Line, indent: String) -> [Line] {
    var line = Line(indent)
    for piece in note.pieces { line.append(piece.text, piece.ink) }
    let all = line.wrapped(to: columns, indent: min(indent.count, columns / 2))
    guard all.count > RunTree.noteLines else { return all }
    var last = all[RunTree.noteLines - 1]
    last.append(marks.ellipsis, .dim)
    return all.prefix(RunTree.noteLines - 1) + [last.cut(to: columns, ellipsis: marks.ellipsis)]
  }

  /// Those that have been asked; one that is well needs nobody's eyes.
  private func watches(of scope: Int?) -> [Row] {
    picture.watches(of: scope).map { watch, record in
      let note = WatchNote(record, of: watch, isOver: picture.isOver(scope), now: picture.now)
      let depth = scope.map { picture.depth(of: $0) + 1 } ?? 0
      var line = Line(String(repeating: "  ", count: depth))
      line.append(marks.watch + " ", note.ink)
      line.append("watch ", .dim)
      line.append(watch.id, note.isTrouble ? .bold : .plain)
      if columns >= RunTree.narrow, !watch.title.isEmpty, watch.title != watch.id {
        line.append("  " + watch.title)
      }
      let text = Line(note.text, note.ink)
      let isBelow = note.isTrouble && line.width + 2 + text.width > columns
      let first = (isBelow ? line : joined(line, text)).cut(to: columns, ellipsis: marks.ellipsis)
      let indent = String(repeating: "  ", count: depth + 2)
      return Row(
        index: scope, isActive: note.isTrouble, hasEnded: picture.isOver(scope),
        made: [first] + (isBelow ? below(text, indent: indent) : []))
    }
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

  private func joined(_ first: Line, _ note: Line) -> Line {
    var line = first
    line.append("  ")
    for piece in note.pieces { line.append(piece.text, piece.ink) }
    return line
  }

  // MARK: What it says

  private func note(of index: Int) -> Line? {
    let record = picture.record(of: index)
    switch record.status {
    case .pending where picture.isLeftOut(index): return Line("left out", .dim)
    case .pending, .ready, .succeeded, .compensated: return nil
    case .intended, .running: return attempt(record) ?? soak(index, record) ?? answer(record)
    case .waiting:
      if let asking = record.asking, !asking.isTaken, asking.state == .open {
        return Line(asking.words(at: picture.now), .attention)
      }
      return isAsked(index) ? asked(record) : waiting(record)
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

  /// How much of the time that it has to stay so it was seen to.
  private func soak(_ index: Int, _ record: NodeRecord) -> Line? {
    guard let soak = record.soak else { return nil }
    let whole = picture.staysFor(index).map { " of \($0.counted)" } ?? ""
    var line = Line("has stayed so for \(soak.coverage.counted)\(whole)", .dim)
    if soak.misses > 0 { line.append(", but not in the last \(soak.misses)", .attention) }
    return line
  }

  private func isAsked(_ index: Int) -> Bool {
    if case .check = picture.plan.nodes[index].detail { true } else { false }
  }

  private func asked(_ record: NodeRecord) -> Line {
    var line = answer(record) ?? Line("asks", .dim)
    if let until = record.waitsUntil {
      line.append(", asked again until \(until.wall.clockText(at: picture.now))", .dim)
    }
    return line
  }

  private func waiting(_ record: NodeRecord) -> Line {
    var text = ""
    if let failure = record.failure {
      text = "\(record.repeatsDoubt ? "in doubt" : "failed"): \(failure.message); next attempt "
    }
    if let until = record.waitsUntil {
      let rest = until.wall.since(picture.now).map { max(.zero, $0).rounded } ?? ""
      text += (text.isEmpty ? "until" : "at") + " \(until.wall.clockText(at: picture.now)), in \(rest)"
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
