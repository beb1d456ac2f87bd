internal import BelayModel

// What `http` takes as a map.
extension HTTPAction {
  static let bodies = ["json", "form", "body"]

  static let table = KeyTable(
    [
      Key("method", .form("^(?!(CONNECT|TRACE)$)[A-Z]+$", example: "POST"), "GET if nothing is said."),
      Key("url", .text, isRequired: true, "Where; values are percent-encoded in its path and query."),
      Key("headers", .map(names: .texts, .text), "By name. Secrets may be bound."),
      Key("query", .map(names: .texts, .oneOrMany(.text)), "Added to the URL, percent-encoded."),
      Key("json", .any, "A body of JSON; values keep their types."),
      Key("form", .map(names: .texts, .oneOrMany(.text)), "A body as forms send it."),
      Key("body", .text, "A body as it is."),
      Key("auth", .table(KeyTable(authKeys, [.exactlyOne(["bearer", "basic"])])), "Who asks."),
      Key(
        "follow", .bindable(.either([.boolean, .integer(0...mostRedirects)])),
        "Whether redirects are followed, or how many at most."),
      Key(
        "tls", .table(KeyTable(trustKeys, [.needs("key", oneOf: ["cert"])])), "Whom to trust, and who asks."),
    ],
    [.atMostOne(bodies), .when("method", is: [.string("GET"), .string("HEAD")], .init(excludes: bodies))])

  static let authKeys = [
    Key("bearer", .text, "A token: ${{ secrets.token }}."),
    Key("basic", .table(KeyTable(basicKeys)), "A user and a password."),
  ]

  static let basicKeys = [
    Key("user", .text, isRequired: true, "The user's name."),
    Key("password", .text, isRequired: true, "The password: ${{ secrets.password }}."),
  ]

  static let trustKeys = [
    Key("ca", .text, "A file with the authorities to trust, in place of the machine's."),
    Key("cert", .text, "A file with the certificate of who asks."),
    Key("key", .text, "A file with the key of that certificate."),
    Key("verify", .bindable(.boolean), "False: the other side is not proven to be who it says."),
  ]
}
