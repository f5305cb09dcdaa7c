#include "fleet/trips/line_file.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace odograph::trips {
namespace {

constexpr unsigned kReadBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

void LineFile::Close::operator()(gzFile_s* file) const { gzclose_r(file); }

base::Result<LineFile> LineFile::open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return base::stop_error("open " + path.string() + ": a directory");
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr)
    return base::stop_error("open " + path.string() + ": " + std::strerror(errno == 0 ? ENOMEM : errno));
  return LineFile(path.string(), file);
}

base::Result<bool> LineFile::fill() {
  buffer_.erase(0, used_);
  used_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  const int got = gzread(file_.get(), buffer_.data() + before, kReadBytes);
  buffer_.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
  if (got > 0) return true;
  int code = Z_OK;
  const char* why = gzerror(file_.get(), &code);
  if (got == 0 && (code == Z_OK || code == Z_STREAM_END)) return false;
  return base::stop_error(name_ + ":" + std::to_string(number_ + 1) +
                          ": cannot be read on: " + (code == Z_BUF_ERROR ? "the gzip file is cut off" : why));
}

base::Result<bool> LineFile::next(std::string& line) {
  std::size_t searched = used_;
  std::size_t end = buffer_.find('\n', searched);
  while (end == std::string::npos) {
    searched = buffer_.size() - used_;
    if (searched > kLineBytesMax)
      return base::stop_error(name_ + ":" + std::to_string(number_ + 1) + ": a line longer than " +
                              std::to_string(kLineBytesMax) + " bytes");
    const auto more = fill();
    if (!more) return more.error();
    if (!*more) {
      if (buffer_.empty()) return false;
      end = buffer_.size();
      break;
    }
    end = buffer_.find('\n', searched);
  }
  line.assign(buffer_, used_, end - used_);
  used_ = std::min(end + 1, buffer_.size());
  if (!line.empty() && line.back() == '\r') line.pop_back();
  // Some programs begin a text with a mark that says that it is UTF-8; it is no part of it.
  if (number_ == 0 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  ++number_;
  return true;
}

}  // namespace odograph::trips
