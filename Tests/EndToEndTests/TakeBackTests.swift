import TestFiles
import Testing

/// `playbooks/tools/take-back` on a repository of five commits: a first migration, one without any code, one with code,
/// code alone, and a merge that brings the last migration.
@Suite("Commits that are taken back") struct TakeBackTests {
  private static let tool =
    Files.folder(of: Files.folder(of: Files.folder(of: #filePath))) + "/playbooks/tools/take-back"

  private static let history = #"""
    set -eu
    export GIT_AUTHOR_NAME=ada GIT_AUTHOR_EMAIL=ada@localhost GIT_COMMITTER_NAME=ada GIT_COMMITTER_EMAIL=ada@localhost
    git init -q --bare -b main origin
    git init -q -b main work
    cd work
    mkdir -p alembic/versions
    migration() { printf 'revision: str = "%s"\ndown_revision = %s\n' "$1" "$2" > "alembic/versions/$1.py"; }
    commit() { git add -A && git commit -q -m "$1" && git rev-parse HEAD > "../$1"; }
    migration r001 None && commit first
    printf 'revision, down_revision = "r002", "r001"\n' > alembic/versions/r002.py && commit alone
    migration r003 '"r002"' && echo > code && commit both
    echo > other && commit code
    git checkout -q -b branch
    migration r004 $'(\n    "r003",\n)' && echo > last && commit last
    git checkout -q main
    git merge -q --no-ff -m merge branch && git rev-parse HEAD > ../merge
    git push -q ../origin main
    printf '%040d\n' 0 > ../zero
    """#

  private func repository() throws -> Sandbox {
    let sandbox = try Sandbox()
    let end = try sandbox.execute(["/bin/bash", "-c", Self.history]).wait()
    #expect(end.status == 0, "\(end)")
    return sandbox
  }

  /// What becomes of the named commits, newest first, where the database has that revision.
  private func taken(_ commits: String..., keep: String = "applied", revision: String, in sandbox: Sandbox)
    throws -> End
  {
    let names = commits.map { sandbox.lines($0).first ?? $0 }.joined(separator: " ")
    let variables = [
      "REPO_URL": sandbox.project + "/origin", "BASE": "origin/main", "MIGRATIONS": "alembic/versions",
      "COMMITS": names, "KEEP": keep, "REVISION": revision, "BRANCH": "revert",
    ]
    return try sandbox.execute([Self.tool], variables: variables).wait()
  }

  /// What the pushed branch changes on main.
  private func changed(in sandbox: Sandbox) throws -> String {
    let words = ["git", "-C", "origin", "diff", "--no-renames", "--name-status", "main", "revert"]
    return try sandbox.execute(["/usr/bin/env"] + words).wait().output
  }

  @Test("lose the migration that failed, and keep the one that the database has")
  func merge() throws {
    for (revision, fate, change) in [
      ("r003", "gone", "D\talembic/versions/r004.py\nD\tlast\n"), ("r004", "kept", "D\tlast\n"),
    ] {
      let sandbox = try repository()
      let end = try taken("merge", revision: revision, in: sandbox)
      #expect(end.status == 0, "\(end)")
      #expect(end.output.hasSuffix("\n\(fate) alembic/versions/r004.py\n"), "\(end)")
      #expect(try changed(in: sandbox) == change)
    }
  }

  @Test("may be several, of which one has only a migration that stays")
  func several() throws {
    let sandbox = try repository()
    let end = try taken("code", "both", "alone", revision: "r004", in: sandbox)
    #expect(end.status == 0, "\(end)")
    #expect(try changed(in: sandbox) == "D\tcode\nD\tother\n")
  }

  @Test("keep every migration where nobody asks the database")
  func all() throws {
    let sandbox = try repository()
    let end = try taken("merge", keep: "all", revision: "", in: sandbox)
    #expect(end.status == 0, "\(end)")
    #expect(try changed(in: sandbox) == "D\tlast\n")
  }

  @Test("are refused where a revision is not simply written down")
  func unread() throws {
    let sandbox = try repository()
    let script = #"""
      cd work && echo 'revision = "r" + "005"' > alembic/versions/r005.py && git add -A
      git -c user.name=ada -c user.email=ada@localhost commit -q -m more && git push -q ../origin main
      """#
    #expect(try sandbox.execute(["/bin/bash", "-c", script]).wait().status == 0)
    let end = try taken("merge", revision: "r003", in: sandbox)
    #expect(end.status == 5 && end.error.contains("r005.py, or what it is built on, cannot be"), "\(end)")
  }

  @Test("are refused where nothing would be left, the database is not known, or the code would break")
  func refused() throws {
    let sandbox = try repository()
    for (commit, revision, status, word) in [
      ("alone", "r004", 6, "nothing is left to propose"), ("merge", "r009", 5, "is revision 'r009'"),
      ("merge", "", 5, "is not known"), ("alone", "r001", 7, "r003.py is built on r002"),
      ("HEAD", "r004", 3, "is no full SHA"), ("zero", "r004", 3, "is not on origin/main"),
    ] as [(String, String, Int32, String)] {
      let end = try taken(commit, revision: revision, in: sandbox)
      #expect(end.status == status && end.error.contains(word), "\(commit) \(revision): \(end)")
      #expect(end.output == "")
    }
    #expect(try changed(in: sandbox) == "")
  }
}
