import Glibc
import TestFiles
import Testing

@Suite("Commands for a real Redis") struct RedisTests {
  private struct Server {
    let sandbox: Sandbox
    let process: Child
    let url: String
    let secureURL: String
  }

  private func server() throws -> Server {
    let sandbox = try Sandbox()
    let made = try sandbox.execute([
      "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem",
    ]).wait()
    guard made.status == 0 else { throw Trouble("no certificate: \(made.error)") }
    let ports = try sandbox.execute([
      "/usr/bin/python3", "-c",
      "import socket; a, b = (socket.create_server(('127.0.0.1', 0)) for _ in '12'); print(a.getsockname()[1], b.getsockname()[1])",
    ]).wait().output.split(whereSeparator: \.isWhitespace).map(String.init)
    let process = try sandbox.execute([
      "/usr/bin/redis-server", "--port", ports[0], "--bind", "127.0.0.1", "--save", "", "--requirepass",
      "open-sesame-now", "--tls-port", ports[1], "--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem",
      "--tls-ca-cert-file", "cert.pem", "--tls-auth-clients", "no",
    ])
    try sandbox.repeated("Redis") {
      try sandbox.execute(["/usr/bin/redis-cli", "-p", ports[0], "ping"]).wait().status == 0
    }
    try sandbox.execute(["/bin/mkdir", "-p", "playbooks/environments"]).wait()
    sandbox.write("belay: 1\nsecrets: { redis: { env: REDIS } }\n", to: "playbooks/environments/e.yaml")
    return Server(
      sandbox: sandbox, process: process, url: "redis://:open-sesame-now@127.0.0.1:\(ports[0])/1",
      secureURL: "rediss://:open-sesame-now@localhost:\(ports[1])")
  }

  private func run(_ server: Server, _ steps: String, url: String? = nil) throws -> End {
    server.sandbox.write("belay: 1\nsteps:\n\(steps)\n", to: "playbooks/p.yaml")
    return try server.sandbox.belay("run", "p", "-e", "e", variables: ["REDIS": url ?? server.url])
  }

  @Test("answers have types, arguments arrive unchanged, the password is seen nowhere")
  func answers() throws {
    let server = try server()
    let end = try run(
      server,
      #"""
        - step: fill
          redis:
            url: "${{ secrets.redis }}"
            commands:
              - [SET, '${{ "a key\r\nDEL x" }}', "${{ 'é ☃' }}"]
              - [HSET, h, one, "1"]
              - [RPUSH, l, "${{ ['x', 'y'] }}"]
          expect: value[0] == "OK" && value[1] == 1 && value[2] == 2
          rollback: nothing
        - check: read
          redis: { url: "${{ secrets.redis }}", commands: [[GET, '${{ "a key\r\nDEL x" }}'], [HGETALL, h], [LRANGE, l, "0", "-1"], [GET, none]] }
          expect: 'value == ["é ☃", {"one": "1"}, ["x", "y"], null]'
      """#)
    #expect(end.status == 0, "\(end)")
    let found = try server.sandbox.execute(["/bin/grep", "-rlaF", "open-sesame-now", server.sandbox.home])
      .wait()
    #expect(found.status == 1, "\(found.output)")
  }

  @Test("a refusal is a definite failure, silence after a write is doubt, a wrong password sends nothing")
  func endings() throws {
    let server = try server()
    let wrong =
      #"- { step: wrong, redis: { url: "${{ secrets.redis }}", commands: [[SET, k, v], [LPUSH, k, x]] }, rollback: nothing }"#
    let refused = try run(server, "  " + wrong)
    #expect(refused.status == 1 && refused.output.contains("LPUSH: WRONGTYPE"), "\(refused)")
    let waits =
      #"- { step: waits, redis: { url: "${{ secrets.redis }}", commands: [[BLPOP, nobody, "0"]] }, timeout: 1s, rollback: nothing }"#
    #expect(try run(server, "  " + waits).status == 3)
    let login = try run(server, "  " + wrong, url: server.url.replacing("sesame", with: "nonsense"))
    #expect(login.status == 1 && login.output.contains("Redis refuses the connection"), "\(login)")
    let tls = try run(server, "  " + wrong, url: server.secureURL)
    #expect(tls.status == 1 && tls.output.contains("certificate"), "its certificate is its own: \(tls)")
  }
}
