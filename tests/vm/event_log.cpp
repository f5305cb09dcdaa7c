#include "tests/vm/event_log.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace odograph::vm {
namespace {

constexpr std::size_t kMessageBytesMax = 128;

base::Error failure(const std::string& what) { return base::stop_error(what + ": " + std::strerror(errno)); }

}  // namespace

base::Result<EventLog> EventLog::open(const std::filesystem::path& path, std::string disk) {
  EventLog log;
  {
    std::ifstream before(path);
    const auto lines =
        std::count(std::istreambuf_iterator<char>(before.rdbuf()), std::istreambuf_iterator<char>(), '\n');
    log.lines_ = static_cast<std::size_t>(lines);
  }
  log.file_.reset(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (!log.file_) return failure("open " + path.string());
  log.disk_ = std::move(disk);
  if (log.disk_.empty()) return log;
  log.device_mapper_.reset(::open("/dev/mapper/control", O_RDWR | O_CLOEXEC));
  if (!log.device_mapper_) return failure("open /dev/mapper/control");
  return log;
}

base::Status EventLog::note(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  if (::write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return failure("note");
  ++lines_;
  return {};
}

base::Status EventLog::mark() {
  if (!device_mapper_) return {};
  // As the kernel wants it: the header, and right behind it the message, which is a sector number and a text.
  alignas(dm_ioctl) std::array<char, sizeof(dm_ioctl) + sizeof(dm_target_msg) + kMessageBytesMax> message{};
  dm_ioctl header{};
  header.version[0] = DM_VERSION_MAJOR;
  header.data_size = message.size();
  header.data_start = sizeof header;
  disk_.copy(header.name, DM_NAME_LEN - 1);
  std::memcpy(message.data(), &header, sizeof header);
  const std::string text = "mark " + std::to_string(lines_);
  text.copy(message.data() + sizeof header + sizeof(dm_target_msg), kMessageBytesMax - 1);
  if (::ioctl(device_mapper_.get(), DM_TARGET_MSG, message.data()) != 0) return failure("mark on " + disk_);
  return {};
}

}  // namespace odograph::vm
