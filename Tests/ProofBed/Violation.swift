/// A promise that a run did not keep.
struct Violation: Hashable {
  /// The promises, by the names that `make mutants` and a failing seed show.
  enum Property: String, Hashable, CaseIterable {
    case attemptRepeats = "no recorded attempt repeats"
    case intentBeforeEffect = "nothing starts without a durable intent"
    case doubtByTheRules = "unknown outcomes are settled by the rules"
    case oneEffect = "an effect that may stand is not repeated"
    case alone = "nothing starts beside an attempt of the same node that lives"
    case order = "order respects the graph"
    case rollbackSet = "a rollback undoes everything in its scope"
    case rollbackOrder = "a rollback goes back in reverse order"
    case compensatedOnce = "a compensation takes effect once"
    case temporaries = "temporaries are undone"
    case claims = "claims are exclusive"
    case fold = "the fold of the journal equals the live state"
    case chain = "the chain verifies"
    case captures = "captures show the state before the first change"
    case quiet = "a run rests when nothing of it runs"
    case rest = "a run always comes to rest"
    case transitions = "nodes and runs change only as they may"
    case gates = "nothing passes without those who have to say yes"
    case expiry = "what has expired never passes"
    case windows =
      "nothing passes a window that is closed, or that it does not fit into, without a person's word"
    case complete = "a run that succeeded has done everything"
    case watchedFirst = "nothing is changed before each watch has passed once"
    case tripHeeded = "a trip stops what is at work, and nothing new starts after it"
    case soak = "a soak counts what was seen, no more and no less, also after a crash"
    case harmless = "a run fails by a node, a watch or a person alone"
    case told = "people are told when it is time, and as often as it is"
  }

  var property: Property
  var message: String
}
