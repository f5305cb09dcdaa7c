#pragma once

#include <CLI/CLI.hpp>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace odograph::cli {

/// The exit code for a command line that nobody can make sense of.
inline constexpr int kMisused = 2;

/// What a command line came to.
struct Understood {
  std::optional<int> exit_code;  ///< Nothing: go on. Else the program ends with it, having printed the texts.
  std::string out;               ///< Of --help and --version.
  std::string err;               ///< What could not be understood, and what may have been meant.
};

/// Takes the command line apart into `app`, which gets --version of the project.
///
/// A word that is no command, option or argument is named with the nearest that is one. CLI11's own exit codes and
/// words for that do not get out.
Understood understand(CLI::App& app, int argc, const char* const* argv);

/// The streams of a program.
struct Streams {
  std::ostream& out;
  std::ostream& err;
};

/// As `understand`, and tells. Nothing: go on; else the program's exit code.
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, const Streams& streams);

/// What a program says of an error on stderr: each line of `what` behind its name, as compilers do.
std::string error_text(std::string_view program, std::string_view what);

}  // namespace odograph::cli
