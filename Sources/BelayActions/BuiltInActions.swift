public import BelayModel

/// Every action there is; a new one is one file and one row here.
public let builtInActions = ActionTable([
  RunAction.self, ExecAction.self, HTTPAction.self, SQLAction.self, RedisAction.self, ManualAction.self,
])
