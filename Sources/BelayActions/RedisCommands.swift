/// What is known of Redis' commands without asking a server.
///
/// - Source: `COMMAND` of Redis 7.0: those with the flag `readonly`, and those of its other reads that change nothing of
///   the server, its data or other connections.
enum RedisCommands {
  enum Kind: Equatable {
    case read
    case write
    /// It changes what the connection is for, and never answers like a command.
    case unanswered
  }

  /// - Parameter argument: the one after the name, which says more of commands such as CONFIG.
  static func kind(_ name: String, _ argument: String?) -> Kind {
    let name = name.uppercased()
    if unanswered.contains(name) { return .unanswered }
    if reads.contains(name) { return .read }
    guard let inner = containers[name] else { return .write }
    return argument.map { inner.contains($0.uppercased()) || $0.uppercased() == "HELP" } == true
      ? .read : .write
  }

  /// A command that asks what another one might change.
  static func readingForm(of name: String) -> String? {
    switch name.uppercased() {
    case "SORT": "SORT_RO"
    case "BITFIELD": "BITFIELD_RO"
    case "EVAL": "EVAL_RO"
    case "EVALSHA": "EVALSHA_RO"
    case "FCALL": "FCALL_RO"
    case "GEORADIUS": "GEORADIUS_RO"
    case "GEORADIUSBYMEMBER": "GEORADIUSBYMEMBER_RO"
    case "GETDEL", "GETEX", "GETSET": "GET"
    case "XREADGROUP": "XREAD"
    case "ZRANGESTORE": "ZRANGE"
    case "SINTERSTORE": "SINTER"
    case "SUNIONSTORE": "SUNION"
    case "SDIFFSTORE": "SDIFF"
    default: nil
    }
  }

  static var names: [String] { reads.sorted() + containers.keys.sorted() }

  private static let reads: Set<String> = [
    "BITCOUNT", "BITFIELD_RO", "BITPOS", "DBSIZE", "DUMP", "EVALSHA_RO", "EVAL_RO", "EXISTS", "EXPIRETIME",
    "FCALL_RO", "GEODIST", "GEOHASH", "GEOPOS", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH", "GET",
    "GETBIT", "GETRANGE", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HRANDFIELD", "HSCAN",
    "HSTRLEN", "HVALS", "KEYS", "LCS", "LINDEX", "LLEN", "LOLWUT", "LPOS", "LRANGE", "MGET", "PEXPIRETIME",
    "PFCOUNT", "PTTL", "RANDOMKEY", "SCAN", "SCARD", "SDIFF", "SINTER", "SINTERCARD", "SISMEMBER",
    "SMEMBERS", "SMISMEMBER", "SORT_RO", "SRANDMEMBER", "SSCAN", "STRLEN", "SUBSTR", "SUNION", "TOUCH",
    "TTL", "TYPE", "XLEN", "XPENDING", "XRANGE", "XREAD", "XREVRANGE", "ZCARD", "ZCOUNT", "ZDIFF", "ZINTER",
    "ZINTERCARD", "ZLEXCOUNT", "ZMSCORE", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK",
    "ZREVRANGE", "ZREVRANGEBYLEX", "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE", "ZUNION",
    "COMMAND", "ECHO", "INFO", "LASTSAVE", "PING", "ROLE", "SELECT", "TIME", "WAIT",
  ]

  private static let containers: [String: Set<String>] = [
    "ACL": ["CAT", "DRYRUN", "GETUSER", "LIST", "USERS", "WHOAMI"],
    "CLIENT": ["GETNAME", "GETREDIR", "ID", "INFO", "LIST", "TRACKINGINFO"],
    "CLUSTER": [
      "COUNT-FAILURE-REPORTS", "COUNTKEYSINSLOT", "GETKEYSINSLOT", "INFO", "KEYSLOT", "LINKS", "MYID",
      "NODES", "REPLICAS", "SHARDS", "SLAVES", "SLOTS",
    ],
    "CONFIG": ["GET"], "FUNCTION": ["DUMP", "LIST", "STATS"],
    "LATENCY": ["DOCTOR", "GRAPH", "HISTOGRAM", "HISTORY", "LATEST"],
    "MEMORY": ["DOCTOR", "MALLOC-STATS", "STATS", "USAGE"], "MODULE": ["LIST"],
    "OBJECT": ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"],
    "PUBSUB": ["CHANNELS", "NUMPAT", "NUMSUB", "SHARDCHANNELS", "SHARDNUMSUB"], "SCRIPT": ["EXISTS"],
    "SLOWLOG": ["GET", "LEN"], "XGROUP": [], "XINFO": ["CONSUMERS", "GROUPS", "STREAM"],
  ]

  private static let unanswered: Set<String> = [
    "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC",
    "PSYNC", "REPLCONF", "QUIT", "RESET", "HELLO",
  ]
}
