#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace odograph::traffic {

/// One small text kept in a file, with a thread of its own for whatever the disk takes. What is written replaces the
/// file in one go, so that a power cut leaves the old text or the new one. Calls from one thread.
class AccountFile {
 public:
  /// Begins to read `path`. While its folder cannot be read that is tried again every kRetry, and nothing is written.
  explicit AccountFile(std::filesystem::path path);
  /// Writes what was given last, once.
  ~AccountFile();
  AccountFile(const AccountFile&) = delete;
  AccountFile& operator=(const AccountFile&) = delete;

  /// What the file held at the start, told once; nothing while it is not known. An absent file held the empty text.
  std::optional<std::string> take_loaded();
  /// In the background; of several texts the newest. Does nothing before `take_loaded` has told what would be lost.
  void save(std::string text);
  /// Why it was not read or written the last time; empty if it was.
  std::string trouble() const;

 private:
  void run();

  const std::filesystem::path path_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::string> loaded_;
  bool is_taken_ = false;
  std::optional<std::string> pending_;
  std::string trouble_;
  bool stopping_ = false;
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace odograph::traffic
