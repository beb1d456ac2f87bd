import Glibc
import Testing

@Suite("Requests over HTTP") struct HTTPTests {
  private func run(_ steps: String, _ also: String = "") throws -> (End, OddServer) {
    let sandbox = try Sandbox()
    let server = try OddServer(sandbox)
    let text = "belay: 1\n\(also)steps:\n\(steps)\n"
      .replacing("HTTPS", with: server.https).replacing("NOTLS", with: server.noTLS)
      .replacing("HTTP", with: server.http)
    sandbox.write(text, to: "playbooks/p.yaml")
    return (try sandbox.belay("run", "p"), server)
  }

  @Test("a check reads status, headers, body, JSON and times")
  func answers() throws {
    let (end, server) = try run(
      """
        - check: healthy
          http: HTTP/ok
          expect:
            - status == 200 && json.status == "healthy"
            - headers["content-type"] == "application/json" && body.startsWith("{")
            - time.total > duration("0s") && time.total >= time.first_byte
        - check: asked
          http: { method: GET, url: HTTP/echo, query: { q: "a b&c=d" }, headers: { x-own: "1" } }
          expect: json.path == "/echo?q=a%20b%26c%3Dd" && json.headers["x-own"] == "1"
        - step: told
          http: { method: POST, url: HTTP/echo, json: { number: "${{ 1 + 1 }}" } }
          expect: 'json.body == "{\\"number\\":2}" && json.headers["Content-Type"] == "application/json"'
          rollback: nothing
      """)
    #expect(end.status == 0, "\(end)")
    #expect(server.requests.last?.contains("/told/1") == true, "a write carries its key: \(server.requests)")
  }

  @Test(
    "a write that was sent and not answered is in doubt, and the run holds",
    arguments: ["silent", "half", "reset", "gateway"])
  func doubt(path: String) throws {
    let (end, server) = try run(
      """
        - step: order
          http: { method: POST, url: HTTP/\(path), json: {} }
          retry: { attempts: 3, delay: 1s }
          timeout: 2s
          rollback: nothing
      """)
    #expect(end.status == 3, "\(end)")
    #expect(server.requests(of: "/\(path)").count == 1, "sent once: \(server.requests)")
  }

  @Test("what was never sent is a definite failure", arguments: ["http://127.0.0.1:1", "NOTLS", "HTTPS"])
  func notSent(url: String) throws {
    let (end, server) = try run(
      """
        - step: order
          http: { method: POST, url: \(url)/ok, json: {} }
          timeout: 5s
          rollback: nothing
      """)
    #expect(end.status == 1, "\(end)")
    #expect(server.requests.isEmpty)
  }

  @Test("redirects end: in circles, at files, and without credentials elsewhere")
  func redirects() throws {
    let (end, server) = try run(
      """
        - { check: circle, http: { method: GET, url: HTTP/circle, follow: 5 }, fail_if: 'error.kind == "limit"', on_failure: continue }
        - { check: file, http: { method: GET, url: HTTP/file, follow: true }, fail_if: 'error.kind == "limit"', on_failure: continue }
        - { check: plain, http: HTTP/here, expect: 'status == 307 && headers.location == "/echo"' }
        - check: elsewhere
          http: { method: GET, url: HTTP/elsewhere, follow: true, headers: { authorization: "${{ 'Bearer x' }}" } }
          expect: '!("Authorization" in json.headers)'
        - step: moved
          http: { method: POST, url: HTTP/here, follow: true, body: text, auth: { basic: { user: ada, password: "${{ 'pass' + 'word' }}" } } }
          expect: 'json.method == "POST" && json.body == "text" && json.headers.Authorization.startsWith("Basic ")'
          rollback: nothing
      """)
    #expect(end.status == 0, "\(end)")
    #expect(server.requests(of: "/circle").count == 6)
    #expect(end.output.contains("circle: failed") && end.output.contains("file: failed"), "\(end.output)")
  }

  @Test("a gigabyte is read in flat memory, and only its beginning is kept")
  func huge() throws {
    let (end, _) = try run(
      """
        - check: huge
          http: HTTP/huge
          expect: status == 200 && size(body) == 1048576
          timeout: 1m
        - check: itself
          run: |
            for process in /proc/[0-9]*; do
              if [ "$(readlink "$process/exe")" = "$ENGINE" ] && grep -qz "^HOME=$HOME$" "$process/environ"; then
                grep VmHWM "$process/status" | tr -dc 0-9
              fi
            done
          env: { ENGINE: "\(Sandbox.belay)" }
          expect: int(stdout) < 150000
      """)
    #expect(end.status == 0, "\(end)")
  }

  @Test("TLS: a certificate of its own is trusted where that is said, any where that is said")
  func trust() throws {
    let (end, _) = try run(
      """
        - { check: own, http: { method: GET, url: HTTPS/ok, tls: { ca: cert.pem } } }
        - { check: any, http: { method: GET, url: HTTPS/ok, tls: { verify: false } } }
        - { check: none, http: HTTPS/ok, fail_if: 'error.kind == "tls"', on_failure: continue }
      """)
    #expect(end.status == 0 && end.output.contains("none: failed"), "\(end)")
  }

  @Test("429 is no answer to a check and a failure of a step, which waits as long as it was asked to")
  func busy() throws {
    let (end, server) = try run(
      """
        - step: order
          http: { method: POST, url: HTTP/busy, json: {} }
          retry: { attempts: 2, delay: 1ms }
          rollback: nothing
        - { check: late, http: HTTP/gateway, on_failure: continue }
      """)
    #expect(end.status == 0 && end.output.contains("late: unknown"), "\(end)")
    #expect(server.requests(of: "/busy").map { $0.last } == ["1", "2"], "a key for each: \(server.requests)")
  }

  @Test("a DELETE that is repeated takes 404 for done")
  func gone() throws {
    let (end, server) = try run(
      """
        - step: remove
          http: { method: DELETE, url: HTTP/gone }
          idempotent: true
          rollback: nothing
      """)
    #expect(end.status == 0, "\(end)")
    #expect(server.requests(of: "/gone").count == 2)
  }

  @Test("an engine that dies while it waits: a GET is asked again, a POST is in doubt")
  func killed() throws {
    let sandbox = try Sandbox()
    let server = try OddServer(sandbox)
    sandbox.write(
      """
      belay: 1
      steps:
        - { step: order, http: { method: POST, url: \(server.http)/silent }, verify: { http: \(server.http)/ok }, rollback: nothing }
        - { step: again, http: { method: POST, url: \(server.http)/half }, rollback: nothing }
      """, to: "playbooks/p.yaml")
    let engine = try sandbox.start("run", "p")
    try sandbox.repeated("the request") { server.requests.count == 1 }
    try engine.killed()
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 3, "verify settles the first, nothing the second: \(end)")
    #expect(server.requests(of: "/silent").count == 1)
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("a secret goes to the server and nowhere else")
  func secret() throws {
    let sandbox = try Sandbox()
    let server = try OddServer(sandbox)
    try sandbox.execute(["/bin/mkdir", "-p", "playbooks/environments"]).wait()
    sandbox.write("belay: 1\nsecrets: { token: { env: TOKEN } }\n", to: "playbooks/environments/e.yaml")
    sandbox.write(
      """
      belay: 1
      steps:
        - step: tell
          http: { method: POST, url: \(server.http)/echo, auth: { bearer: "${{ secrets.token }}" } }
          expect: 'json.headers.Authorization == "Bearer •••"'
          outputs: { said: body }
          rollback: nothing
      """, to: "playbooks/p.yaml")
    let end = try sandbox.belay("run", "p", "-e", "e", variables: ["TOKEN": "canary-41-hunter"])
    #expect(end.status == 0, "\(end)")
    let found = try sandbox.execute(["/bin/grep", "-rlaF", "canary-41-hunter", sandbox.home]).wait()
    #expect(found.status == 1, "\(found.output)")
  }

  @Test(
    "a secret in JSON or a form arrives as it is, goes to no other host, and stands in no plan and no record")
  func secretBody() throws {
    let sandbox = try Sandbox()
    let server = try OddServer(sandbox)
    try sandbox.execute(["/bin/mkdir", "-p", "playbooks/environments"]).wait()
    sandbox.write("belay: 1\nsecrets: { password: { env: PASSWORD } }\n", to: "playbooks/environments/e.yaml")
    let password = #"ca"n\ary &=+%/é"#
    let characters = password.unicodeScalars.map { "\($0.value)" }.joined(separator: ", ")
    sandbox.write(
      """
      belay: 1
      steps:
        - step: json
          http: { method: POST, url: \(server.http)/login, json: { user: { name: "a", password: "${{ secrets.password }}" }, more: [1, "x${{ 1 + 1 }}"] } }
          expect: 'json.characters == [\(characters)]'
          outputs: { said: body }
          rollback: nothing
        - step: form
          http: { method: POST, url: \(server.http)/login, form: { user: "a b", password: "${{ secrets.password }}" } }
          expect: 'json.characters == [\(characters)]'
          rollback: nothing
        - step: away
          http: { method: POST, url: \(server.http)/away, follow: true, json: { password: "x-${{ secrets.password }}" } }
          rollback: nothing
      """, to: "playbooks/p.yaml")
    let variables = ["PASSWORD": password]
    let plan = try sandbox.belay("plan", "p", "-e", "e", "--format", "json", variables: variables)
    #expect(plan.status == 0 && plan.output.contains("secrets.password"), "\(plan)")
    let end = try sandbox.belay("run", "p", "-e", "e", variables: variables)
    #expect(end.output.contains("form: succeeded"), "\(end)")
    #expect(end.output.contains("is not given the secret in the body"), "\(end)")
    #expect(server.requests(of: "/echo").isEmpty, "\(server.requests)")
    for form in [#"ca"n"#, #"ca\"n"#, "%22n"] {
      let found = try sandbox.execute(["/bin/grep", "-rlaF", form, sandbox.home]).wait()
      #expect(found.status == 1, "\(form): \(found.output)")
      #expect(!(plan.output + end.output + end.error).contains(form))
    }
  }

  @Test(
    "a name that nobody answers for ends within its timeout, and holds up nothing else",
    .enabled(if: getuid() == 0, "another resolv.conf needs a mount"))
  func slowName() throws {
    let sandbox = try Sandbox()
    // A container may not.
    guard try sandbox.execute(["/usr/bin/unshare", "--mount", "/bin/true"]).wait().status == 0 else { return }
    sandbox.write("nameserver 127.0.0.77\n", to: "resolv.conf")
    sandbox.write(
      """
      import socket, pathlib
      server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      server.bind(("127.0.0.77", 53))
      pathlib.Path("listens").touch()
      while True:
          server.recv(512)
          pathlib.Path("asked").touch()
      """, to: "silent.py")
    let silent = try sandbox.execute(["/usr/bin/python3", "silent.py"])
    defer { kill(silent.pid, SIGKILL) }
    try sandbox.repeated("the server of names") { sandbox.exists("listens") }
    sandbox.write(
      """
      belay: 1
      steps:
        - group: both
          mode: parallel
          steps:
            - { check: asked, http: "http://nowhere.test/", timeout: 2s }
            - { step: goes_on, run: "true", rollback: nothing }
      """, to: "playbooks/p.yaml")
    let end = try sandbox.execute([
      "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
      "mount --bind resolv.conf /etc/resolv.conf && exec \"$0\" run p", Sandbox.belay,
    ]).wait()
    #expect(end.status == 1 && end.output.contains("asked: unknown: Resolving timed out"), "\(end)")
    #expect(sandbox.exists("asked"), "it was a name that was waited for")
    let ends = try sandbox.belay("audit", "export").output.split(separator: "\n").compactMap { line in
      ["goes_on", "asked"].first { line.contains(#"\"type\":\"node_finished\",\"node\":\"\#($0)\""#) }
    }
    #expect(ends == ["goes_on", "asked"])
  }
}
