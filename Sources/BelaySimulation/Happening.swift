internal import BelayEngine
internal import BelayJournal
internal import BelayModel

enum KeeperOrder {
  case spawn(EffectOrder)
  case stop(AttemptName, reason: String)
}

/// A connection between a driver and a keeper.
struct Link: Hashable {
  var driver: Int
  var keeper: Int
}

/// What is going to happen on a machine.
enum Happening {
  case order(KeeperOrder, link: Link)
  case tell(Input, link: Link)
  /// A process that no keeper has ends: its driver sees that, and not how.
  case orphanEnded(AttemptName, driver: Int)
  case effect(AttemptName)
  case ends(AttemptName, version: Int)
  case timeout(AttemptName)
  case requestEnds(AttemptName, RequestEnd, driver: Int)
  case hears(Input, driver: Int)
  /// Somebody says something to the run.
  case speaks(Int)
  /// The commit of a driver is durable.
  case landed(driver: Int)
}

/// What became of it for a driver.
enum Happened {
  case nothing
  case silently
  case told(Input)
  case landed(Int)
}

/// By time; ties in the order in which they were pushed.
struct HappeningQueue {
  private struct Item {
    var at: Int64
    var order: Int
    var happening: Happening

    static func < (left: Item, right: Item) -> Bool { (left.at, left.order) < (right.at, right.order) }
  }

  private var heap: [Item] = []
  private var pushed = 0

  var first: Int64? { heap.first?.at }

  mutating func push(_ happening: Happening, at moment: Int64) {
    heap.append(Item(at: moment, order: pushed, happening: happening))
    pushed += 1
    var index = heap.count - 1
    while index > 0, heap[index] < heap[(index - 1) / 2] {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> Happening? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return first.happening }
    heap[0] = last
    var index = 0
    while let least = [index * 2 + 1, index * 2 + 2].filter({ $0 < heap.count }).min(by: {
      heap[$0] < heap[$1]
    }),
      heap[least] < heap[index]
    {
      heap.swapAt(index, least)
      index = least
    }
    return first.happening
  }

  mutating func removeAll() { heap.removeAll() }
}

/// The clocks of a machine.
final class SimulatedTime {
  /// Nanoseconds since the simulation began.
  var now: Int64 = 0
  var wallOffset: Int64 = 0
  private(set) var bootedAt: Int64 = 0
  private(set) var boots = 1

  /// 2023-11-14T22:13:20Z.
  private static let beginning: Int64 = 1_700_000_000

  var wall: Timestamp {
    let total = now + wallOffset
    let seconds = total >= 0 ? total / 1_000_000_000 : (total - 999_999_999) / 1_000_000_000
    return Timestamp(
      seconds: SimulatedTime.beginning + seconds, nanoseconds: Int32(total - seconds * 1_000_000_000))
  }

  var clock: Clock { Clock(wall: wall, boot: TimeSpan(nanoseconds: now - bootedAt), bootID: "boot-\(boots)") }

  func reboot() {
    bootedAt = now
    boots += 1
  }
}
