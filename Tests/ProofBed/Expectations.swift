/// What can happen in a simulation. A change of status that stands in neither list is a defect, of the engine or of
/// these lists.
public enum Expectations {
  /// Each of these happens in any 20,000 seeds.
  public static let all: [String] =
    claims + events + faults + kinds + nodes + requests + runs + settlements + trips + words

  private static let claims = [
    "claim refused",
    "claim refused, and a node waits for it",
    "claim refused, and a rollback waits for it",
  ]

  private static let events = [
    "event answered",
    "event asked",
    "event attempt_finished",
    "event attempt_intended",
    "event attempt_started",
    "event escalated",
    "event notice_due",
    "event notice_ended",
    "event overdue",
    "event sampled",
    "event watch_answered",
    "event watch_ended",
    "event watch_tripped",
    "event withdrawn",
    "event captured",
    "event claims_released",
    "event claims_taken",
    "event closed",
    "event decided",
    "event doubt_settled",
    "event doubted",
    "event driver_started",
    "event left_running",
    "event node_finished",
    "event node_held",
    "event node_skipped",
    "event node_started",
    "event nodes_reset",
    "event nodes_undone",
    "event resolved",
    "event rested",
    "event retry_scheduled",
    "event rollback_finished",
    "event rollback_started",
    "event run_created",
    "event stop_requested",
    "event window_overridden",
  ]

  private static let faults = [
    "fault answer late",
    "fault append: I/O error",
    "fault append: disk full",
    "fault append: disk full, and the reserve used up",
    "fault claim taken by another run",
    "fault clock stepped back",
    "fault connections broken",
    "fault clock stepped forward",
    "fault engine and keeper killed",
    "fault engine killed",
    "fault engine killed while performing",
    "fault keeper killed",
    "fault keeper killed after a spawn",
    "fault keeper killed before a spawn",
    "fault machine lost",
    "fault notification lost",
    "fault notification repeated",
    "fault person: cancel",
    "fault person: kill",
    "fault person: pause",
    "fault second engine",
    "fault store slow",
  ]

  private static let requests: [String] = {
    var all = ["request sql answered by its receipt"]
    for kind in ["http", "sql", "redis"] {
      all += ["request \(kind) answered, with its effect", "request \(kind) not sent"]
      for end in ["lost", "lost with its driver", "timed out"] {
        all += ["request \(kind) \(end), with its effect", "request \(kind) \(end), without its effect"]
      }
    }
    return all
  }()

  private static let kinds = [
    "kind check",
    "kind check of a rollback",
    "kind check of the steady state",
    "kind check that soaks",
    "kind copy for an item",
    "kind check by a person",
    "kind gate that waits",
    "kind gate until a moment",
    "kind gate with a window",
    "kind gate with one requirement",
    "kind gate with several requirements",
    "kind group, choice",
    "kind group, parallel",
    "kind group, parallel, undone as a whole",
    "kind group, playbook",
    "kind group, playbook that is asked again",
    "kind group, sequential",
    "kind group, sequential, undone as a whole",
    "kind group, tried again",
    "kind group, sequential of a rollback",
    "kind group, sequential of the steady state",
    "kind step, idempotent",
    "kind step, idempotent of a rollback",
    "kind step, irreversible",
    "kind step, plain",
    "kind step, plain of a rollback",
    "kind step, temporary",
    "kind step by a person",
  ]

  private static let nodes = [
    "node compensated -> failed",
    "node compensated -> pending",
    "node compensating -> compensated",
    "node compensating -> compensation_failed",
    "node compensation_failed -> compensated",
    "node compensation_failed -> compensating",
    "node failed -> compensated",
    "node failed -> compensating",
    "node failed -> pending",
    "node failed -> succeeded",
    "node held -> failed",
    "node held -> pending",
    "node held -> succeeded",
    "node in_doubt -> compensating",
    "node in_doubt -> failed",
    "node in_doubt -> held",
    "node in_doubt -> pending",
    "node in_doubt -> running",
    "node in_doubt -> succeeded",
    "node in_doubt -> waiting",
    "node intended -> failed",
    "node intended -> in_doubt",
    "node intended -> running",
    "node intended -> succeeded",
    "node intended -> waiting",
    "node pending -> compensating",
    "node pending -> failed",
    "node pending -> intended",
    "node pending -> running",
    "node pending -> skipped",
    "node pending -> waiting",
    "node running -> compensating",
    "node running -> failed",
    "node running -> in_doubt",
    "node running -> intended",
    "node running -> pending",
    "node running -> succeeded",
    "node running -> waiting",
    "node skipped -> compensating",
    "node skipped -> pending",
    "node succeeded -> compensated",
    "node succeeded -> compensating",
    "node succeeded -> pending",
    "node waiting -> compensating",
    "node waiting -> failed",
    "node waiting -> in_doubt",
    "node waiting -> intended",
    "node waiting -> pending",
    "node waiting -> running",
    "node waiting -> succeeded",
  ]

  private static let runs = [
    "run failed -> running",
    "run held -> rolling_back",
    "run held -> running",
    "run paused -> rolling_back",
    "run paused -> running",
    "run planned -> running",
    "run rollback_incomplete -> rolling_back",
    "run rolling_back -> closed",
    "run rolling_back -> held",
    "run rolling_back -> paused",
    "run rolling_back -> rollback_incomplete",
    "run rolling_back -> rolled_back",
    "run rolling_back -> running",
    "run running -> closed",
    "run running -> failed",
    "run running -> held",
    "run running -> paused",
    "run running -> rolling_back",
    "run running -> succeeded",
    "run running -> waiting",
    "run waiting -> running",
    "run succeeded -> running",
  ]

  private static let words =
    Spoken.Kind.allCases.map { "said \($0.rawValue)" } + [
      "said in vain to a run that is driven", "said in vain to a run that nobody drives",
      "said to a run that is driven", "said to a run that nobody drives",
    ]

  private static let settlements = [
    "settled again by idempotent",
    "settled done by verify",
    "settled not_done by not_started",
    "settled not_done by verify",
  ]

  private static let trips = [
    "notice not sent",
    "notice sent",
    "trip fail, rollback",
    "trip fail, stop",
    "trip fail, tell",
    "trip unknown, rollback",
    "trip unknown, stop",
    "trip unknown, tell",
  ]

  /// Happens, and too seldom to be waited for.
  public static let rare: [String] = [
    "node compensating -> pending",
    "node compensation_failed -> pending",
    "node held -> compensated",
    "node held -> compensating",
    "node intended -> compensating",
    "node pending -> compensated",
    "node running -> unknown",
    "node skipped -> compensated",
    "node unknown -> pending",
    "node waiting -> compensated",
    "node waiting -> unknown",
    "run waiting -> closed",
    "run waiting -> rolling_back",
    "run rolling_back -> waiting",
  ]

  public static func isKnown(_ name: String) -> Bool { known.contains(name) }

  private static let known = Set(all + rare)
}
