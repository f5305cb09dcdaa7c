#include "agent/collect/recording.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/crc32c.h"
#include "lib/base/unique_fd.h"

namespace odograph::collect {
namespace {

constexpr std::size_t kFingerprintBytes = 64 << 10;
constexpr std::size_t kInputBytes = 64 << 10;
constexpr std::size_t kKindBytes = 6;  // the longest of the beginnings that tell formats apart

/// The file as it lies on disk, or what a pipe brings.
struct File {
  std::string name;
  base::UniqueFd fd;
  std::uint64_t size = 0;
  std::uint64_t behind = 0;
  std::string head;  ///< Read ahead, to be given out first.

  /// Reads ahead until `head` has `bytes` or the end is reached.
  base::Status read_head(std::size_t bytes) {
    while (head.size() < bytes) {
      std::array<char, kFingerprintBytes> piece{};
      const ssize_t got = read_once({piece.data(), bytes - head.size()});
      if (got < 0) return failed();
      if (got == 0) break;
      head.append(piece.data(), static_cast<std::size_t>(got));
    }
    return {};
  }

  base::Result<std::size_t> read(std::span<char> buffer) {
    if (!head.empty()) {
      const std::size_t count = head.copy(buffer.data(), buffer.size());
      head.erase(0, count);
      behind += count;
      return count;
    }
    const ssize_t got = read_once(buffer);
    if (got < 0) return failed();
    behind += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

 private:
  ssize_t read_once(std::span<char> buffer) const {
    ssize_t got = -1;
    do {
      got = ::read(fd.get(), buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    return got;
  }
  base::Error failed() const {
    return base::stop_error(fmt::format("{}: read at byte {}: {}", name, behind, std::strerror(errno)));
  }
};

class FileRecording : public Recording {
 public:
  FileRecording(File file, std::uint64_t fingerprint) : file_(std::move(file)), fingerprint_(fingerprint) {}
  base::Result<std::size_t> read(std::span<char> buffer) override { return file_.read(buffer); }
  double progress() const override {
    if (file_.size == 0) return 1.0;
    return std::min(1.0, static_cast<double>(file_.behind - read_ahead()) / static_cast<double>(file_.size));
  }
  std::uint64_t fingerprint() const override { return fingerprint_; }

 protected:
  File file_;

 private:
  /// Bytes of the file that were read and of which nothing was given out yet.
  virtual std::size_t read_ahead() const { return 0; }

  std::uint64_t fingerprint_;
};

/// What the two compressed formats share: the input buffer, and that an error is told after the last good byte.
class PackedRecording : public FileRecording {
 public:
  using FileRecording::FileRecording;

  base::Result<std::size_t> read(std::span<char> buffer) final {
    std::size_t made = 0;
    while (made < buffer.size() && !ended_ && why_.empty()) {
      if (begin_ == end_) {
        auto got = file_.read(input_);
        if (!got) return got;
        begin_ = 0;
        end_ = *got;
        ended_ = end_ == 0;
        if (ended_ && inside_frame_) why_ = "cut short";
        if (ended_) break;
      }
      unpack(buffer, made);
    }
    if (made == 0 && !why_.empty()) {
      return base::stop_error(
          fmt::format("{}: damaged compression before byte {} of the file: {}", file_.name, file_.behind, why_));
    }
    return made;
  }

 protected:
  /// Moves on in the input, and in `out` from `made` on; sets `inside_frame_`, or `why_` when it cannot.
  virtual void unpack(std::span<char> out, std::size_t& made) = 0;

  std::array<char, kInputBytes> input_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool inside_frame_ = false;
  std::string why_;

 private:
  std::size_t read_ahead() const final { return end_ - begin_; }

  bool ended_ = false;
};

class GzipRecording final : public PackedRecording {
 public:
  using PackedRecording::PackedRecording;
  ~GzipRecording() override { inflateEnd(&stream_); }
  // zlib keeps a pointer to the stream.
  GzipRecording(const GzipRecording&) = delete;
  GzipRecording& operator=(const GzipRecording&) = delete;

  bool start() {
    constexpr int kGzipWindow = 15 + 16;
    return inflateInit2(&stream_, kGzipWindow) == Z_OK;
  }

 private:
  void unpack(std::span<char> out, std::size_t& made) override {
    // What tapes and loggers pad with, as gzip itself passes over it; a member begins otherwise.
    while (!inside_frame_ && begin_ < end_ && input_[begin_] == '\0') ++begin_;
    if (begin_ == end_) return;
    inside_frame_ = true;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data() + begin_);
    stream_.avail_in = static_cast<uInt>(end_ - begin_);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream_.avail_out = static_cast<uInt>(out.size() - made);
    const int answer = inflate(&stream_, Z_NO_FLUSH);
    begin_ = end_ - stream_.avail_in;
    made = out.size() - stream_.avail_out;
    if (answer == Z_STREAM_END) {
      // Members may follow each other, as `cat a.gz b.gz` makes them.
      inside_frame_ = false;
      inflateReset(&stream_);
    } else if (answer != Z_OK && answer != Z_BUF_ERROR) {
      why_ = stream_.msg != nullptr ? stream_.msg : "not gzip";
    }
  }

  z_stream stream_{};
};

class ZstdRecording final : public PackedRecording {
 public:
  using PackedRecording::PackedRecording;

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  void unpack(std::span<char> out, std::size_t& made) override {
    ZSTD_inBuffer from{input_.data(), end_, begin_};
    ZSTD_outBuffer to{out.data(), out.size(), made};
    const std::size_t wanted = ZSTD_decompressStream(stream_.get(), &to, &from);
    begin_ = from.pos;
    made = to.pos;
    inside_frame_ = wanted != 0;
    if (ZSTD_isError(wanted) != 0) why_ = ZSTD_getErrorName(wanted);
  }

  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
};

bool starts_with(std::string_view bytes, std::string_view magic) { return bytes.substr(0, magic.size()) == magic; }

/// What people have at hand that is not read as it is; empty for anything else.
std::string_view unread_kind(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPacked = {
      {{"\xFD\x37zXZ\0"sv, "packed with xz: unpack it first (xz -d)"},
       {"BZh"sv, "packed with bzip2: unpack it first (bzip2 -d)"},
       {"PK\x03\x04"sv, "a zip archive: unpack it first (unzip)"},
       {"\x04\x22\x4D\x18"sv, "packed with lz4: unpack it first (lz4 -d)"}}};
  for (const auto& [magic, kind] : kPacked) {
    if (starts_with(head, magic)) return kind;
  }
  // With and without a byte order mark.
  const bool little = starts_with(head, "$\0"sv) || (starts_with(head, "\xFF\xFE"sv) && head.substr(3, 1) == "\0"sv);
  const bool big = starts_with(head, "\0$\0"sv) || starts_with(head, "\xFE\xFF\0"sv);
  if (little) return "text in UTF-16: convert it first (iconv -f UTF-16LE -t UTF-8)"sv;
  return big ? "text in UTF-16: convert it first (iconv -f UTF-16BE -t UTF-8)"sv : ""sv;
}

/// The descriptor, or why this cannot be a recording.
base::Result<base::UniqueFd> open_file(const std::string& name, Origin origin) {
  const auto refused = [&](const std::string& why) {
    return base::stop_error(fmt::format("open recording {}: {}", name, why));
  };
  const bool is_standard_input = name == "-";
  struct stat info {};
  const int found = is_standard_input ? ::fstat(STDIN_FILENO, &info) : ::stat(name.c_str(), &info);
  if (found != 0) return refused(std::strerror(errno));
  if (S_ISDIR(info.st_mode)) return refused("is a directory");
  // Not opened before it is known to be a file: opening a FIFO waits for its writer.
  if (origin == Origin::kFile && (is_standard_input || !S_ISREG(info.st_mode))) {
    return refused("not a regular file, so it could not be taken up again after a stop; save it to a file first");
  }
  base::UniqueFd fd(is_standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                      : ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return refused(std::strerror(errno));
  return fd;
}

}  // namespace

base::Result<std::unique_ptr<Recording>> Recording::open(const std::filesystem::path& path, Origin origin) {
  auto fd = open_file(path.string(), origin);
  if (!fd) return fd.error();
  File file{path.string() == "-" ? "standard input" : path.string(), std::move(*fd), 0, 0, {}};
  struct stat info {};
  const bool is_file = ::fstat(file.fd.get(), &info) == 0 && S_ISREG(info.st_mode);
  if (is_file) file.size = static_cast<std::uint64_t>(info.st_size);
  // A pipe brings its first bytes in pieces; more than tell the kinds apart is not waited for.
  if (const auto status = file.read_head(is_file ? kFingerprintBytes : kKindBytes); !status) return status.error();
  const std::uint64_t fingerprint = file.size << 32 ^ base::crc32c(file.head);
  if (const auto kind = unread_kind(file.head); !kind.empty()) {
    return base::stop_error(fmt::format("open recording {}: is {}", file.name, kind));
  }
  if (starts_with(file.head, "\x1F\x8B")) {
    auto gzip = std::make_unique<GzipRecording>(std::move(file), fingerprint);
    if (!gzip->start()) return base::stop_error(fmt::format("open recording {}: zlib does not start", path.string()));
    return std::unique_ptr<Recording>(std::move(gzip));
  }
  if (starts_with(file.head, "\x28\xB5\x2F\xFD")) {
    return std::unique_ptr<Recording>(std::make_unique<ZstdRecording>(std::move(file), fingerprint));
  }
  return std::unique_ptr<Recording>(std::make_unique<FileRecording>(std::move(file), fingerprint));
}

}  // namespace odograph::collect
