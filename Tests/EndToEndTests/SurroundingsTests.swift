import Glibc
import Testing

@Suite("What a command finds around it") struct Surroundings {
  private static let passing = """
    belay: 1
    pass: [FOO]
    steps:
      - step: a
        run: touch begun
        rollback: nothing
    """
  private static let secret = """
    belay: 1
    steps:
      - step: a
        env: { T: "${{ secrets.token }}" }
        run: touch begun
        rollback: nothing
    """

  @Test(
    "a variable that commands would get is text, or nothing is begun",
    arguments: ["FOO", "TZ", "HOME", "TMPDIR", "BELAY_STORE", "PATH"])
  func variables(name: String) throws {
    let sandbox = try Sandbox(["passing": Surroundings.passing])
    let belay = "export \(name)=\"$HOME\"$'/a\\xffb'; exec \(Sandbox.belay) run passing"
    let end = try sandbox.execute(["/bin/bash", "-c", belay]).wait()
    #expect(
      end.status == 2 && end.error == "belay: the environment variable \(name) is not UTF-8\n", "\(end)")
    #expect(!sandbox.exists("begun"))
    #expect(try sandbox.belay("runs").lines.isEmpty)
  }

  @Test("a store's path that SQLite cannot open is refused before anything is made")
  func longPath() throws {
    let sandbox = try Sandbox(["passing": Surroundings.passing])
    let long = Array(repeating: String(repeating: "s", count: 200), count: 3).joined(separator: "/")
    let path = "\(sandbox.project)/\(long)"
    for variables in [["BELAY_STORE": path], ["BELAY_STORE": long]] {
      let end = try sandbox.belay("run", "passing", variables: variables)
      #expect(end.status == 9, "\(end)")
      #expect(
        end.error
          == "belay: \(path) is too long a path for a store: \(path.utf8.count) bytes, 490 at most\n")
    }
    #expect(!sandbox.exists(String(repeating: "s", count: 200)))
    #expect(!sandbox.exists("begun"))
  }

  private static let asking = """
    belay: 1
    steps:
      - step: a
        run: belay runs > seen
        rollback: nothing
    """

  @Test("belay in a step asks the store of its run, wherever that is")
  func store() throws {
    let sandbox = try Sandbox(["asking": Surroundings.asking])
    let end = try sandbox.belay("run", "asking", "--store", "elsewhere")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.text("seen").contains("asking"), "\(sandbox.text("seen"))")
  }

  @Test("a variable that nobody gets is nobody's matter")
  func others() throws {
    let sandbox = try Sandbox(["passing": Surroundings.passing])
    let belay = "export OTHER=$'a\\xffb'; exec belay run passing"
    #expect(try sandbox.execute(["/bin/bash", "-c", belay]).wait().status == 0)
  }

  @Test(
    "a secret is text that a variable can carry, or nothing is begun",
    arguments: [
      (#"printf 'abcdefgh\xffi'"#, "is not UTF-8"),
      (#"printf 'abcdefgh\0i'"#, "holds a NUL character, which no command can be given"),
      ("head -c 140000 /dev/zero | tr '\\0' x", "has 140000 bytes; one variable can carry 131071"),
    ])
  func secrets(command: String, message: String) throws {
    let sandbox = try Sandbox(["secret": Surroundings.secret])
    mkdir(sandbox.path("playbooks/environments"), 0o700)
    sandbox.write("belay: 1\nsecrets: { token: { file: ~/token } }\n", to: "playbooks/environments/e.yaml")
    try sandbox.execute(["/bin/bash", "-c", "\(command) > ~/token"]).wait()
    let end = try sandbox.belay("run", "secret", "-e", "e")
    #expect(end.status == 2 && end.error.hasPrefix("belay: secret 'token': \(message)"), "\(end)")
    #expect(!sandbox.exists("begun"))
    #expect(try sandbox.belay("runs").lines.isEmpty)
  }

  @Test("a secret of the environment that is no text is refused, not altered")
  func secretVariable() throws {
    let sandbox = try Sandbox(["secret": Surroundings.secret])
    mkdir(sandbox.path("playbooks/environments"), 0o700)
    sandbox.write("belay: 1\nsecrets: { token: { env: TOKEN } }\n", to: "playbooks/environments/e.yaml")
    let belay = "export TOKEN=$'abcdefgh\\xffi'; exec belay run secret -e e"
    let end = try sandbox.execute(["/bin/bash", "-c", belay]).wait()
    #expect(
      end.status == 2 && end.error == "belay: the environment variable TOKEN is not UTF-8\n", "\(end)")
    #expect(!sandbox.exists("begun"))
  }
}
