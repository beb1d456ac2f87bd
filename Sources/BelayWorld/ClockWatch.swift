private import CSystem
private import Glibc

/// Wakes when somebody sets the wall clock: what waits for a moment of it looks again.
///
/// - Source: TFD_TIMER_CANCEL_ON_SET of timerfd_create(2); its read then fails with ECANCELED.
final class ClockWatch {
  let descriptor: Int32

  init() throws(SystemError) {
    descriptor = timerfd_create(CLOCK_REALTIME, O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemError("timerfd_create", "clock") }
    arm()
  }

  deinit { close(descriptor) }

  /// Its time itself never comes.
  private func arm() {
    var far = itimerspec()
    far.it_value.tv_sec = .max
    timerfd_settime(descriptor, ClockWatch.absolute | ClockWatch.cancelledWhenSet, &far, nil)
  }

  /// TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET.
  private static let absolute: Int32 = 1
  private static let cancelledWhenSet: Int32 = 2

  func take() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    arm()
  }
}
