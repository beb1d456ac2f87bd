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

  /// Each with what makes it answer otherwise.
  private static let probed = """
    belay: 1
    steps:
      - { check: web, http: "${{ environment.vars.web }}/ok", expect: json.status == "healthy", within: 1h }
      - { check: rows, sql: { url: "${{ secrets.db }}", query: select 41 + 1 as answer }, expect: value == 42, stays_for: 1h }
      - { check: cache, redis: { url: "${{ secrets.redis }}", commands: [[PING]] }, expect: 'value[0] == "PONG"' }
      - { check: asked, uses: ask, with: { path: ok } }
      - { check: script, run: "test -e up" }
      - { check: look, manual: Is it well? }
      - { step: change, run: "echo $KEY >> done", env: { KEY: "${{ secrets.none }}" }, rollback: nothing }
      - { check: changed, uses: ask, with: { path: ok } }
    """

  @Test("a probe asks HTTP, SQL and Redis for real, and says of each whether it holds")
  func probe() throws {
    let server = try server()
    let sandbox = server.sandbox
    let web = try OddServer(try Sandbox())
    try sandbox.execute(["/bin/mkdir", "-p", "playbooks/actions"]).wait()
    sandbox.write(
      """
      belay: 1
      vars: { web: "\(web.http)" }
      secrets: { redis: { env: REDIS }, db: { env: DB }, none: { env: NOT_SET } }
      """, to: "playbooks/environments/e.yaml")
    sandbox.write(
      """
      belay: 1
      effect: read
      params: { path: { type: string } }
      http: "${{ environment.vars.web }}/${{ params.path }}"
      expect: status == 200
      """, to: "playbooks/actions/ask.yaml")
    sandbox.write(RedisTests.probed, to: "playbooks/p.yaml")
    sandbox.write("", to: "up")
    let values = ["REDIS": server.url, "DB": try Postgres.url()]
    for command in ["plan", "run"] {
      let go = try sandbox.belay(command, "p", "-e", "e", "--probe", variables: values)
      #expect(go.status == 0, "\(go)")
      #expect(
        go.lines.suffix(9) == [
          "  run as a question on the author's word: script: test -e up",
          "  pass  web", "  pass  rows", "  pass  cache", "  pass  asked", "  pass  script",
          "  not asked  look  a person is asked",
          "  not asked  changed  after change",
          "go: 5 of 5 checks hold, 2 later",
        ], "\(go.output)")
    }
    #expect(!sandbox.exists("done") && access(sandbox.store, F_OK) != 0)
    let down = [
      "REDIS":
        "redis://:wrong-password@127.0.0.1:\(server.url.split(separator: ":").last?.split(separator: "/").first ?? "")",
      "DB": "postgresql://postgres@127.0.0.1:1/postgres",
    ]
    let no = try sandbox.belay("plan", "p", "-e", "e", "--probe", variables: down)
    #expect(no.status == 6, "\(no)")
    let said = no.lines.suffix(8)
    #expect(said.contains("  pass  web") && said.last == "no-go: 3 of 5 checks hold, 2 later", "\(no.output)")
    #expect(
      said.contains { $0.hasPrefix("  unknown  rows  ") }
        && said.contains { $0.hasPrefix("  unknown  cache  ") })
    #expect(!no.output.contains("wrong-password"))
  }
}
