#include "lib/service/log.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>

namespace odograph::service {
namespace {

constexpr std::size_t kLineBytesMax = 2048;

class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FdSink(int fd) : fd_(fd) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* at = line.data();
    std::size_t left = line.size();
    while (left > 0) {
      const ssize_t written = ::write(fd_, at, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }
  void flush_() override {}

  const int fd_;
};

/// The flag `%*` of the pattern: "<6>".
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override {
    const auto name = [&]() -> std::string_view {
      if (message.level >= spdlog::level::err) return "<3>";
      if (message.level == spdlog::level::warn) return "<4>";
      return message.level == spdlog::level::info ? "<6>" : "<7>";
    }();
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
  formatter->add_flag<PriorityFlag>('*');
  const std::string human = "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
  const std::string clear_line = "\r\x1b[K";
  formatter->set_pattern(format == LogFormat::kJournal    ? "%*%v"
                         : format == LogFormat::kAboveBar ? clear_line + human
                                                          : human);
  return formatter;
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kLineBytesMax));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warning") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  return std::nullopt;
}

LogFormat log_format_for(int fd) {
  // systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream that it opened. A child that was redirected
  // elsewhere inherits the variable, so the numbers have to agree.
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(fd, &status) != 0) return LogFormat::kHuman;
  const std::string ours = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  return ours == stream ? LogFormat::kJournal : LogFormat::kHuman;
}

struct Log::Impl {
  Impl(int fd, LogFormat format) : logger("odograph", std::make_shared<FdSink>(fd)) {
    logger.set_formatter(make_formatter(format));
  }
  spdlog::logger logger;
};

Log::Log(int fd, LogLevel level, LogFormat format) : impl_(std::make_unique<Impl>(fd, format)) { set_level(level); }
Log::~Log() = default;

void Log::set_level(LogLevel level) { impl_->logger.set_level(to_spdlog(level)); }
bool Log::shows(LogLevel level) const { return impl_->logger.should_log(to_spdlog(level)); }

void Log::write(LogLevel level, std::string_view line) {
  const std::string text = one_line(line);
  impl_->logger.log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace odograph::service
