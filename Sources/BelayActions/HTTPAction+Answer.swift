public import BelayModel

// What conditions see of a response.
extension HTTPAction {
  public func answer(_ result: EffectResult, isRepeat: Bool) -> ActionAnswer {
    guard case .http(let http) = result else { return .foreign(to: HTTPAction.keyword) }
    switch http.ending {
    case .unanswered(let silence): return ActionAnswer(silence)
    case .answered(let response): return answer(response, of: http, isRepeat)
    }
  }

  private func answer(
    _ response: HTTPResult.Response, of http: HTTPResult, _ isRepeat: Bool
  ) -> ActionAnswer {
    var answer = ActionAnswer(
      fields: HTTPAction.fields(of: response, http), failure: nil, answered: true, definite: true)
    answer.verdictField = "status"
    if response.body.truncated {
      answer.absent["json"] = "the body was not kept as a whole"
    } else {
      ProcessAnswer.addJSON(response.body.text, of: "the body", to: &answer)
    }
    // What was to be deleted is not there: an earlier attempt has got through.
    let isGone = isRepeat && http.method == "DELETE" && [404, 410].contains(response.status)
    guard !(200..<300).contains(response.status), !isGone else { return answer }
    answer.failure = StepFailure(
      kind: "", message: HTTPAction.words(for: response), retryAfter: RetryAfter.span(in: response))
    switch response.status {
    case 429: answer.inconclusive = .inQuestions
    // Of who stands between, not of who was asked.
    case 502, 504: answer.inconclusive = .always
    default: break
    }
    return answer
  }

  private static func fields(of response: HTTPResult.Response, _ http: HTTPResult) -> ValueMap {
    var headers = ValueMap()
    for header in response.headers {
      let before = headers[header.name].map { "\($0.text), " } ?? ""
      headers[header.name] = .string(before + header.value)
    }
    let time: ValueMap = [
      "dns": .duration(http.time.dns), "connect": .duration(http.time.connect),
      "tls": .duration(http.time.tls), "first_byte": .duration(http.time.firstByte),
      "total": .duration(http.time.total),
    ]
    return [
      "status": .int(Int64(response.status)), "headers": .map(headers),
      "body": .string(response.body.text), "time": .map(time),
    ]
  }

  /// With the beginning of what it says.
  private static func words(for response: HTTPResult.Response) -> String {
    if let place = response.headers.last(where: { $0.name == "location" })?.value {
      return "status \(response.status), which leads to \(place.prefix(200))"
    }
    let said = response.body.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let rest = said.unicodeScalars.count > 200 ? "…" : ""
    return said.isEmpty
      ? "status \(response.status)"
      : "status \(response.status): \(String(said.unicodeScalars.prefix(200)))\(rest)"
  }
}

/// How long a server asks to be left alone.
///
/// - Source: RFC 9110, sections 10.2.3 and 5.6.7: seconds, or a date, which is compared with the response's own.
enum RetryAfter {
  static func span(in response: HTTPResult.Response) -> TimeSpan? {
    guard let text = response.headers.last(where: { $0.name == "retry-after" })?.value else { return nil }
    if let seconds = Int64(text) { return .seconds(min(max(0, seconds), 1 << 30)) }
    guard let then = moment(text), let date = response.headers.last(where: { $0.name == "date" }),
      let now = moment(date.value), let span = then.since(now)
    else { return nil }
    return max(.zero, span)
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Sun, 06 Nov 1994 08:49:37 GMT`
  private static func moment(_ text: String) -> Timestamp? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT",
      let month = months.firstIndex(where: { $0 == words[2] })
    else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp(text: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
  }
}
