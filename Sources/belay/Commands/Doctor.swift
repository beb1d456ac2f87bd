import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore
import BelayWorld
import Glibc

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether this machine and its store can be relied on.",
    discussion: """
      Example:
        belay doctor
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var format: FormatOption

  private struct Finding {
    var subject: String
    var isGood: Bool
    var text: String
  }

  func run() throws {
    let findings =
      [keeper(), bash()] + libraries() + [storeFolder(), space(), killsUserProcesses(), project()]
    if format.isJSON {
      Output.standard.json(
        .array(
          findings.map {
            .object(["subject": .string($0.subject), "good": .bool($0.isGood), "text": .string($0.text)])
          }))
    } else {
      for finding in findings {
        Output.standard.line(
          "\(finding.isGood ? "good" : "BAD ")  \(padded(finding.subject, 10)) \(finding.text)")
      }
    }
    if findings.contains(where: { !$0.isGood }) { throw ExitCode(ExitStatus.unusable.rawValue) }
  }

  private func keeper() -> Finding {
    let path = Project.parent(of: Project.absolute("/proc/self/exe", in: "/")) + "/belay-keeper"
    let isThere = access(path, X_OK) == 0
    return Finding(
      subject: "keeper", isGood: isThere,
      text: isThere ? path : "\(path) is missing: install belay and belay-keeper side by side")
  }

  private func bash() -> Finding {
    let places: [String] = (variable("PATH") ?? "").split(separator: ":").map { "\($0)/bash" }
    let found = places.first { access($0, X_OK) == 0 }
    return Finding(subject: "bash", isGood: found != nil, text: found ?? "not in PATH: 'run' steps need it")
  }

  private func libraries() -> [Finding] {
    ServerLibrary.all().map { library in
      let actions = library.actions.map { "'\($0)'" }.joined(separator: " and ")
      let problem = printable(library.problem ?? "")
      return Finding(
        subject: library.name, isGood: library.version != nil,
        text: library.version ?? "\(problem): \(actions) need it")
    }
  }

  private func storeFolder() -> Finding {
    do {
      guard let opened = try store.openForReading() else {
        return Finding(
          subject: "store", isGood: true, text: "\(store.folder): none yet, made with the first run")
      }
      let whose = opened.group.map { ", shared with the group \($0)" } ?? ""
      return Finding(subject: "store", isGood: true, text: "\(opened.location), id \(opened.id)\(whose)")
    } catch let failure as Failure {
      return Finding(subject: "store", isGood: false, text: failure.message)
    } catch { return Finding(subject: "store", isGood: false, text: "\(error)") }
  }

  /// Below this nothing of outputs is kept, and soon nothing can be started.
  private static let leastSpace: UInt64 = 512 << 20

  private func space() -> Finding {
    var folder = store.folder
    while !exists(folder), folder != "/" { folder = Project.parent(of: folder) }
    var facts = statvfs()
    guard statvfs(folder, &facts) == 0 else {
      return Finding(subject: "space", isGood: false, text: "\(folder) cannot be asked")
    }
    let free = UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
    return Finding(
      subject: "space", isGood: free >= Doctor.leastSpace, text: "\(free >> 20) MiB free in \(folder)")
  }

  /// - Source: logind.conf(5), KillUserProcesses: what a session started dies with it, the keeper too.
  private func killsUserProcesses() -> Finding {
    let text = (try? SmallFile.read("/etc/systemd/logind.conf")) ?? ""
    let kills = text.split(separator: "\n").contains { $0.filter { $0 != " " } == "KillUserProcesses=yes" }
    return Finding(
      subject: "logind", isGood: !kills,
      text: kills
        ? "KillUserProcesses=yes: a run dies with the login session" : "lets processes outlive a session")
  }

  private func project() -> Finding {
    guard let project = try? Project.find(), let names = try? project.names() else {
      return Finding(subject: "project", isGood: true, text: "none here")
    }
    return Finding(subject: "project", isGood: true, text: "\(project.folder): \(names.count) playbooks")
  }
}
