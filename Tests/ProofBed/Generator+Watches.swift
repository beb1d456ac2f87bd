import BelayModel
import BelaySimulation

// What is measured meanwhile, who is told, and what is due.
extension Generator {
  mutating func watches() -> [WatchSketch] {
    (0..<chance.int(1...2)).map { _ in watch() }
  }

  private mutating func watch() -> WatchSketch {
    made += 1
    var watch = WatchSketch(id: "w\(made)")
    watch.every = chance.pick([3, 5, 10])
    watch.tripsAfter = chance.pick([0, 0, 8, 20])
    watch.onFailure = chance.pick(["stop", "rollback", "rollback", "continue"])
    watch.onUnknown = chance.pick(["stop", "stop", "rollback", "continue"])
    watch.phases = [WatchSketch.Phase(from: 0, shows: .good)]
    if chance.one(in: 2) { return watch }
    var second = 0
    for _ in 0..<chance.int(1...3) {
      second += chance.int(0...60)
      let shows: WatchSketch.Reading = chance.pick([.bad, .bad, .blind, .hung])
      watch.phases.append(WatchSketch.Phase(from: second, shows: shows))
      second += chance.int(3...60)
      watch.phases.append(WatchSketch.Phase(from: second, shows: .good))
    }
    // Some never get well again.
    if chance.one(in: 6) { watch.phases.removeLast() }
    return watch
  }

  mutating func notices() -> [NoticeSketch] {
    (0..<chance.int(1...2)).map { _ in
      var notice = NoticeSketch()
      let all = [
        "started", "waiting", "held", "overdue", "escalated", "tripped", "failed", "rolled_back",
        "rollback_incomplete", "succeeded", "closed",
      ]
      notice.events = chance.one(in: 4) ? nil : all.filter { _ in !chance.one(in: 3) }
      if notice.events?.isEmpty == true { notice.events = ["failed"] }
      var act = Act()
      act.takes = .milliseconds(Int64(chance.int(5...2000)))
      notice.acts = [act]
      if chance.one(in: 3) {
        act.exitCode = 1
        notice.acts.insert(act, at: 0)
      }
      if chance.one(in: 4) {
        act.takes = .seconds(1000)
        notice.acts.insert(act, at: 0)
      }
      return notice
    }
  }
}
