import BelayActions
import BelayModel
import Testing

@Suite("The action http") struct HTTPTests {
  private static func url(_ text: String, _ values: [String: Value] = [:]) -> String {
    Actions.preview(Actions.make(HTTPAction.self, .text(text)).action, values)
  }

  static let addresses: [(written: String, value: Value, sent: String)] = [
    ("https://h/a/${{ v }}", "b/c?d=e&f#g%", "https://h/a/b%2Fc%3Fd%3De%26f%23g%25"),
    ("https://h/a?x=${{ v }}&y=1", "b c&d=+/é", "https://h/a?x=b%20c%26d%3D%2B%2F%C3%A9&y=1"),
    ("https://h/${{ v }}.json", "..", "https://h/...json"),
    ("https://${{ v }}/a", "db.example.org:8443", "https://db.example.org:8443/a"),
    ("https://${{ v }}.example.org", "eu-1", "https://eu-1.example.org"),
    ("${{ v }}/health", "https://h.example.org/base/", "https://h.example.org/base/health"),
    ("${{ v }}", "http://[::1]:80/x?y=z", "http://[::1]:80/x?y=z"),
    ("${{ v }}?q=1", "https://h/é", "https://h/%C3%A9?q=1"),
    ("https://h/a//${{ v }}", 7, "https://h/a//7"),
    ("https://h/straße", "", "https://h/stra%C3%9Fe"),
    ("HTTPS://h/%2e", "", "https://h/%2e"),
    ("https://h/${{ v }}", "-._~", "https://h/-._~"),
  ].map { (written: $0.0, value: $0.1, sent: $0.2) }

  @Test("a value is encoded for the place where it stands", arguments: addresses)
  func encoded(_ row: (written: String, value: Value, sent: String)) {
    #expect(Self.url(row.written, ["v": row.value]) == "GET " + row.sent)
  }

  static let hostile: [(written: String, value: Value)] = [
    // Another path than the one that was written.
    ("https://h/users/${{ v }}", ".."), ("https://h/users/${{ v }}/keys", "."),
    ("https://h/users/${{ v }}", ""), ("https://h/users/.${{ v }}", "."),
    ("https://h/users/${{ v }}?x=1", ""),
    // Another host.
    ("https://${{ v }}/a", "evil.example.org/b"), ("https://${{ v }}/a", "user@evil"),
    ("https://${{ v }}.example.org/", "evil.org#"), ("https://${{ v }}.example.org/", "evil.org\\"),
    ("https://${{ v }}/a", ""), ("https://${{ v }}/a", "h\r\nX: y"),
    // Another scheme.
    ("${{ v }}/a", "file:///etc"), ("${{ v }}/a", "h"), ("${{ v }}", "https:///x"), ("${{ v }}", ""),
    ("${{ v }}/a", "https://h/x#y"),
    // No text.
    ("https://h/${{ v }}", .null), ("https://h/${{ v }}", .list(["a"])),
  ].map { (written: $0.0, value: $0.1) }

  @Test("a value that would ask for something else is no URL", arguments: hostile)
  func refused(_ row: (written: String, value: Value)) {
    #expect(Self.url(row.written, ["v": row.value]).hasPrefix("GET (fails: "))
  }

  static let wrong: [(fields: Fields, code: String)] = [
    ("", "bad-url"), ("example.org/health", "bad-url"), ("localhost:8080", "bad-url"),
    ("ftp://h/x", "bad-url"),
    ("https:///x", "bad-url"), ("https://u:p@h/", "bad-url"), ("https://h/a b", "bad-url"),
    ("https://h/x#y", "bad-url"), ("https://h/{id}", "bad-url"), ("https://h/100%", "bad-url"),
    ("https://h/%4", "bad-url"), ("${{ a }}${{ b }}", "bad-url"), ("${{ a }}:8080/", "bad-url"),
    ("http${{ s }}://h/", "bad-url"), ("https://h/<ORDER_ID>", "placeholder"), ([], "wrong-type"),
    (["method": "GET"], "missing-key"), (["url": nil], "wrong-type"),
    (["url": "https://h", "methode": "GET"], "unknown-key"),
    (["url": "https://h", "method": "get"], "bad-value"),
    (["url": "https://h", "method": "PSOT"], "bad-value"),
    (["url": "https://h", "method": "TRACE"], "bad-value"),
    (["url": "https://h", "json": ["a": 1]], "contradiction"),
    (["url": "https://h", "method": "HEAD", "body": "x"], "contradiction"),
    (["url": "https://h", "method": "POST", "json": 1, "form": ["a": "b"]], "contradiction"),
    (["url": "https://h", "headers": ["a b": "c"]], "bad-value"),
    (["url": "https://h", "headers": ["Content-Length": "1"]], "bad-value"),
    (["url": "https://h", "headers": ["A": "1", "a": "2"]], "duplicate-name"),
    (["url": "https://h", "headers": ["a": "b\r\nc: d"]], "bad-value"),
    (["url": "https://h", "headers": ["a": ["b"]]], "wrong-type"),
    (
      ["url": "https://h", "headers": ["Authorization": "${{ t }}"], "auth": ["bearer": "${{ t }}"]],
      "contradiction"
    ),
    (
      ["url": "https://h", "auth": ["bearer": "${{ t }}", "basic": ["user": "a", "password": "${{ p }}"]]],
      "contradiction"
    ),
    (["url": "https://h", "auth": [:]], "missing-key"), (["url": "https://h", "auth": "x"], "wrong-type"),
    (["url": "https://h", "auth": ["basic": ["user": "a"]]], "missing-key"),
    (["url": "https://h", "auth": ["token": "a"]], "unknown-key"),
    (["url": "https://h", "follow": 21], "wrong-type"),
    (["url": "https://h", "follow": "yes"], "wrong-type"),
    (["url": "https://h", "tls": ["key": "k.pem"]], "missing-key"),
    (["url": "https://h", "tls": ["ca": "c", "verify": false]], "contradiction"),
    (["url": "http://h", "tls": ["ca": "c"]], "contradiction"),
  ].map { (fields: $0.0, code: $0.1) }

  @Test("is refused", arguments: wrong)
  func mistakes(_ row: (fields: Fields, code: String)) {
    let (action, diagnostics) = Actions.make(HTTPAction.self, row.fields)
    #expect(action == nil)
    #expect(diagnostics.filter { $0.severity == .error }.map(\.code) == [row.code])
  }

  @Test("whole, as it is sent")
  func whole() {
    let (action, diagnostics) = Actions.make(
      HTTPAction.self,
      [
        "method": "POST", "url": "https://h/v1?a=b",
        "query": ["n": ["1", "${{ n }}"], "tag": "${{ tags }}"],
        "headers": ["X-Run": "r ${{ n }}"], "auth": ["bearer": "${{ token }}"],
        "json": ["$set": "${{ n }}", "text": "n=${{ n }}", "later": "${{ later }}", "list": [1, true, nil]],
        "follow": 3, "tls": ["ca": "ca.pem", "cert": "c.pem", "key": "k.pem"],
      ])
    #expect(diagnostics == [])
    let shown = Actions.preview(action, ["n": 5, "tags": .list(["x", "y&z"])])
    #expect(
      shown == """
        POST https://h/v1?a=b&n=1&n=5&tag=x&tag=y%26z with a JSON body of 4 fields
        X-Run: r 5
        as the bearer of (known after token)
        {"$set":5,"text":"n=5","later":"(known after later)","list":[1,true,null]}
        follows up to 3 redirects · trusts ca.pem only · with the certificate c.pem
        """)
    let form = Actions.make(
      HTTPAction.self,
      [
        "method": "PUT", "url": "https://h", "form": ["a b": "c=${{ n }}&"],
        "auth": ["basic": ["user": "ada", "password": "${{ p }}"]], "tls": ["verify": false],
        "follow": "${{ f }}",
      ])
    #expect(
      Actions.preview(form.action, ["n": 1]) == """
        PUT https://h with a form of 1 field
        as ada with the password (known after p)
        a%20b=c%3D1%26
        follows redirects: (known after f) · TAKES ANY CERTIFICATE
        """)
  }

  @Test("a credential in the file, and a number that is sent as another, are warned of")
  func warnings() {
    let (action, diagnostics) = Actions.make(
      HTTPAction.self,
      [
        "url": "https://h", "method": "POST", "auth": ["basic": ["user": "a", "password": "p"]],
        "json": ["version": .scalar(.double(1.1))],
      ])
    #expect(action != nil && diagnostics.map(\.code) == ["secret-in-file"])
    let tree = TemplateTree(.scalar(.double(1.1), text: "1.10"), at: Actions.place)
    var found: [Diagnostic] = []
    let source = ActionSource(
      keyword: "http", keywordSpan: Actions.place,
      fields: TemplateTree(
        .map([
          TemplateTree.Entry(key: "method", keySpan: Actions.place, value: Fields.text("POST").tree),
          TemplateTree.Entry(key: "url", keySpan: Actions.place, value: Fields.text("https://h").tree),
          TemplateTree.Entry(key: "json", keySpan: Actions.place, value: tree),
        ]), at: Actions.place))
    #expect(HTTPAction(source, diagnostics: &found) != nil && found.map(\.code) == ["number-loses-digits"])
  }

  @Test(
    "GET and HEAD ask, everything else may change something",
    arguments: [
      ("GET", true), ("HEAD", true), ("POST", false), ("OPTIONS", false), ("PURGE", false),
      ("${{ m }}", false),
    ])
  func effect(_ method: String, _ reads: Bool) {
    let action = Actions.make(HTTPAction.self, ["url": "https://h", "method": .text(method)]).action
    #expect(action?.effect.isRead == reads && action?.effect.isWrite == !reads)
  }

  @Test("secrets stand in headers, in auth, in json and form, and as a whole URL")
  func secrets() {
    let places: [([String], Bindable)] = [
      ([], .wholeSecret), (["url"], .wholeSecret), (["headers", "x"], .secrets),
      (["auth", "basic", "password"], .secrets), (["json", "a"], .secrets), (["form", "a"], .secrets),
      (["query", "a"], .values),
      (["body"], .values), (["tls", "key"], .values),
    ]
    for (path, bindable) in places { #expect(HTTPAction.bindable(at: path) == bindable, "\(path)") }
  }
}
