public import BelayModel

/// `http:` one request: a URL, or a map of
///
/// - `method`: `GET` if nothing is said; `url`: of http or https; `query`, `headers`: names to texts, a list in `query`
///   is sent once for each item;
/// - one of `json`: any data, a value that is bound alone keeps its type; `form`: names to texts; `body`: a text;
/// - `auth`: `bearer`, or `basic` with `user` and `password`;
/// - `follow`: `false`; `true` for at most 10 redirects, or how many; never to another scheme than http and https, and
///   without the credentials to another host;
/// - `tls`: `ca`, a file of the certificates that are trusted instead of the system's; `cert` and `key`, PEM files of the
///   client; `verify: false` takes any certificate.
///
/// It answers `status`, `headers` (names in small letters), `body`, `json` and `time`, in which `dns connect tls first_byte
/// total` are durations from the start.
public struct HTTPAction: Action {
  public static let keyword = "http"
  public static let summary = "A request. In a check GET or HEAD; values are encoded for their place."
  public static let shape = Shape.either([.text, .table(table)])
  public static let results = [
    ResultField("status", "int"), ResultField("headers", "map"), ResultField("body", "string"),
    ResultField("json", "dyn"), ResultField("time", "map"),
  ]

  public static func defaultTimeout(inCheck: Bool) -> TimeSpan? { .seconds(30) }

  public static func bindable(at path: [String]) -> Bindable {
    switch path.first {
    case nil, "url": .wholeSecret
    case "headers", "auth", "json", "form": .secrets
    default: .values
    }
  }

  public static let secretHelp: String? = "only 'headers', 'auth', 'json', 'form' and a whole 'url' take one"

  enum Content {
    case json(TemplateTree)
    case form([HTTPPair])
    case text(Template)
  }

  enum Credentials {
    case bearer(Template)
    case basic(user: Template, password: Template)
  }

  /// Where certificates come from.
  struct Trust {
    var authorities: Template?
    var certificate: Template?
    var key: Template?
    var verify: Scalar<Bool>?
  }

  var method: Template
  /// Whether the method was written.
  var hasMethod = false
  var address: HTTPAddress
  var query: [HTTPPair] = []
  var headers: [(name: String, text: Template)] = []
  var content: Content?
  var credentials: Credentials?
  /// Redirects that it follows.
  var follow: Scalar<Int>?
  var trust: Trust?
  public let templates: [Template]

  public init?(_ source: ActionSource, diagnostics: inout [Diagnostic]) {
    templates = source.fields.templates
    if let url = source.fields.asTemplate {
      method = Template(literal: "GET", at: url.span)
      address = HTTPAddress(url)
      let found = Placeholder.diagnostics(in: url)
      diagnostics += found
      if let mistake = address.mistake, found.isEmpty { diagnostics.append(mistake) }
      if !found.isEmpty || address.mistake != nil { return nil }
      return
    }
    guard var fields = ActionFields(source.fields, of: HTTPAction.keyword) else {
      diagnostics.append(
        Diagnostic(
          code: "wrong-type", "'http' takes a URL or a map", at: source.fields.span,
          help: "http: https://example.org/health"))
      return nil
    }
    let url = fields.required("url", help: "url: https://…").flatMap { fields.text($0) }
    method = Template(literal: "GET", at: source.keywordSpan)
    address = HTTPAddress(url ?? Template(literal: "https://unknown", at: source.fields.span))
    read(&fields, url)
    diagnostics += fields.diagnostics
    if fields.hasErrors { return nil }
  }

  public var effect: ActionEffect {
    switch method.literal {
    case "GET", "HEAD": .read
    case let literal?:
      .write(
        ActionEffect.Write(
          "a \(literal) writes", at: method.span,
          help:
            "write it as a step; a \(literal) that only reads stands in an action file with 'effect: read'",
          mayAsk: true))
    case nil:
      .write(
        ActionEffect.Write(
          "nobody can tell which method this is", at: method.span, help: "write GET or HEAD", mayAsk: true))
    }
  }

  /// A GET or HEAD can always be asked again; PUT and DELETE are repeated only where the author says so.
  public var repetition: Repetition { ["GET", "HEAD"].contains(method.literal) ? .harmless : .unknown }
}

/// A name and what is sent under it, once or several times.
struct HTTPPair {
  var name: String
  var values: [Template]

  /// As `name=value`, percent-encoded; a list that is bound alone becomes several.
  func texts(
    _ look: (Expression) throws(StepFailure) -> ShownValue
  ) throws(StepFailure) -> [String] {
    var texts: [String] = []
    for value in values {
      if let whole = value.whole, case .known(.list(let items)) = try look(whole) {
        for item in items { texts.append(HTTPEncoding.percent(try HTTPEncoding.scalar(item, of: whole))) }
        continue
      }
      var text = ""
      for segment in value.segments {
        switch segment {
        case .text(let literal): text += HTTPEncoding.percent(literal)
        case .expression(let expression):
          let shown = try look(expression)
          guard case .known(let known) = shown else {
            text += shown.text
            continue
          }
          text += HTTPEncoding.percent(try HTTPEncoding.scalar(known, of: expression))
        }
      }
      texts.append(text)
    }
    return texts.map { "\(HTTPEncoding.percent(name))=\($0)" }
  }
}
