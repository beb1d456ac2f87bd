internal import BelayModel

/// Nodes that may start, in the order in which they became ready.
struct ReadyQueue {
  private var items: [Int] = []
  private var head = 0

  var isEmpty: Bool { head == items.count }

  mutating func push(_ node: Int) { items.append(node) }

  mutating func pop() -> Int? {
    guard head < items.count else { return nil }
    defer {
      head += 1
      if head == items.count { removeAll() }
    }
    return items[head]
  }

  mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    head = 0
  }

  mutating func removeAll(in nodes: Set<Int>) {
    items = items[head...].filter { !nodes.contains($0) }
    head = 0
  }
}

/// One timer a key at most, by the boot clock; ties by the order in which they were set.
struct TimerHeap<Key: Hashable> {
  private struct Entry {
    var due: TimeSpan
    var order: Int
    var key: Key

    static func < (left: Entry, right: Entry) -> Bool { (left.due, left.order) < (right.due, right.order) }
  }

  private var heap: [Entry] = []
  /// The order number of the timer that counts for a key: an older one in the heap is void.
  private var current: [Key: Int] = [:]
  private var next = 0

  /// When the first timer is due.
  var first: TimeSpan? { heap.first?.due }

  mutating func set(_ key: Key, at due: TimeSpan) {
    current[key] = next
    heap.append(Entry(due: due, order: next, key: key))
    next += 1
    siftUp(heap.count - 1)
  }

  mutating func cancel(_ key: Key) { current[key] = nil }

  mutating func removeAll() {
    heap.removeAll()
    current.removeAll()
  }

  /// The next key whose timer is due; nil when there is none.
  mutating func popDue(at now: TimeSpan) -> Key? {
    while let first = heap.first {
      let isCurrent = current[first.key] == first.order
      guard !isCurrent || first.due <= now else { return nil }
      removeFirst()
      guard isCurrent else { continue }
      current[first.key] = nil
      return first.key
    }
    return nil
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, heap[index] < heap[(index - 1) / 2] {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      let least = [index * 2 + 1, index * 2 + 2].filter { $0 < heap.count }.min { heap[$0] < heap[$1] }
      guard let least, heap[least] < heap[index] else { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
