/// What a new playbook starts as: valid at once, and its comments say what to write where.
public enum PlaybookTemplate: String, Sendable, CaseIterable {
  /// A step with its proof and its way back, checks before and after.
  case change

  /// - Parameter name: of the playbook, for its comments.
  public func text(named name: String) -> String {
    switch self {
    case .change:
      Self.changeText.split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name)
    }
  }

  private static let changeText = """
    # yaml-language-server: $schema=../schemas/playbook.schema.json
    #
    # NAME: say what a person must know before starting it.
    #   belay validate NAME           every mistake, where it stands
    #   belay run NAME --dry-run      what it would do; nothing is started
    #   belay run NAME -p release=2   do it
    belay: 1
    title: Put release ${{ params.release }} in place
    description: |
      When to run this, what it changes, and what it does not.

    # What a run is given. Types: string integer number boolean duration timestamp list map.
    params:
      release:
        type: string
        pattern: "[0-9]+(\\\\.[0-9]+)*"
        description: The release to put in place
        default: "1"

    # No two runs hold the same lock at once.
    locks: [NAME]

    # After a failure what was done is undone, last first. 'stop' leaves it for a person, and the run can be resumed.
    on_failure: rollback

    # A list runs in the order written. The kind of a node is its first key: a step changes something, a check asks,
    # a gate waits for a person or the clock, a group orders others.
    steps:
      - check: ready
        title: There is room for it
        run: df --output=avail . | tail -n 1
        # Conditions are CEL. All of a list must hold.
        expect:
          - int(lines[0].trim()) > 1000

      - step: release
        title: Put it in place
        # Read once before the first attempt, and recorded: what a rollback goes back to.
        capture:
          before:
            run: cat release.txt || echo none
            value: lines[0]
        # A bound value is a variable of the script, never a part of its text.
        run: echo "${{ params.release }}" > release.txt
        timeout: 1m
        # Proves the effect. After a crash it also tells whether the step was done.
        verify:
          run: cat release.txt
          expect:
            - stdout.trim() == params.release
        # Undoes it. Write 'rollback: nothing' where there is nothing to undo.
        rollback:
          run: |
            before="${{ steps.release.before }}"
            if [ "$before" = none ]; then rm -f release.txt; else echo "$before" > release.txt; fi

      - check: in_place
        title: What is there is what was asked for
        run: cat release.txt
        expect:
          - stdout.trim() == params.release
        # Asked again 'every' so often until it passes; unknown never passes.
        within: 10s
        every: 1s

    # Must hold after success, and after a rollback before it is called one.
    steady_state:
      - check: readable
        run: test ! -e release.txt || test -r release.txt

    """
}
