internal import BelayJournal
internal import BelayModel
internal import BelayPlan

/// What stands on the screen while a run goes on: a head, the tree or the part of it that matters, how far it is.
public struct LiveFrame {
  public struct Size: Hashable, Sendable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  private static let barColumns = 24

  let picture: RunPicture
  let marks: Marks
  public let size: Size

  public init(_ picture: RunPicture, marks: Marks, size: Size) {
    self.picture = picture
    self.marks = marks
    self.size = size
  }

  /// Of the tree, beside a question.
  private static let leastTree = 4

  /// The cursor belongs behind the last line: an answer is typed there.
  public var isOpen: Bool { picture.question?.typed != nil }

  /// Never more lines than the terminal has, one left for the cursor.
  public func lines() -> [Line] {
    let all = max(1, size.rows - 1)
    let head = self.head()
    var question: [Line] = []
    if let open = picture.question {
      let least = min(LiveFrame.leastTree, all / 3)
      // One column for the cursor, behind what is typed.
      question = open.lines(marks, columns: max(1, size.columns - 1), rows: all - least)
      if question.count + least < all { question.insert(Line(), at: 0) }
    }
    let foot = foot(isHinted: size.rows >= 12 && (picture.question == nil || picture.isWatched))
    let room = max(1, all - head.count - foot.count - question.count)
    return Array((head + tree(in: room) + foot + question).suffix(all))
  }

  /// All of it, as it is left behind.
  public func whole() -> [Line] {
    let tree = RunTree(picture: picture, marks: marks, columns: size.columns)
    return head() + tree.rows().flatMap(tree.lines(of:))
  }

  /// How the run stands has a line of its own where it would be cut off.
  private func head() -> [Line] {
    var place = Line()
    if let environment = picture.plan.environment { place.append(marks.dot + environment, .bold) }
    place.append(marks.dot + picture.plan.run, .dim)
    // Of a long title the end is missing, not where it runs and under which name.
    let room = max(size.columns / 3, size.columns - place.width)
    var line = Line(picture.plan.title, .bold).cut(to: room, ellipsis: marks.ellipsis)
    for piece in place.pieces { line.append(piece.text, piece.ink) }
    guard let (words, ink) = standing else { return [line.cut(to: size.columns, ellipsis: marks.ellipsis)] }
    var whole = line
    whole.append(marks.dot + words, ink)
    guard whole.width > size.columns else { return [whole] }
    return [line, Line(words, ink)].map { $0.cut(to: size.columns, ellipsis: marks.ellipsis) }
  }

  private var standing: (words: String, ink: Ink)? {
    let state = picture.state
    if state.rollback != nil, state.status == .rollingBack {
      return ("rolling back: " + state.rollbackCause, .undone)
    }
    if let stop = state.stop { return (stop.words, .attention) }
    return state.status == .running ? nil : (state.status.words, state.status.ink)
  }

  private func foot(isHinted: Bool) -> [Line] {
    let forecast = RunForecast(picture)
    let share = forecast.all == 0 ? 1 : Double(forecast.ended) / Double(forecast.all)
    var line = marks.bar(share, columns: min(LiveFrame.barColumns, max(4, size.columns / 4)))
    line.append("  \(forecast.ended) of \(forecast.all)")
    if let elapsed = picture.runElapsed { line.append(marks.dot + elapsed.counted) }
    if picture.state.rollback == nil, let rest = forecast.remaining, rest > .zero {
      line.append(marks.dot + (forecast.isAtLeast ? "at least " : "about ") + "\(rest.rounded) left")
    }
    var lines = [line.cut(to: size.columns, ellipsis: marks.ellipsis)]
    if isHinted {
      let hint =
        picture.isWatched
        ? "Ctrl-C: no more is shown; the run goes on."
        : picture.state.stop == nil
          ? "Ctrl-C: what runs ends, nothing new starts. Twice: what runs is stopped."
          : "Ctrl-C again: what runs is stopped."
      lines.append(Line(hint, .dim).cut(to: size.columns, ellipsis: marks.ellipsis))
    }
    return lines
  }

  // MARK: What there is room for

  private func tree(in room: Int) -> [Line] {
    let tree = RunTree(picture: picture, marks: marks, columns: size.columns)
    let rows = tree.rows()
    if rows.reduce(0, { $0 + $1.height }) <= room { return rows.flatMap(tree.lines(of:)) }
    var chosen = Excerpt(rows, groups: outer)
    chosen.fill(room)
    return chosen.lines(of: tree) { count in
      Line("  \(marks.gap) \(count) more", .dim).cut(to: size.columns, ellipsis: marks.ellipsis)
    }
  }

  private func outer(_ index: Int) -> Int? { picture.plan.nodes[index].parent }
}

/// The rows that matter, those next to them as long as there is room, and a line for each gap.
private struct Excerpt {
  private let rows: [RunTree.Row]
  private var isChosen: [Bool]

  /// What is at work or needs somebody, and the groups around it.
  init(_ rows: [RunTree.Row], groups: (Int) -> Int?) {
    self.rows = rows
    isChosen = rows.map(\.isActive)
    // The watches of a group stand behind it, under its index.
    var places: [Int: Int] = [:]
    for (place, row) in rows.enumerated() {
      if let index = row.index, places[index] == nil { places[index] = place }
    }
    for place in rows.indices where isChosen[place] {
      guard let index = rows[place].index else { continue }
      if let at = places[index] { isChosen[at] = true }
      var outer = groups(index)
      while let group = outer {
        if let at = places[group] { isChosen[at] = true }
        outer = groups(group)
      }
    }
  }

  private func height(of chosen: [Bool]) -> Int {
    var height = 0
    var inGap = false
    for place in rows.indices {
      if chosen[place] { height += rows[place].height } else if !inGap { height += 1 }
      inGap = !chosen[place]
    }
    return height
  }

  mutating func fill(_ room: Int) {
    dropUntilItFits(room)
    var anchors = rows.indices.filter { isChosen[$0] && rows[$0].isActive }
    if anchors.isEmpty, !rows.isEmpty { anchors = [rows.firstIndex { !$0.hasEnded } ?? rows.count - 1] }
    // From what is chosen outwards, what came just before first.
    for distance in 0..<room {
      for place in anchors.flatMap({ [$0 - distance, $0 + distance] }) {
        guard rows.indices.contains(place), !isChosen[place] else { continue }
        isChosen[place] = true
        if height(of: isChosen) <= room { continue }
        isChosen[place] = false
        return
      }
    }
  }

  /// More is at work than there is room for: the first of it is shown.
  private mutating func dropUntilItFits(_ room: Int) {
    let chosen = rows.indices.filter { isChosen[$0] }
    for place in chosen.dropFirst(room) { isChosen[place] = false }
    for place in chosen.prefix(room).reversed() where height(of: isChosen) > room {
      isChosen[place] = false
    }
  }

  func lines(of tree: RunTree, gap: (Int) -> Line) -> [Line] {
    var lines: [Line] = []
    var hidden = 0
    for place in rows.indices {
      guard isChosen[place] else {
        hidden += 1
        continue
      }
      if hidden > 0 { lines.append(gap(hidden)) }
      hidden = 0
      lines += tree.lines(of: rows[place])
    }
    if hidden > 0 { lines.append(gap(hidden)) }
    return lines
  }
}

extension StopRequest {
  fileprivate var words: String {
    switch self {
    case .pause: "pausing: what runs ends by itself"
    case .kill: "pausing: what runs is stopped"
    case .cancel: "cancelling"
    }
  }
}

extension RunStatus {
  var ink: Ink {
    switch self {
    case .succeeded: .good
    case .failed, .rollbackIncomplete: .bad
    case .rollingBack, .rolledBack: .undone
    case .waiting, .held, .paused: .attention
    case .planned, .running, .closed: .dim
    }
  }
}
