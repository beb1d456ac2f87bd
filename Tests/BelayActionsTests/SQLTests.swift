import BelayActions
import BelayModel
import Testing

@Suite("The action sql") struct SQLTests {
  private static func made(_ query: Fields) -> (action: SQLAction?, diagnostics: [Diagnostic]) {
    Actions.make(SQLAction.self, ["url": "postgres://h", "query": query])
  }

  /// Where the value is one, in the text as it is sent.
  static let outside: [(written: String, sent: String)] = [
    ("select * from t where a = ${{ v }}", "select * from t where a = $1"),
    ("select ${{ v }}, ${{ v }}", "select $1, $2"),
    ("select ${{ v }}::int", "select $1::int"),
    ("select 'it''s' || ${{ v }}", "select 'it''s' || $1"),
    ("select E'it\\'s' || ${{ v }}", "select E'it\\'s' || $1"),
    ("select 'a\\' || ${{ v }}", "select 'a\\' || $1"),
    ("select \"a'b\", ${{ v }}", "select \"a'b\", $1"),
    ("select \"a\"\"b\" = ${{ v }}", "select \"a\"\"b\" = $1"),
    ("select $$'$$ || ${{ v }}", "select $$'$$ || $1"),
    ("select $a$ $b$ $a$ || ${{ v }}", "select $a$ $b$ $a$ || $1"),
    ("select a$b, ${{ v }}", "select a$b, $1"),
    ("select 1 -- it's\n + ${{ v }}", "select 1 -- it's\n + $1"),
    ("select /* it's /* so */ */ ${{ v }}", "select /* it's /* so */ */ $1"),
    ("select U&'d!0061' uescape '!', ${{ v }}", "select U&'d!0061' uescape '!', $1"),
    ("select B'1', X'1F', n'a', ${{ v }};", "select B'1', X'1F', n'a', $1"),
    ("select 2/${{ v }}*1-${{ v }}", "select 2/$1*1-$2"),
    ("select a from t where f(${{ v }})>=all(${{ v }})", "select a from t where f($1)>=all($2)"),
    ("select extract(epoch from ${{ v }})", "select extract(epoch from $1)"),
    ("  select 1 ; -- done\n", "  select 1  -- done"),
  ]

  @Test("a value becomes a parameter", arguments: outside)
  func parameters(_ row: (written: String, sent: String)) {
    let (action, diagnostics) = Self.made(.text(row.written))
    #expect(diagnostics == [])
    let shown = Actions.preview(action, ["v": 7])
    let count = row.written.split(separator: "${{ v }}", omittingEmptySubsequences: false).count - 1
    let values = count == 0 ? "" : "\nwith " + (1...count).map { "$\($0) = 7" }.joined(separator: ", ")
    #expect(shown == row.sent + values + "\nat postgres://h")
  }

  static let wrong: [(query: Fields, code: String)] = [
    ("select '${{ v }}'", "unsafe-binding"), ("select 'a' 'b${{ v }}'", "unsafe-binding"),
    ("select E'\\'${{ v }}'", "unsafe-binding"), ("select e'a\\\\' || '${{ v }}'", "unsafe-binding"),
    ("select E'a'\n'b\\' ${{ v }} '", "unsafe-binding"),
    ("select E'a' -- more\n 'b\\' ${{ v }} '", "unsafe-binding"),
    ("select U&'${{ v }}'", "unsafe-binding"), ("select \"${{ v }}\"", "unsafe-binding"),
    ("select U&\"${{ v }}\"", "unsafe-binding"),
    ("select $$${{ v }}$$", "unsafe-binding"), ("select $a$ $b$ ${{ v }} $a$", "unsafe-binding"),
    ("select 1$a$ ${{ v }} $a$", "unsafe-binding"),
    ("select 1 -- ${{ v }}", "unsafe-binding"), ("select 1 /* ${{ v }} */", "unsafe-binding"),
    ("select 1 /* /* */ ${{ v }} */", "unsafe-binding"),
    // A word or a number would take it in.
    ("select a${{ v }}", "unsafe-binding"), ("select 1${{ v }}", "unsafe-binding"),
    ("select ${{ v }}1", "unsafe-binding"), ("select ${{ v }}a", "unsafe-binding"),
    ("select é${{ v }}", "unsafe-binding"), ("select ${{ v }}${{ v }}", "unsafe-binding"),
    ("select $${{ v }}", "unsafe-binding"), ("select ${{ v }}$", "unsafe-binding"),
    // A quote beside a name in quotes would be a part of it.
    ("select \"a\"${{ identifier(v) }}", "unsafe-binding"),
    ("select ${{ identifier(v) }}\"a\"", "unsafe-binding"),
    ("select U&${{ identifier(v) }}", "unsafe-binding"), ("select 'a'${{ identifier(v) }}", "unsafe-binding"),
    ("select '${{ identifier(v) }}'", "unsafe-binding"),
    ("select ${{ identifier(v) }}${{ identifier(v) }}", "unsafe-binding"),
    // No value.
    ("drop table ${{ v }}", "sql-syntax"), ("select * from s.${{ v }}", "sql-syntax"),
    ("select $1", "sql-syntax"), ("select $2 + ${{ v }}", "sql-syntax"),
    ("select 'a", "sql-syntax"), ("select \"a", "sql-syntax"), ("select $$a", "sql-syntax"),
    ("select $a$ $b$", "sql-syntax"), ("select 1 /* /* */", "sql-syntax"), ("select E'\\'", "sql-syntax"),
    // One statement each, and a transaction of ours.
    ("select 1; select 2", "several-statements"), ("select 1; ;select 2", "several-statements"),
    ("select 1; ${{ v }}", "several-statements"), ("; select 1", "several-statements"),
    ("", "empty"), (" -- nothing\n", "empty"), ([], "empty"), (";", "empty"),
    ("commit", "bad-value"), ("SAVEPOINT a", "bad-value"), ("set transaction read write", "bad-value"),
    ("prepare transaction 'x'", "bad-value"),
    ("vacuum", "not-in-transaction"), ("create unique index concurrently i on t (a)", "not-in-transaction"),
    ("drop database x", "not-in-transaction"), ("reindex table concurrently t", "not-in-transaction"),
    ("alter system set a = 1", "not-in-transaction"), ("select <NAME>", "placeholder"),
    (nil, "wrong-type"), (["a": "b"], "wrong-type"),
  ].map { (query: $0.0, code: $0.1) }

  @Test("is refused", arguments: wrong)
  func mistakes(_ row: (query: Fields, code: String)) {
    let (action, diagnostics) = Self.made(row.query)
    #expect(action == nil)
    #expect(diagnostics.map(\.code) == [row.code])
  }

  @Test(
    "is one statement",
    arguments: [
      "create rule r as on insert to t do also (delete from a; delete from b)",
      "create function f() returns int begin atomic select 1; select case when true then 1 end; end;",
      "create function f() returns int language sql as $$ select 1; select 2 $$",
      "refresh materialized view concurrently v", "insert into t values (1) on conflict do nothing",
    ])
  func one(_ query: String) {
    let (action, diagnostics) = Self.made(.text(query))
    #expect(action != nil && diagnostics == [] && action?.effect.isWrite == true)
  }

  static let reads = [
    "select 1", " -- why\nSELECT 1", "(select 1) union (select 2)", "values (1)", "table t",
    "show server_version",
    "with x as (select 1) select * from x", "explain delete from t", "explain (costs off) delete from t",
    "explain analyze select 1", "explain (analyze) select 1", "select substring(a for 3) from t",
    "select \"into\" from t", "select 'delete' from t", "select a from t where b = 'for update'",
    "with x as materialized (select \"delete\" from t) select 1", "explain (select 1)",
  ]
  static let writes = [
    "insert into t values (1)", "UPDATE t set a = 1", "delete from t",
    "merge into t using s on true when matched then delete",
    "create table t ()", "drop table t", "alter table t add a int", "truncate t", "grant all on t to a",
    "call p()", "do $$ begin end $$", "copy t from '/x'", "lock table t", "notify a", "set a = 1",
    "analyze t",
    "select 1 into t", "select * into temp t from s", "select 1 from t for update",
    "select 1 from t for no key update",
    "with x as (delete from t returning 1) select 1", "with x as (select 1) insert into t select * from x",
    "with x as not materialized (update t set a = 1 returning 1) select 1",
    "explain analyze delete from t", "explain (analyze, costs off) update t set a = 1",
    "explain analyze verbose insert into t values (1)", "refresh materialized view v", "(delete from t)",
  ]

  @Test("a question", arguments: reads)
  func isRead(_ query: String) { #expect(Self.made(.text(query)).action?.effect == .read) }

  @Test("no question", arguments: writes)
  func isWrite(_ query: String) { #expect(Self.made(.text(query)).action?.effect.isWrite == true) }

  @Test(
    "a list is one transaction, in which the first change counts; without one nobody vouches for a question")
  func effectOfList() {
    #expect(Self.made(["select 1", "select 2"]).action?.effect == .read)
    #expect(Self.made(["select 1", "delete from t"]).action?.effect.isWrite == true)
    for transaction: Fields in [false, "${{ t }}"] {
      let (action, _) = Actions.make(
        SQLAction.self, ["url": "postgres://h", "query": "select 1", "transaction": transaction])
      #expect(action?.effect.isWrite == true)
    }
  }

  static let wrongFields: [(fields: Fields, code: String)] = [
    ("select 1", "wrong-type"), (["query": "select 1"], "missing-key"),
    (["url": "postgres://h"], "missing-key"),
    (["url": "mysql://h", "query": "select 1"], "bad-url"),
    (["url": "host=h", "query": "select 1"], "bad-url"),
    (["url": "postgres://h/a b", "query": "select 1"], "bad-url"),
    (["url": "postgres://h", "query": "select 1", "databse": "x"], "unknown-key"),
    (["url": "postgres://h", "query": "select 1", "transaction": "no"], "wrong-type"),
    (["url": "postgres://h", "query": "select 1", "lock_timeout": "0s"], "bad-duration"),
    (["url": "postgres://h", "query": ["select 1", "select 2"], "transaction": false], "contradiction"),
  ].map { (fields: $0.0, code: $0.1) }

  @Test("fields are refused", arguments: wrongFields)
  func fields(_ row: (fields: Fields, code: String)) {
    let (action, diagnostics) = Actions.make(SQLAction.self, row.fields)
    #expect(action == nil)
    #expect(diagnostics.map(\.code) == [row.code])
  }

  @Test("whole, as it is sent")
  func whole() {
    let (action, diagnostics) = Actions.make(
      SQLAction.self,
      [
        "url": "postgres://${{ user }}@h/app", "database": "${{ db }}", "lock_timeout": "5s",
        "query": [
          "alter database ${{ identifier(old) }} rename to ${{ identifier(new) }}",
          "insert into t\nvalues (${{ text }}, ${{ list }}, ${{ none }}, ${{ later }})",
        ],
      ])
    #expect(diagnostics == [])
    let values: [String: Value] = [
      "user": "a@b", "identifier(old)": "\"o\"\"ld\"", "text": "it's", "list": .list(["a\"b", 1, .null]),
      "none": .null,
    ]
    #expect(
      Actions.preview(action, values) == #"""
        in one transaction:
        1. alter database "o""ld" rename to (known after identifier(new))
        2. insert into t
        values ($1, $2, $3, $4)
        with $1 = 'it''s', $2 = '{"a\"b","1",NULL}', $3 = NULL, $4 = (known after later)
        at postgres://a%40b@h/app · database (known after db) · waits 5s for a lock
        """#)
    #expect(Self.made("select 1").action?.templates.map(\.source) == ["postgres://h", "select 1"])
  }
}
