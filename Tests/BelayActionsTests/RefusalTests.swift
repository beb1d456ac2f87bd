import BelayActions
import BelayModel
import Glibc
import Testing

@Suite("Bindings that would become code", .serialized) struct RefusalTests {
  @Test(
    "are refused where they would become code",
    arguments: [
      "bash -c \"echo ${{ v }}\"", "sudo bash -lc 'echo ${{ v }}'", "sh -ec ${{ v }}", "eval ${{ v }}",
      "eval \"$(echo ${{ v }})\"", "ssh host ls ${{ v }}", "ssh ${{ v }}", "sudo ssh host \"${{ v }}\"",
      "docker exec app sh -c \"ls ${{ v }}\"", "kubectl exec pod -- ls ${{ v }}", "railway ssh -- ${{ v }}",
      "python3 -c \"print('${{ v }}')\"", "psql -c \"select ${{ v }}\"", "psql <<SQL\nselect '${{ v }}'\nSQL",
      "bash <<END\necho ${{ v }}\nEND", "bash <<< ${{ v }}", "echo ${{ v }} | bash",
      "echo ${{ v }} | tee x | sudo sh",
      "cat <<END | bash\n${{ v }}\nEND", "echo $(( ${{ v }} ))", "(( x = ${{ v }} ))", "echo $[ ${{ v }} ]",
      "echo ${a[${{ v }}]}", "echo ${a[\"${{ v }}\"]}", "echo $(( \"${{ v }}\" ))", "(( '${{ v }}' ))",
      "a[\"${{ v }}\"]=1",
      "a['${{ v }}']+=1", "echo \"${a:-'${{ v }}'}\"", "echo \"${a#'${{ v }}'}\"", "local -n x=${{ v }}",
      "echo ${a#${{ v }}}", "echo ${a:${{ v }}}", "echo ${${{ v }}}", "a[${{ v }}]=1",
      "[[ ${{ v }} -eq 1 ]]", "[[ 1 -lt ${{ v }} ]]", "[[ -v ${{ v }} ]]", "test -v ${{ v }}",
      "[ -v ${{ v }} ]",
      "declare ${{ v }}", "export ${{ v }}=1", "declare -i x=${{ v }}", "let x=${{ v }}", "unset ${{ v }}",
      "read ${{ v }}", "printf -v ${{ v }} x", "trap ${{ v }} EXIT", "cat <<'END'\n${{ v }}\nEND",
      "cat <<\\END\n${{ v }}\nEND", "cat <<${{ v }}\nx\n", "echo \\${{ v }}", "echo \"\\${{ v }}\"",
      "echo $${{ v }}",
      "echo \"$${{ v }}\"", "echo \"${{ v }}", "echo '${{ v }}", "echo $(echo ${{ v }}",
      "echo `echo \\\"${{ v }}\\\"`",
      "sed 's/x/${{ v }}/' file", "sed -i -e \"s/x/${{ v }}/\" file", "awk '{ print \"${{ v }}\" }'",
      "find . -exec sh -c 'echo ${{ v }}' ;", "xargs sh -c \"${{ v }}\"", "perl -e '${{ v }}'",
      "su app -c ${{ v }}",
      "timeout 5 bash -c \"${{ v }}\"", "env A=1 bash -c \"${{ v }}\"", "if true; then eval ${{ v }}; fi",
      "x=$(ssh host ${{ v }})", "echo \"$(bash -c \"${{ v }}\")\"", "watch ${{ v }}",
      "git -C repo --no-pager -c ${{ v }} log", "git clone -c ${{ v }} url", "git rebase -ix ${{ v }} main",
      "git --git-dir /x -c ${{ v }} log", "git ${{ v }} -c ${{ v }}",
    ])
  func refused(_ script: String) {
    let (action, diagnostics) = Actions.run(script)
    #expect(action == nil)
    #expect(diagnostics.map(\.code) == ["unsafe-binding"])
  }

  @Test(
    "are not refused for a word that only looks like it",
    arguments: [
      "systemctl restart ssh ${{ v }}", "grep -c ${{ v }} file", "echo eval ${{ v }}",
      "git commit -m ${{ v }}",
      "bash script.sh ${{ v }}", "bash -c 'echo \"$1\"' _ ${{ v }}", "python3 tool.py -x ${{ v }}",
      "docker exec app ls ${{ v }}", "tar -c ${{ v }}", "echo ${{ v }} | grep -c x",
      "curl -fsS \"${{ v }}\" | tee x",
      "[[ ${{ v }} =~ ^a ]]", "local x=${{ v }}", "export X=${{ v }} Y=2", "sed -n 1p ${{ v }}",
      "awk -v x=1 '{ print }' ${{ v }}", "case ${{ v }} in a) ;; esac", "mv ${{ v }} b[1]",
      "echo \"items[${{ v }}]\"", "echo 'x['${{ v }}", "read -r x <<< ${{ v }}", "ssh host uptime > ${{ v }}",
      "bash script.sh > ${{ v }}", "declare -r x=${{ v }}", "local -x X=${{ v }}", "a=(one ${{ v }})",
      "{ echo ${{ v }}; bash script.sh; }", "make -C ${{ v }} all", "sqlite3 ${{ v }} 'select 1'",
      "X_PATH=${{ v }} tool", "VERSION=${{ v }} make", "wait ${{ v }}", "mapfile -t lines <<< ${{ v }}",
      "$TOOL --name ${{ v }}",
      "x=${{ v }}; ssh host \"$(printf %q \"$x\")\"", "x=${{ v }}; case $x in a|b) eval \"$x\" ;; esac",
      "x=${{ v }}; [[ $x =~ ^[a-z]+$ ]] && ssh host \"$x\"", "perl tool.pl ${{ v }}",
      "git -C ${{ v }} status", "git switch -c ${{ v }}", "b=${{ v }}; git -C repo switch -c \"$b\"",
      "git cherry-pick -x ${{ v }}", "git commit -c ${{ v }}", "git --no-pager diff -c ${{ v }}",
      "psql -h${{ v }} -f x.sql", "tar -xzf ${{ v }}", "for f in ${{ v }}; do cat \"$f\"; done",
      "rsync -a ${{ v }} host:/x", "TOOL=grep; $TOOL -c ${{ v }} f",
      "while read -r x; do :; done <<< ${{ v }}",
    ])
  func allowed(_ script: String) {
    #expect(Actions.run(script).diagnostics.map(\.message) == [])
  }

  /// A script, and a value with which bash, given it as a quoted variable, runs a command of the value's.
  struct Proof: Sendable, CustomTestStringConvertible {
    var script: String
    var value: String
    var testDescription: String { script }

    init(_ script: String, _ value: String) {
      self.script = script
      self.value = value
    }
  }

  private static let file = "/tmp/belay-refused-\(getpid())"
  private static let command = "touch \(file)"
  private static let substitution = "$(\(command))"
  private static let index = "a[$(\(command))]"
  private static let list = "($(\(command)))"

  static let proofs = [
    // An index, in an array's list too.
    Proof("a=([${{ v }}]=1)", substitution), Proof("a+=([1+${{ v }}]=1)", substitution),
    Proof("a=(\n  x # a comment\n  [${{ v }}]=1\n)", substitution), Proof("a[b[1]${{ v }}]=1", "+\(index)"),
    Proof("exec {a[${{ v }}]}>/dev/null", index),
    // Builtins that evaluate a word.
    Proof("true & wait -n -p ${{ v }}", index), Proof("true & wait -p${{ v }} $!", index),
    Proof("compgen -W ${{ v }}", substitution), Proof("compgen -C ${{ v }}", command),
    Proof("mapfile -c 1 -C ${{ v }} x <<< y", command), Proof("jobs -x eval ${{ v }}", command),
    Proof("builtin eval ${{ v }}", command), Proof("command eval ${{ v }}", command),
    // Lists and attributes of variables.
    Proof("declare -a a=${{ v }}", list), Proof("readonly -A a=${{ v }}", "([\(substitution)]=1)"),
    Proof("export -a a=${{ v }}", list), Proof("declare -xa 'a=${{ v }}'", list),
    Proof("declare -a a; declare a=${{ v }}", list), Proof("a=(1); declare a=${{ v }}", list),
    Proof("declare -i n; n=${{ v }}", index), Proof("declare -n r; r=${{ v }}; echo $r", index),
    Proof("declare -i n; for n in ${{ v }}; do :; done", index),
    // Variables that bash or a program evaluates.
    Proof("PS4=${{ v }}; set -x; :", substitution),
    Proof("export BASH_ENV=${{ v }}; bash -c :", substitution),
    Proof("BASH_ENV=${{ v }} bash -c :", substitution),
    Proof("env BASH_ENV=${{ v }} bash -c :", substitution),
    Proof("ENV=${{ v }} sh -ic :", substitution), Proof("PROMPT_COMMAND=${{ v }} bash -i <<< :", command),
    Proof("PS1=${{ v }} bash --norc -i <<< :", substitution), Proof("RANDOM=${{ v }}", index),
    Proof("OPTIND=${{ v }}", index), Proof("HISTCMD=${{ v }}", index),
    Proof("for RANDOM in ${{ v }}; do :; done", index), Proof(": ${PS4:=${{ v }}}${PS4=${{ v }}}", ""),
    Proof("unset PS4; : ${PS4:=${{ v }}}; set -x; :", substitution),
    Proof("read -r PS4 <<< ${{ v }}; set -x; :", substitution),
    Proof("printf -v PS4 %s ${{ v }}; set -x; :", substitution),
    Proof("env 'BASH_FUNC_f%%=${{ v }}' bash -c f", "() { \(command); }"),
    Proof("PATH=${{ v }}; tool", ""), Proof("LD_PRELOAD=${{ v }} true", ""), Proof("EDITOR=${{ v }} vi", ""),
    // Shells, however their options are written and however they are called.
    Proof("bash -ce ${{ v }}", command), Proof("bash -c -e ${{ v }}", command),
    Proof("bash -c -- ${{ v }}", command), Proof("bash -c -o pipefail ${{ v }}", command),
    Proof("bash +c ${{ v }}", command), Proof("bash ${{ v }} ${{ v }}", ""),
    Proof("bash -${{ v }} ${{ v }}", ""), Proof("B=bash; $B -c ${{ v }}", command),
    Proof("B='bash -c'; $B ${{ v }}", command), Proof("B=eval; \"$B\" ${{ v }}", command),
    Proof("c=(bash -c ${{ v }}); \"${c[@]}\"", command), Proof("$SHELL -c ${{ v }}", ""),
    Proof("sg root -c ${{ v }}", ""), Proof("sg root ${{ v }}", ""), Proof("env -S ${{ v }}", command),
    Proof("env --split-string=${{ v }}", command), Proof("script -q --command=${{ v }} /dev/null", command),
    Proof("su app --command=${{ v }}", ""), Proof("python3.11 -c ${{ v }}", ""),
    // What reaches a shell as its input or its file.
    Proof("bash <(echo ${{ v }})", command), Proof("bash < <(echo ${{ v }})", command),
    Proof("source <(echo ${{ v }})", command), Proof("source /dev/stdin <<< ${{ v }}", command),
    Proof("{ echo ${{ v }}; } | bash", command), Proof("( echo ${{ v }} ) | bash", command),
    Proof("if true; then echo ${{ v }}; fi | bash", command),
    Proof("for x in ${{ v }}; do echo \"$x\"; done | bash", command),
    Proof("case x in x) echo ${{ v }};; esac | bash", command), Proof("echo ${{ v }} | { bash; }", command),
    Proof("echo ${{ v }} | ( cat | bash )", command),
    Proof("echo ${{ v }} | if true; then bash; fi", command),
    Proof("echo ${{ v }} | echo \"$(bash)\"", command), Proof("{ bash; } <<< ${{ v }}", command),
    Proof("{ bash; } <<END\n${{ v }}\nEND", command), Proof("{ bash; } < <(echo ${{ v }})", command),
    Proof("echo ${{ v }} | cat | tee >(bash) | cat", command), Proof("echo ${{ v }} > >(bash)", ""),
    // Other programs whose words are code.
    Proof("sed -n -e${{ v }} /etc/passwd", "1e\(command)"), Proof("sed -n 's/x/${{ v }}/' f", ""),
    Proof("sed --expression=${{ v }} /etc/passwd", "1e\(command)"),
    Proof("sed -f <(echo ${{ v }}) /etc/passwd", "1e\(command)"),
    Proof("sed -ne ${{ v }} /etc/passwd", "1e\(command)"),
    Proof("awk -f <(echo ${{ v }})", ""), Proof("split --filter=${{ v }} /etc/passwd", command),
    Proof("tar -cf /dev/null -I ${{ v }} /etc/passwd", command),
    Proof("git -c ${{ v }} x", "alias.x=!\(command)"),
    Proof("perl -ne 1 ${{ v }}", "\(command)|"), Proof("perl -e${{ v }}", "system '\(command)'"),
    Proof("sqlite3 db \".shell ${{ v }}\"", ""), Proof("sqlite3 db -cmd ${{ v }}", ""),
    Proof("make VERSION=${{ v }}", ""), Proof("make ${{ v }}", ""),
    Proof("psql -c\"${{ v }}\"", ""), Proof("mysql --execute=\"${{ v }}\"", ""),
    Proof("hash -p ${{ v }} ls", ""), Proof("enable -f ${{ v }} x", ""), Proof("complete -C ${{ v }} x", ""),
    Proof("ed ${{ v }}", ""), Proof("at now <<< ${{ v }}", ""), Proof("sftp -b - h <<< ${{ v }}", ""),
    // In two steps, where both can be seen.
    Proof("x=${{ v }}; eval \"$x\"", command), Proof("x=${{ v }}; y=\"a ${x}\"; eval \"$y\"", ";\(command)"),
    Proof("x=${{ v }}; bash -c \"echo $x\"", ";\(command)"), Proof("x=${{ v }}; echo \"$x\" | bash", command),
    Proof("x=${{ v }}; echo ${!x}", index), Proof("x=${{ v }}; echo \"${x@P}\"", substitution),
    Proof("read -r x <<< ${{ v }}; eval \"$x\"", command),
    Proof("for x in ${{ v }}; do eval \"$x\"; done", command),
  ]

  @Test("and are refused, for bash would run them", arguments: proofs)
  func proven(_ proof: Proof) throws {
    #expect(Set(Actions.run(proof.script).diagnostics.map(\.code)) == ["unsafe-binding"])
    guard !proof.value.isEmpty else { return }
    unlink(Self.file)
    let script = proof.quoted("BELAY_V")
    _ = Shell.run(
      ProcessRequest(
        arguments: ["bash", "-c", script + "\nwait"],
        environment: [.init(name: "BELAY_V", value: BoundText(proof.value))], workingDirectory: "/tmp"))
    #expect(access(Self.file, F_OK) == 0, "bash runs nothing here")
    unlink(Self.file)
  }

  @Test("every builtin of bash is known to take a bound word, or refuses it")
  func builtins() throws {
    let all = Shell.run(
      ProcessRequest(arguments: ["bash", "-c", "compgen -b"], environment: [], workingDirectory: "/tmp"))
    let names = String(decoding: try #require(all).stdout, as: UTF8.self).split(separator: "\n").map(
      String.init)
    let taken = names.filter { Actions.run("\($0) ${{ v }}").diagnostics.isEmpty }
    #expect(
      taken == [
        ":", "[", "bg", "break", "builtin", "caller", "cd", "command", "continue", "dirs", "disown", "echo",
        "exec",
        "exit", "false", "fg", "hash", "help", "jobs", "kill", "logout", "popd", "printf", "pushd", "pwd",
        "return",
        "set", "shift", "shopt", "suspend", "test", "times", "true", "type", "ulimit", "umask", "unalias",
        "wait",
      ])
  }
}

extension RefusalTests.Proof {
  /// The script with a reference in place of each binding, quoted as bash takes it for one text.
  fileprivate func quoted(_ variable: String) -> String {
    var text = ""
    for part in script.split(separator: "${{ v }}", omittingEmptySubsequences: false) {
      if !text.isEmpty || part.startIndex > script.startIndex {
        let isDouble = text.contains("<<END") || text.count { $0 == "\"" } % 2 == 1
        let isSingle = text.count { $0 == "'" } % 2 == 1
        text += isDouble ? "${\(variable)}" : isSingle ? "'\"${\(variable)}\"'" : "\"${\(variable)}\""
      }
      text += part
    }
    return text
  }
}
