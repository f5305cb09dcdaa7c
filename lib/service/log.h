#pragma once

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace odograph::service {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// "debug", "info", "warning", "error"; nothing for anything else.
std::optional<LogLevel> parse_log_level(std::string_view text);

enum class LogFormat {
  kHuman,     ///< 2026-11-22T23:58:26.123Z info    text
  kAboveBar,  ///< The same on a terminal whose last line is a progress bar: it takes the bar's place.
  kJournal,   ///< <6>text: the priority prefix of sd-daemon(3); journald adds the time itself.
};

/// `kJournal` if JOURNAL_STREAM says that the descriptor is connected to the journal.
LogFormat log_format_for(int fd);

/// Lines to a descriptor, each written at once. Any thread. Control characters (a line break from the input) become
/// blanks, so that a line stays a line; lines are cut at 2,048 bytes. Never fails: what cannot be written is lost.
class Log {
 public:
  /// `fd` is borrowed: stderr, or a test's pipe.
  Log(int fd, LogLevel level, LogFormat format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void set_level(LogLevel level);
  bool shows(LogLevel level) const;
  void write(LogLevel level, std::string_view line);

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (shows(LogLevel::kDebug)) write(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    if (shows(LogLevel::kInfo)) write(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    if (shows(LogLevel::kWarning)) write(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    if (shows(LogLevel::kError)) write(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace odograph::service
