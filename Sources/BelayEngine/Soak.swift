internal import BelayJournal
internal import BelayModel

extension SoakProgress {
  enum Outcome: Hashable {
    case goesOn
    case passed
    case missed
    case tooFewSamples
  }

  /// With its first pass.
  init(began: Moment) {
    self.init(coverage: .zero, answers: 1, misses: 0, recent: [true], began: began, asked: began)
  }

  /// As a later driver goes on with it: time that was not looked at in between counts as a gap where it was one, and
  /// a gap between two drivers is no reason to give up.
  func resumed(at clock: Clock, every: TimeSpan) -> SoakProgress {
    let now = clock.after(.zero)
    if let gap = gap(to: now), gap <= every.times(2) { return self }
    var resumed = self
    resumed.began = now
    return resumed
  }

  /// Takes the next sample, asked at `moment`.
  mutating func take(_ verdict: Verdict, at moment: Moment, of question: Question) -> Outcome {
    let answer = verdict == .unknown ? 0 : 1
    if let gap = gap(to: moment), gap <= question.every.times(2) {
      coverage = TimeSpan(nanoseconds: coverage.nanoseconds + gap.nanoseconds)
      answers += answer
    } else {
      coverage = .zero
      answers = answer
    }
    asked = moment
    recent = Array((recent + [verdict == .pass]).suffix(10))
    misses = verdict == .pass ? 0 : misses + 1
    if misses > question.tolerate || recent.count(where: { !$0 }) > question.tolerate * 2 { return .missed }
    if coverage >= question.staysFor { return answers >= question.minSamples ? .passed : .tooFewSamples }
    // Samples too far apart never add up: say so instead of asking for ever.
    guard let elapsed = began.elapsed(to: moment) else { return .goesOn }
    return elapsed > question.staysFor.times(3) ? .tooFewSamples : .goesOn
  }

  /// Nil after a restart of the machine: nobody can tell how long that took, so it covers nothing.
  private func gap(to moment: Moment) -> TimeSpan? { asked.elapsed(to: moment) }
}

extension Moment {
  /// By the boot clock; nil where the two are of different boots.
  func elapsed(to later: Moment) -> TimeSpan? {
    guard bootID == later.bootID else { return nil }
    return TimeSpan(nanoseconds: later.boot.nanoseconds - boot.nanoseconds)
  }
}

extension TimeSpan {
  /// As long as a span can be, where it would be longer.
  func times(_ factor: Int64) -> TimeSpan {
    let (product, tooLong) = nanoseconds.multipliedReportingOverflow(by: factor)
    return TimeSpan(nanoseconds: tooLong ? .max : product)
  }
}
