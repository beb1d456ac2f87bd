internal import BelayTransport
internal import CPostgres
private import Glibc

/// A connection that is used by one thread, and waits for PostgreSQL no longer than it may.
///
/// - Source: libpq, "Asynchronous Command Processing" and "Database Connection Control Functions".
final class Connection {
  typealias Interruption = Patience.Interruption

  private let handle: OpaquePointer
  private let patience: Patience

  /// Connects.
  ///
  /// - Throws: what stood in the way, in libpq's words.
  init(_ url: String, database: String?, patience: Patience) throws(Interruption) {
    self.patience = patience
    var settings = [("dbname", url)]
    // Of two the first may be a URL, and the second is a name.
    if let database { settings.append(("dbname", database)) }
    settings += [("client_encoding", "UTF8"), ("fallback_application_name", "belay")]
    let handle = Connection.start(settings)
    guard let handle else { throw .broken("no memory for a connection") }
    self.handle = handle
    belay_pq_silence(handle)
    belay_pq_tell_codes(handle)
    guard belay_PQstatus(handle) != CONNECTION_BAD else { throw refusal }
    var wanted = PGRES_POLLING_WRITING
    while wanted != PGRES_POLLING_OK {
      try wait(wanted == PGRES_POLLING_READING ? Int16(POLLIN) : Int16(POLLOUT))
      wanted = belay_PQconnectPoll(handle)
      if wanted == PGRES_POLLING_FAILED { throw refusal }
    }
    belay_PQsetnonblocking(handle, 1)
  }

  deinit { belay_PQfinish(handle) }

  private static func start(_ settings: [(String, String)]) -> OpaquePointer? {
    let keywords = settings.map { strdup($0.0) }
    let values = settings.map { strdup($0.1) }
    defer { for text in keywords + values { free(text) } }
    let names = keywords.map { UnsafePointer<CChar>($0) } + [nil]
    let texts = values.map { UnsafePointer<CChar>($0) } + [nil]
    return belay_PQconnectStartParams(names, texts, 1)
  }

  /// libpq's last words, on one line, without the codes and places in PostgreSQL's sources that it was asked for.
  private var words: String { lines.map { Connection.withoutCode($0) ?? $0 }.joined(separator: "; ") }

  private var lines: [String] {
    let text = String(cString: belay_PQerrorMessage(handle))
    return text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("LOCATION:") }
  }

  /// Of several servers that were tried the last one's answer counts, if it has given one.
  private var refusal: Interruption {
    guard let last = lines.last, let code = Connection.code(in: last) else { return .broken(words) }
    return .turnedAway(String(last[code]), words)
  }

  /// `… failed: FATAL:  53300: sorry, too many clients already`
  ///
  /// - Source: libpq, PQsetErrorVerbosity; PostgreSQL, appendix A: five digits or capital letters.
  private static func code(in line: String) -> Range<String.Index>? {
    guard let gap = line.firstRange(of: ":  ") else { return nil }
    let rest = line[gap.upperBound...]
    let code = rest.prefix(5)
    guard code.count == 5, rest.dropFirst(5).hasPrefix(": "),
      code.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) })
    else { return nil }
    return code.startIndex..<code.endIndex
  }

  private static func withoutCode(_ line: String) -> String? {
    code(in: line).map { line[..<$0.lowerBound] + line[$0.upperBound...].dropFirst(2) }.map { String($0) }
  }

  /// In a transaction that has not failed.
  var isInTransaction: Bool { belay_PQtransactionStatus(handle) == PQTRANS_INTRANS }

  /// Sends a statement; its answer has to be read before the next one.
  func send(_ text: String, _ parameters: [String?] = []) throws(Interruption) {
    let copies = parameters.map { parameter in parameter.map { strdup($0) } ?? nil }
    defer { for copy in copies { free(copy) } }
    let values = copies.map { UnsafePointer<CChar>($0) }
    guard belay_PQsendQueryParams(handle, text, Int32(values.count), nil, values, nil, nil, 0) == 1 else {
      throw .broken(words)
    }
    // Rows come one by one: an answer may be longer than memory.
    belay_PQsetSingleRowMode(handle)
    while true {
      switch belay_PQflush(handle) {
      case 0: return
      case 1: try wait(Int16(POLLOUT) | Int16(POLLIN))
      default: throw .broken(words)
      }
      guard belay_PQconsumeInput(handle) == 1 else { throw .broken(words) }
    }
  }

  /// The next part of the answer; nil: that was all.
  func next() throws(Interruption) -> Answer? {
    while belay_PQisBusy(handle) == 1 {
      try wait(Int16(POLLIN))
      guard belay_PQconsumeInput(handle) == 1 else { throw .broken(words) }
    }
    guard let result = belay_PQgetResult(handle) else { return nil }
    let answer = Answer(result)
    // The server's last words before it goes are an answer, and the connection has ended all the same.
    if answer.refusal != nil, belay_PQstatus(handle) == CONNECTION_BAD {
      throw .broken(answer.refusal?.message ?? words)
    }
    return answer
  }

  private func wait(_ events: Int16) throws(Interruption) {
    try patience.wait(for: belay_PQsocket(handle), events)
  }

  /// Asks the server to give up what it does. May take long, and is waited for by nobody.
  func cancel() {
    guard let cancel = belay_PQgetCancel(handle) else { return }
    var error = [CChar](repeating: 0, count: 256)
    _ = belay_PQcancel(cancel, &error, 256)
    belay_PQfreeCancel(cancel)
  }
}

/// One part of an answer: a row, or the end of a statement.
final class Answer {
  private let result: OpaquePointer

  init(_ result: OpaquePointer) { self.result = result }
  deinit { belay_PQclear(result) }

  var isRow: Bool { belay_PQresultStatus(result) == PGRES_SINGLE_TUPLE }

  /// The statement talks to the client by a protocol of its own.
  var isCopy: Bool {
    [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(belay_PQresultStatus(result))
  }

  /// `COMMIT`, `INSERT 0 1`.
  var tag: String { String(cString: belay_PQcmdStatus(result)) }

  /// Rows that were written; what the tag of a SELECT counts was read.
  var affected: Int {
    let isWrite = ["INSERT", "UPDATE", "DELETE", "MERGE"].contains { tag.hasPrefix($0) }
    return isWrite ? Int(String(cString: belay_PQcmdTuples(result))) ?? 0 : 0
  }

  var refusal: PostgresRefusal? {
    switch belay_PQresultStatus(result) {
    case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
      let words = [field("M"), field("D"), field("H")].compactMap(\.self)
      return PostgresRefusal(
        sqlstate: field("C") ?? "",
        message: words.isEmpty ? "an error without words" : words.joined(separator: "; "))
    default: return nil
    }
  }

  /// - Source: PQresultErrorField: the letters of the protocol's fields.
  private func field(_ letter: Unicode.Scalar) -> String? {
    belay_PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
  }

  var columns: [PostgresTable.Column] {
    (0..<belay_PQnfields(result)).map { column in
      PostgresTable.Column(
        name: String(cString: belay_PQfname(result, column)), type: belay_PQftype(result, column))
    }
  }

  /// Of the only row.
  var values: [String?] {
    (0..<belay_PQnfields(result)).map { column in
      guard belay_PQgetisnull(result, 0, column) == 0, let text = belay_PQgetvalue(result, 0, column) else {
        return nil
      }
      let length = Int(belay_PQgetlength(result, 0, column))
      return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }
  }

  var size: Int { (0..<belay_PQnfields(result)).reduce(0) { $0 + Int(belay_PQgetlength(result, 0, $1)) } }
}
