#include "agent/traffic/account_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace odograph::traffic {
namespace {

constexpr std::chrono::seconds kRetry{10};
constexpr std::size_t kTextBytesMax = 4096;

base::Error failed(const std::filesystem::path& path) {
  return base::retry_error(path.string() + ": " + std::strerror(errno));
}

/// A text that is longer than ours ever are is cut: nobody can make anything of it anyway.
base::Result<std::string> read_text(const std::filesystem::path& path) {
  const base::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) {
    const base::Error error = failed(path);
    const bool is_first = errno == ENOENT && ::access(path.parent_path().c_str(), F_OK) == 0;
    return is_first ? base::Result<std::string>{std::string{}} : error;
  }
  std::array<char, kTextBytesMax> bytes{};
  const ssize_t size = ::read(fd.get(), bytes.data(), bytes.size());
  if (size < 0) return failed(path);
  return std::string{bytes.data(), static_cast<std::size_t>(size)};
}

base::Status write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::path fresh = path;
  fresh += ".new";
  const base::UniqueFd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!fd) return failed(fresh);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return failed(fresh);
  // Without it the name may become durable before the content. The folder itself may follow later: then it is the text
  // before that a power cut leaves.
  if (::fdatasync(fd.get()) != 0 || std::rename(fresh.c_str(), path.c_str()) != 0) return failed(path);
  return {};
}

}  // namespace

AccountFile::AccountFile(std::filesystem::path path) : path_(std::move(path)), thread_([this] { run(); }) {}

AccountFile::~AccountFile() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::optional<std::string> AccountFile::take_loaded() {
  const std::lock_guard lock{mutex_};
  is_taken_ = is_taken_ || loaded_.has_value();
  return std::exchange(loaded_, std::nullopt);
}

void AccountFile::save(std::string text) {
  {
    const std::lock_guard lock{mutex_};
    if (!is_taken_) return;
    pending_ = std::move(text);
  }
  wake_.notify_one();
}

std::string AccountFile::trouble() const {
  const std::lock_guard lock{mutex_};
  return trouble_;
}

void AccountFile::run() {
  bool is_read = false;
  std::unique_lock lock{mutex_};
  while (true) {
    if (!is_read) {
      lock.unlock();
      auto text = read_text(path_);
      lock.lock();
      is_read = text.has_value();
      trouble_ = is_read ? "" : text.error().what;
      if (is_read) loaded_ = std::move(*text);
    }
    if (pending_) {
      const std::string text = *std::exchange(pending_, std::nullopt);
      lock.unlock();
      const base::Status written = write_text(path_, text);
      lock.lock();
      trouble_ = written ? "" : written.error().what;
      continue;
    }
    if (stopping_) return;
    if (is_read) {
      wake_.wait(lock, [&] { return stopping_ || pending_; });
    } else {
      wake_.wait_for(lock, kRetry, [&] { return stopping_; });
    }
  }
}

}  // namespace odograph::traffic
