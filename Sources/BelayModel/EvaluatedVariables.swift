/// Variables whose value bash, the loader or a program takes for code, for a command, or for where to find one.
///
/// A value that is not the author's own stays out of them, quoted or not.
public enum EvaluatedVariables {
  /// Whether an assignment to the variable may run what is assigned.
  public static func contains(_ name: some StringProtocol) -> Bool {
    names.contains(String(name)) || prefixes.contains { name.hasPrefix($0) }
  }

  /// - Source: bash(1), "Shell Variables", ld.so(8), git(1), make(1), and the manuals of the interpreters.
  private static let names: Set<String> = [
    // Expanded or run by bash; or of integer type, so that an assignment is arithmetic.
    "BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS3", "PS4", "SHELLOPTS", "BASHOPTS",
    "BASH_LOADABLES_PATH", "HISTCMD", "LINENO", "OPTIND", "RANDOM", "SECONDS", "SRANDOM", "BASHPID",
    // Where programs and libraries are found.
    "PATH", "SHELL", "GCONV_PATH", "MANPATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PERL5LIB",
    "RUBYLIB",
    "NODE_PATH", "CLASSPATH",
    // Options and commands of programs.
    "PERL5OPT", "PERL5DB", "RUBYOPT", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "MAKEFLAGS", "MAKEFILES", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "PSQL_PAGER", "PSQL_EDITOR", "BROWSER",
    "LESSOPEN", "LESSCLOSE", "RSYNC_RSH", "CVS_RSH", "SSH_ASKPASS", "SUDO_ASKPASS", "TAR_OPTIONS",
    "GIT_ASKPASS",
    "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND",
    "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR",
  ]

  private static let prefixes = ["LD_", "BASH_FUNC_", "GIT_CONFIG"]
}
