import Glibc
import TestFiles

/// The stand-in for a server of HTTP that misbehaves, beside a sandbox.
struct OddServer {
  let sandbox: Sandbox
  private let process: Child
  private let ports: [Int]

  static let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Servers"

  init(_ sandbox: Sandbox) throws {
    self.sandbox = sandbox
    let made = try sandbox.execute([
      "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out",
      "cert.pem",
    ]).wait()
    guard made.status == 0 else { throw Trouble("no certificate: \(made.error)") }
    process = try sandbox.execute([
      "/usr/bin/python3", OddServer.folder + "/odd.py", sandbox.project, "cert.pem", "key.pem",
    ])
    try sandbox.repeated("the server's ports") { sandbox.exists("ports") }
    ports = sandbox.text("ports").split(separator: " ").compactMap { Int($0) }
  }

  var http: String { "http://127.0.0.1:\(ports[0])" }
  var https: String { "https://localhost:\(ports[2])" }
  var noTLS: String { "https://127.0.0.1:\(ports[3])" }

  /// `POST /silent -`, in the order in which they arrived.
  var requests: [String] { sandbox.lines("requests") }

  func requests(of path: String) -> [String] { requests.filter { $0.split(separator: " ")[1] == path } }
}
