#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/aws/secret.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::aws {

/// What a program left behind.
struct ProgramEnd {
  int exit_code = 0;    ///< 128 + the signal if one ended it, as a shell tells it.
  SecretString output;  ///< Its standard output.
  SecretString errors;  ///< The first `kProgramErrorBytesMax` of its standard error.
};

constexpr std::size_t kProgramOutputBytesMax = 64UL * 1024;
constexpr std::size_t kProgramErrorBytesMax = 4UL * 1024;
constexpr std::size_t kProgramWordsMax = 256;

/// Splits a command line into words as a shell would, but expands nothing: blanks separate, '...' is literal, "..." and
/// the plain text know `\` before a character. `kStop` for an open quote, a trailing `\`, no word, or more than
/// `kProgramWordsMax`.
base::Result<std::vector<std::string>> split_command(std::string_view command);

/// Runs `words[0]` (looked up in PATH) without a shell, in a process group of its own, with nothing to read and none of
/// our descriptors or blocked signals, and waits for its end, at most `deadline`; then the whole group is killed.
/// `kRetry` if it took longer or printed more than `kProgramOutputBytesMax`; `kStop` if it cannot be started.
base::Result<ProgramEnd> run_program(const std::vector<std::string>& words, base::Millis deadline);

}  // namespace odograph::aws
