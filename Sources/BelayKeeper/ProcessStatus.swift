internal import Glibc

/// What /proc/<pid>/stat says of a process.
struct ProcessStatus: Hashable {
  var pid: Int32
  var command: String
  var state: UInt8
  var parent: Int32
  var group: Int32
  var session: Int32
  /// Clock ticks since boot: with the pid it names a process for as long as the machine runs.
  var startTicks: UInt64
  /// It is on its way out: KILL was sent to it, or it is exiting.
  var isEnding: Bool

  /// A zombie has ended: only its status waits for a parent.
  var isAlive: Bool { state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") }

  /// Nil when there is no such process.
  init?(pid: Int32) {
    guard let text = try? SmallRead.bytes(of: "/proc/\(pid)/stat", limit: 1024) else { return nil }
    self.init(pid: pid, stat: text)
  }

  /// - Parameter stat: the command stands in parentheses and may hold anything, also `) Z 1 (`: fields are counted from
  ///   the last closing one.
  init?(pid: Int32, stat: [UInt8]) {
    guard let open = stat.firstIndex(of: UInt8(ascii: "(")),
      let close = stat.lastIndex(of: UInt8(ascii: ")")), open < close
    else { return nil }
    let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let state = fields[0].first, let parent = number(fields[1]),
      let group = number(fields[2]), let session = number(fields[3]), let ticks = number(fields[19])
    else { return nil }
    self.pid = pid
    command = String(decoding: stat[(open + 1)..<close], as: UTF8.self)
    self.state = state
    self.parent = Int32(clamping: parent)
    self.group = Int32(clamping: group)
    self.session = Int32(clamping: session)
    startTicks = UInt64(clamping: ticks)
    // Field 31: signals pending for its main thread, which the kernel makes KILL for every one. Field 9: PF_EXITING and
    // PF_SIGNALED (include/linux/sched.h), from when the signal is taken until it is a zombie.
    let isKilled = fields.count > 28 && (number(fields[28]) ?? 0) & 1 << (Int(SIGKILL) - 1) != 0
    isEnding = isKilled || (number(fields[6]) ?? 0) & 0x404 != 0
  }
}

private func number(_ digits: some Sequence<UInt8>) -> Int? {
  var value = 0
  for digit in digits {
    guard digit >= 0x30, digit <= 0x39, value < Int.max / 16 else { return nil }
    value = value * 10 + Int(digit - 0x30)
  }
  return value
}
