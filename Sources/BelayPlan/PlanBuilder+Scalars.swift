internal import BelayModel

// Scalars that shape the plan: written, or bound to what is known now.
extension PlanBuilder {
  mutating func resolve(_ scalar: Scalar<Bool>?) -> Bool {
    resolve(scalar, "true or false") { if case .bool(let flag) = $0 { flag } else { nil } } ?? false
  }

  mutating func resolve(_ scalar: Scalar<Int>?, in range: ClosedRange<Int>) -> Int? {
    resolve(scalar, "a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
      guard case .int(let number) = value, let number = Int(exactly: number), range.contains(number) else {
        return nil
      }
      return number
    }
  }

  mutating func resolve(_ scalar: Scalar<Double>?, in range: ClosedRange<Double>) -> Double? {
    resolve(scalar, "a number from \(range.lowerBound) to \(range.upperBound)") { value in
      let number: Double? =
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
      return number.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func resolve<Word: RawRepresentable & CaseIterable>(
    _ scalar: Scalar<Word>?, without refused: [Word] = []
  ) -> Word? where Word.RawValue == String, Word: Equatable {
    let words = Word.allCases.filter { !refused.contains($0) }.map(\.rawValue).joined(separator: ", ")
    return resolve(scalar, "one of \(words)") { value in
      guard case .string(let text) = value, let word = Word(rawValue: text), !refused.contains(word) else {
        return nil
      }
      return word
    }
  }

  /// Nil where nothing is written, and, said so, where what is bound is not known yet or is something else.
  private mutating func resolve<Written>(
    _ scalar: Scalar<Written>?, _ what: String, _ decode: (Value) -> Written?
  ) -> Written? {
    switch scalar {
    case nil: return nil
    case .value(let written): return written
    case .bound(let template):
      guard let whole = template.whole, let value = knownValue(of: whole) else { return nil }
      if let decoded = decode(value) { return decoded }
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "this takes \(what), and \(whole.source) is \(value.text)", at: template.span))
      return nil
    }
  }

  /// A value that the shape of the plan hangs on; said so where it is known later only.
  mutating func knownValue(of expression: Expression) -> Value? {
    if case .later = variables.evaluate(expression) {
      diagnostics.append(
        Diagnostic(
          code: "not-in-plan", "this must be known when the plan is made, and \(expression.source) is not",
          at: expression.span))
      return nil
    }
    return value(of: expression)
  }
}
