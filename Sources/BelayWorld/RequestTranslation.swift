internal import BelayDigest
internal import BelayEngine
internal import BelayHTTP
internal import BelayJournal
internal import BelayKeeper
internal import BelayModel
internal import BelayPostgres
internal import BelayRedis
internal import BelayTransport

/// The clients' words in the engine's, secrets masked before anybody sees them.
struct RequestTranslation {
  let order: EffectOrder
  let masks: MaskPatterns
  let took: TimeSpan

  /// Bytes that stand in the journal.
  private static let keptInline = 4 << 10

  func report(_ outcome: Requests.Outcome) -> EffectReport {
    switch outcome {
    case .http(let outcome): report(outcome)
    case .sql(let outcome): report(outcome)
    case .redis(let outcome): report(outcome)
    case .notStarted(let reason):
      report(NoAnswer(kind: StepFailure.notStarted, message: masks.masked(reason), mayHaveHappened: false))
    }
  }

  /// Of whatever kind it was.
  private func report(_ silence: NoAnswer) -> EffectReport {
    switch order.request {
    case .process, .person:
      let nothing = ProcessResult.Stream(text: "", truncated: false)
      return EffectReport(
        result: ProcessResult(
          ending: .notStarted(silence.message), stdout: nothing, stderr: nothing, duration: took),
        stdout: KeptStream(), stderr: KeptStream())
    case .http(let request):
      var times = HTTPResult.Times()
      times.total = took
      return EffectReport(
        result: .http(HTTPResult(method: request.method, ending: .unanswered(silence), time: times)))
    case .sql: return EffectReport(result: .sql(SQLResult(ending: .unanswered(silence), duration: took)))
    case .redis:
      return EffectReport(
        result: .redis(RedisResult(ending: .unanswered(silence), truncated: false, duration: took)))
    }
  }

  // MARK: HTTP

  private func report(_ outcome: HTTPOutcome) -> EffectReport {
    guard case .http(let request) = order.request else { return report(.foreign) }
    switch outcome.result {
    case .failure(let silence): return report(silence)
    case .success(let reply):
      let body = text(reply.body, isCut: reply.isCut)
      let headers = reply.headers.map { (name: $0.name, value: masks.masked($0.value)) }
      let response = HTTPResult.Response(
        status: reply.status, headers: headers,
        body: ProcessResult.Stream(text: body, truncated: reply.isCut))
      let result = HTTPResult(
        method: request.method, ending: .answered(response), time: times(outcome.times))
      return EffectReport(result: .http(result), answer: kept(body, isCut: reply.isCut))
    }
  }

  private func times(_ times: HTTPOutcome.Times) -> HTTPResult.Times {
    var result = HTTPResult.Times()
    result.dns = TimeSpan(nanoseconds: times.dns)
    result.connect = TimeSpan(nanoseconds: times.connect)
    result.tls = TimeSpan(nanoseconds: times.tls)
    result.firstByte = TimeSpan(nanoseconds: times.firstByte)
    result.total = TimeSpan(nanoseconds: times.total)
    return result
  }

  /// Whoever was asked.
  private func report(_ silence: Silence) -> EffectReport {
    guard silence.kind != .stopped else {
      return report(.stopped(because: silence.message, sent: silence.mayHaveHappened))
    }
    return report(
      NoAnswer(
        kind: silence.kind.rawValue, message: masks.masked(silence.message),
        mayHaveHappened: silence.mayHaveHappened, sqlstate: silence.sqlstate))
  }

  // MARK: SQL

  private func report(_ outcome: PostgresOutcome) -> EffectReport {
    switch outcome {
    case .unanswered(let silence): return report(silence)
    case .refused(let refusal):
      let ending = SQLResult.Ending.refused(
        sqlstate: refusal.sqlstate, message: masks.masked(refusal.message))
      return EffectReport(result: .sql(SQLResult(ending: ending, duration: took)))
    case .answered(let tables): return report(tables.map(table), byReceipt: false)
    case .doneBefore(let receipt): return report(ReceiptTables.read(receipt, table), byReceipt: true)
    }
  }

  private func report(_ tables: [SQLResult.Table], byReceipt: Bool) -> EffectReport {
    let result = SQLResult(ending: .answered(tables, byReceipt: byReceipt), duration: took)
    let text = JSON.array(tables.map(\.json)).text
    return EffectReport(result: .sql(result), answer: kept(text, isCut: false))
  }

  private func table(_ table: PostgresTable) -> SQLResult.Table {
    SQLResult.Table(
      columns: table.columns.map(\.name),
      rows: table.rows.map { row in
        zip(table.columns, row).map { column, text in
          text.map { PostgresValue.value(masks.masked($0), type: column.type) } ?? .null
        }
      }, rowCount: table.rowCount, affected: table.affected, truncated: table.isCut)
  }

  // MARK: Redis

  private func report(_ outcome: RedisOutcome) -> EffectReport {
    switch outcome {
    case .unanswered(let silence): return report(silence)
    case .refused(let command, let message):
      let ending = RedisResult.Ending.refused(command: command, message: masks.masked(message))
      return EffectReport(result: .redis(RedisResult(ending: ending, truncated: false, duration: took)))
    case .answered(let replies, let isCut):
      let values = replies.map(value)
      let text = JSON.array(values.map(\.plainJSON)).text
      return EffectReport(
        result: .redis(RedisResult(ending: .answered(values), truncated: isCut, duration: took)),
        answer: kept(text, isCut: isCut))
    }
  }

  private func value(_ reply: RedisReply) -> Value {
    switch reply {
    case .null, .cut: return .null
    case .bool(let flag): return .bool(flag)
    case .integer(let number): return .int(number)
    case .double(let number): return .double(number)
    case .error(let message): return .string(masks.masked(message))
    case .bytes(let bytes):
      return String(validating: bytes, as: UTF8.self).map { .string(masks.masked($0)) } ?? .bytes(bytes)
    case .list(let items): return .list(items.map(value))
    case .map(let items):
      var map = ValueMap()
      for index in stride(from: 0, to: items.count - 1, by: 2) {
        map[.string(value(items[index]).text)] = value(items[index + 1])
      }
      return .map(map)
    }
  }

  // MARK: What is kept

  /// Masked; what the cut may have taken the end of is masked too.
  private func text(_ bytes: [UInt8], isCut: Bool) -> String {
    if masks.isEmpty { return String(decoding: bytes, as: UTF8.self) }
    var masked: [UInt8] = []
    let masker = Masker(masks)
    bytes.withUnsafeBytes { masker.write($0) { masked.append(contentsOf: $0) } }
    masker.finish(isCut: isCut) { masked.append(contentsOf: $0) }
    return String(decoding: masked, as: UTF8.self)
  }

  /// The beginning, for the journal; a question's is written down only where that is asked for.
  private func kept(_ text: String, isCut: Bool) -> KeptStream {
    guard order.key != nil || order.keepsAnswer, !order.sensitive, !text.isEmpty else { return KeptStream() }
    var head = Substring(text).utf8.prefix(RequestTranslation.keptInline)
    while String(head) == nil { head = head.dropLast() }
    let all = text.utf8
    return KeptStream(
      bytes: all.count, digest: SHA256.digest(all).description, text: String(head) ?? "",
      truncated: isCut || all.count > RequestTranslation.keptInline)
  }
}

extension NoAnswer {
  fileprivate static let foreign = NoAnswer(
    kind: "parse", message: "an answer to another kind of request", mayHaveHappened: true)
}

extension SQLResult.Table {
  fileprivate var json: JSON {
    .object([
      "affected": .int(Int64(affected)), "row_count": .int(Int64(rowCount)),
      "columns": .array(columns.map(JSON.string)),
      "rows": truncated ? nil : .array(rows.map { row in .array(row.map(\.plainJSON)) }),
    ])
  }
}

/// The results that a receipt has kept.
enum ReceiptTables {
  static func read(
    _ text: String?, _ typed: (PostgresTable) -> SQLResult.Table
  ) -> [SQLResult.Table] {
    guard let text, let json = try? JSON(parsing: text.utf8), case .array(let items) = json else { return [] }
    return items.map { typed(table($0)) }
  }

  private static func table(_ json: JSON) -> PostgresTable {
    var table = PostgresTable()
    guard case .map(let members) = Value(plain: json) else { return table }
    if case .int(let count)? = members["affected"] { table.affected = Int(count) }
    if case .int(let count)? = members["row_count"] { table.rowCount = Int(count) }
    guard case .list(let columns)? = members["columns"], case .list(let rows)? = members["rows"] else {
      table.isCut = true
      return table
    }
    table.columns = columns.compactMap { column in
      guard case .list(let pair) = column, pair.count == 2, case .int(let type) = pair[1] else { return nil }
      return PostgresTable.Column(name: pair[0].text, type: UInt32(clamping: type))
    }
    table.rows = rows.map { row in
      guard case .list(let texts) = row else { return [] }
      return texts.map { if case .null = $0 { nil } else { $0.text } }
    }
    return table
  }
}
