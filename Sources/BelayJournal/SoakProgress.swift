public import BelayModel

/// What a check that has to stay so has shown so far, by what was really seen.
public struct SoakProgress: Hashable, Sendable {
  /// Sum of the intervals between samples that are close enough, since the last one that was not.
  public var coverage: TimeSpan
  /// Answers in it.
  public var answers: Int
  /// Misses in a row, until now.
  public var misses: Int
  /// The last ten samples, the newest last: true where it passed.
  public var recent: [Bool]
  /// When it was first asked; after a gap between two drivers, when that was over.
  public var began: Moment
  /// When the newest sample was asked.
  public var asked: Moment

  public init(
    coverage: TimeSpan, answers: Int, misses: Int, recent: [Bool], began: Moment, asked: Moment
  ) {
    self.coverage = coverage
    self.answers = answers
    self.misses = misses
    self.recent = recent
    self.began = began
    self.asked = asked
  }
}

extension SoakProgress {
  func write(into writer: inout LineWriter) {
    writer.int("coverage_ns", Int(coverage.nanoseconds))
    writer.int("answers", answers)
    writer.int("misses", misses)
    writer.text("recent", String(recent.map { $0 ? "+" : "-" }))
    writer.moment("began", began)
    writer.moment("asked", asked)
  }

  init(_ fields: inout LineFields) throws(EventLineError) {
    coverage = try fields.span("coverage_ns")
    answers = try fields.int("answers")
    misses = try fields.int("misses")
    let text = try fields.text("recent")
    guard text.allSatisfy({ $0 == "+" || $0 == "-" }) else {
      throw .malformed("'recent' has other signs than + and -")
    }
    recent = text.map { $0 == "+" }
    began = try fields.object("began", Moment.init(fields:))
    asked = try fields.object("asked", Moment.init(fields:))
  }
}
