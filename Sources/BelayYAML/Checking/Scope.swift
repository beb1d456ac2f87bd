internal import BelayExpressions
internal import BelayModel

/// What an expression may read where it stands.
struct Scope {
  enum Moment {
    /// When the plan is made: nothing has run, no clock is read.
    case plan
    case run
    /// After the last node.
    case end
  }

  /// Names that are read bare: the answer's fields and the outputs above.
  enum Bare {
    case names([String])
    /// The action is not known: nothing can be said.
    case anything
  }

  var moment: Moment
  /// What stands there, for messages: `'vars'`, `'when'`.
  var title: String
  /// The node it belongs to, nil for the playbook's own fields.
  var node: Int?
  var bare = Bare.names([])
  /// Of names that are read bare, as far as they are known.
  var types: [String: StaticType] = [:]
  /// Own captures and outputs, as `steps.<own id>.<name>`.
  var own: [String] = []
  /// In the rollback of `node` itself.
  var isRollback = false
  /// The node's `when` itself, which is read without its own protection.
  var isWhen = false
  var allowsError = false
  var allowsSecrets = false
  /// Of an action: where to bind a secret instead.
  var secretPlaces: String?
  var allowsIdentifiers = false
  /// Only in `notify`.
  var allowsEvent = false
  /// Read again and again while the run goes on: nothing has certainly ended.
  var isWatch = false
  /// What stands there only asks: it must not write.
  var asks = false
  /// In an action file: nothing of a playbook can be read.
  var isActionFile = false
  /// Only so many variables are computed already; nil for all.
  var varsBefore: Int?
  /// Only `environment` and `roles`: for defaults of parameters.
  var isDefault = false

  var secretHelp: String {
    switch title {
    case "'with'": "the action file reads it itself: ${{ secrets.name }} in its 'headers', 'auth' or 'url'"
    case _ where isActionFile: secretPlaces ?? "the node that uses this file binds it in 'env'"
    case _ where node == nil || title != "'run'" && title != "'exec'":
      secretPlaces ?? "a secret is bound in 'env' of what needs it"
    default: secretPlaces ?? "bind it in 'env' and read the variable there"
    }
  }

  func asking(_ title: String) -> Scope {
    with {
      $0.asks = true
      $0.title = title
    }
  }

  func with(_ change: (inout Scope) -> Void) -> Scope {
    var copy = self
    change(&copy)
    return copy
  }
}

/// The first words of references.
enum Root {
  static let known = [
    "params", "vars", "environment", "steps", "run", "now", "error", "secrets", "each", "roles", "event",
  ]
  static let ofPlaybooks = ["vars", "steps", "each", "roles", "event"]
  static let event = ["kind", "node", "title", "to", "text"]
  static let environment = ["name", "vars"]
  static let run = ["id", "started_at", "initiator", "plan_digest"]
  static let error = ["kind", "node", "message", "exit_code", "sqlstate", "stderr"]
}
