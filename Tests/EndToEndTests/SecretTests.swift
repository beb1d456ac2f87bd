import Testing

@Suite("Secrets") struct SecretsStaySecret {
  private static let secret = #"s3cr3t/+ "q'u\o:te$é"#

  /// The forms that the keeper promises to find; base64 by what is the same of it at each alignment.
  private static let forms = #"""
    import base64, json, os, shlex, sys, urllib.parse
    secret = os.environ["TOKEN"]
    raw = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    forms = {secret, urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret),
             urllib.parse.quote(secret).lower(), escaped, escaped.replace("/", "\\/"),
             json.dumps(secret, ensure_ascii=False)[1:-1], shlex.quote(secret), raw.hex(), raw.hex().upper()}
    base64s = set()
    for before in range(3):
        text = base64.b64encode(b"x" * before + raw)[(0, 2, 3)[before]:]
        base64s.add(text[: len(text) // 4 * 4 - 4].decode())
    base64s |= {text.replace("+", "-").replace("/", "_") for text in base64s}

    """#

  /// Prints each form, and the secret split over two writes.
  private static let printer =
    forms + #"""
      for stream in (sys.stdout, sys.stderr):
          for form in forms:
              print("form:", form, file=stream)
          for before in (b"", b"x", b"xy"):
              print(base64.b64encode(before + raw).decode(), file=stream)
              print(base64.urlsafe_b64encode(before + raw).decode(), file=stream)
          for before in range(49, 52):
              print(base64.encodebytes(b"x" * before + raw).decode(), file=stream)
              wrapped = (b"x" * before + raw).hex()
              for width in (60, 7):
                  print(*(wrapped[at : at + width] for at in range(0, len(wrapped), width)), sep="\r\n", file=stream)
          for place in range(1, len(secret)):
              stream.flush()
              stream.write(secret[:place])
              stream.flush()
              stream.write(secret[place:] + chr(10))
              stream.flush()
      """#

  /// Looks for all of them in every file of these folders.
  private static let finder =
    forms + #"""
      needles = [form.encode() for form in forms | base64s]
      found = []
      for top in sys.argv[1:]:
          for folder, _, names in os.walk(top):
              for path in (os.path.join(folder, name) for name in names):
                  if os.path.isfile(path):
                      with open(path, "rb") as file:
                          data = file.read()
                      for ending in (b"\\r\\n", b"\r\n", b"\\n", b"\n"):
                          found += [(path, needle) for needle in needles if needle in data.replace(ending, b"")]
      print(found)
      """#

  private static let playbook = """
    belay: 1
    steps:
      - step: tell
        env: { TOKEN: "${{ secrets.token }}" }
        exec: [python3, printer.py]
        outputs: { all: stdout }
        rollback: nothing
      - step: fail
        env: { TOKEN: "${{ secrets.token }}" }
        run: |
          printf '%s\\n' "$TOKEN" >&2
          printf '%q\\n' "$TOKEN" >&2
          echo "${TOKEN@Q}" >&2
          exit 3
        rollback: nothing
    """

  @Test("a secret that a step prints in any promised form is nowhere: not in the store, not on the terminal")
  func nowhere() throws {
    let sandbox = try Sandbox(["tell": SecretsStaySecret.playbook])
    try sandbox.execute(["/bin/mkdir", "playbooks/environments"]).wait()
    sandbox.write(
      "belay: 1\nsecrets: { token: { env: MY_TOKEN } }\n", to: "playbooks/environments/here.yaml")
    sandbox.write(SecretsStaySecret.printer, to: "printer.py")
    let variables = ["MY_TOKEN": SecretsStaySecret.secret]
    let end = try sandbox.belay("run", "tell", "-e", "here", variables: variables)
    #expect(end.status == 1, "\(end)")
    try sandbox.belay("plan", "tell", "-e", "here", variables: variables)
    for command in ["status", "logs"] {
      #expect(try sandbox.belay(command, "last").status == 0)
      #expect(try sandbox.belay(command, "last", "--format", "json").status == 0)
    }
    #expect(try sandbox.belay("audit", "show", "last", "--format", "json").status == 0)
    #expect(try sandbox.belay("audit", "export").status == 0)
    #expect(try sandbox.belay("logs", "last", "tell").output.contains("form: "))
    let found = try sandbox.execute(
      ["/usr/bin/python3", "-c", SecretsStaySecret.finder, sandbox.home, sandbox.folder + "/out"],
      variables: ["TOKEN": SecretsStaySecret.secret]
    ).wait()
    #expect(found.output == "[]\n", "\(found)")
  }

  @Test("a secret that is missing or too short is refused before anything runs")
  func refused() throws {
    let sandbox = try Sandbox(["tell": SecretsStaySecret.playbook])
    try sandbox.execute(["/bin/mkdir", "playbooks/environments"]).wait()
    sandbox.write(
      "belay: 1\nsecrets: { token: { env: MY_TOKEN } }\n", to: "playbooks/environments/here.yaml")
    let missing = try sandbox.belay("run", "tell", "-e", "here")
    #expect(missing.status == 2 && missing.error.contains("MY_TOKEN"), "\(missing)")
    let short = try sandbox.belay("run", "tell", "-e", "here", variables: ["MY_TOKEN": "short"])
    #expect(short.status == 2 && !short.error.contains("short'"), "\(short)")
  }

  @Test(
    "a command that prints a secret is run when the run begins, by the plan's PATH and in the project's folder"
  )
  func printed() throws {
    let sandbox = try Sandbox(["tell": SecretsStaySecret.playbook])
    try sandbox.execute(["/bin/mkdir", "playbooks/environments"]).wait()
    let environment = "belay: 1\nsecrets: { token: { exec: [./vault, read, token] } }\n"
    sandbox.write(environment, to: "playbooks/environments/here.yaml")
    sandbox.write(
      "print(__import__('os').environ['TOKEN'] == 'from the vault')\nprint(__import__('os').environ['TOKEN'])",
      to: "printer.py")
    sandbox.write(
      "#!/bin/sh\n[ \"$*\" = 'read token' ] && [ ! -e closed ] && echo 'from the vault' || { echo 'it is closed' >&2; exit 3; }\n",
      to: "vault")
    let plan = try sandbox.belay("plan", "tell", "-e", "here")
    #expect(plan.status == 0 && plan.output.contains("./vault is in no folder of PATH"), "\(plan)")
    let missing = try sandbox.belay("run", "tell", "-e", "here")
    #expect(missing.status == 2 && missing.error.contains("secret 'token': ./vault"), "\(missing)")
    try sandbox.execute(["/bin/chmod", "+x", "vault"]).wait()
    #expect(try sandbox.belay("run", "tell", "-e", "here").status == 1)
    let said = try sandbox.belay("logs", "last", "tell").output
    #expect(said.contains("True") && !said.contains("from the vault"), "\(said)")
    sandbox.write("", to: "closed")
    let closed = try sandbox.belay("resume", "last")
    #expect(
      closed.status == 2 && closed.error.contains("secret 'token': ./vault fails: it is closed"), "\(closed)")
    sandbox.write("#!/bin/sh\nexec cat /dev/zero\n", to: "vault")
    let endless = try sandbox.belay("run", "tell", "-e", "here")
    #expect(endless.status == 2 && endless.error.contains("./vault prints more than a secret"), "\(endless)")
  }

  @Test("what a sensitive node prints is nowhere: not in why it failed, and not in what a check rests on")
  func sensitive() throws {
    let node = "sensitive: true\n    on_failure: continue\n    exec: [sh, say"
    let sandbox = try Sandbox([
      "p": """
      belay: 1
      steps:
        - step: unmet
          rollback: nothing
          outputs: { said: stdout }
          expect: said == "x"
          \(node), "0"]
        - step: failed
          rollback: nothing
          \(node), "4"]
        - check: asked
          expect: stdout == "x"
          \(node), "0"]
        - check: refused
          \(node), "4"]
        - check: passed
          expect: stdout.startsWith("hunt")
          \(node), "0"]
        - { check: plain, exec: [echo, "41"], expect: 'int(lines[0]) == 41' }
        - group: g
          sensitive: true
          steps:
            - step: inner
              exec: [sh, say, "0"]
              outputs: { said: stdout.trim() }
              rollback: { exec: [sh, say, "0"] }
        - { step: reads, run: '[ "${{ steps.inner.said }}" = "$(sh say 0 2>/dev/null)" ]', rollback: nothing }
      """
    ])
    sandbox.write("echo hunter2\necho hunter3 >&2\nexit $1\n", to: "say")
    let end = try sandbox.belay("run", "p")
    #expect(end.status == 0, "\(end)")
    #expect(try sandbox.belay("rollback", "last").status == 4)
    #expect(try sandbox.belay("logs", "last", "inner~rollback").status == 0)
    let report = try sandbox.belay("report", "last")
    #expect(report.output.contains(#"int(lines\[0\]) is 41"#), "\(report)")
    let audit = try sandbox.belay("audit", "export")
    #expect(!(end.output + report.output + audit.output).contains("hunter"), "\(end)")
    let kept = try sandbox.execute(["/bin/grep", "-rc", "--binary-files=text", "hunter", sandbox.home]).wait()
    #expect(kept.output.split(separator: "\n").allSatisfy { $0.hasSuffix(":0") }, "\(kept)")
  }
}
