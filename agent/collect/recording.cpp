#include "agent/collect/recording.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/crc32c.h"
#include "lib/base/unique_fd.h"

namespace odograph::collect {
namespace {

constexpr std::size_t kFingerprintBytes = 64 << 10;
constexpr std::size_t kInputBytes = 64 << 10;

/// The file as it lies on disk.
struct File {
  std::string name;
  base::UniqueFd fd;
  std::uint64_t size = 0;
  std::uint64_t behind = 0;

  base::Result<std::size_t> read(std::span<char> buffer) {
    ssize_t got = -1;
    do {
      got = ::read(fd.get(), buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return base::stop_error(fmt::format("{}: read at byte {}: {}", name, behind, std::strerror(errno)));
    behind += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
};

class FileRecording : public Recording {
 public:
  FileRecording(File file, std::uint64_t fingerprint) : file_(std::move(file)), fingerprint_(fingerprint) {}
  base::Result<std::size_t> read(std::span<char> buffer) override { return file_.read(buffer); }
  double progress() const override {
    if (file_.size == 0) return 1.0;
    return std::min(1.0, static_cast<double>(file_.behind) / static_cast<double>(file_.size));
  }
  std::uint64_t fingerprint() const override { return fingerprint_; }

 protected:
  File file_;

 private:
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

bool starts_with(std::string_view bytes, std::initializer_list<unsigned char> magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](unsigned char a, char b) { return a == static_cast<unsigned char>(b); });
}

}  // namespace

base::Result<std::unique_ptr<Recording>> Recording::open(const std::filesystem::path& path) {
  File file{path.string(), base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC))};
  struct stat info {};
  if (!file.fd || ::fstat(file.fd.get(), &info) != 0) {
    return base::stop_error(fmt::format("open recording {}: {}", file.name, std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) {
    return base::stop_error(fmt::format("open recording {}: not a regular file", file.name));
  }
  file.size = static_cast<std::uint64_t>(info.st_size);

  std::string head(kFingerprintBytes, '\0');
  const ssize_t got = ::pread(file.fd.get(), head.data(), head.size(), 0);
  if (got < 0) return base::stop_error(fmt::format("read recording {}: {}", file.name, std::strerror(errno)));
  head.resize(static_cast<std::size_t>(got));
  const std::uint64_t fingerprint = file.size << 32 ^ base::crc32c(head);

  if (starts_with(head, {0x1F, 0x8B})) {
    auto gzip = std::make_unique<GzipRecording>(std::move(file), fingerprint);
    if (!gzip->start()) return base::stop_error(fmt::format("open recording {}: zlib does not start", path.string()));
    return std::unique_ptr<Recording>(std::move(gzip));
  }
  if (starts_with(head, {0x28, 0xB5, 0x2F, 0xFD})) {
    return std::unique_ptr<Recording>(std::make_unique<ZstdRecording>(std::move(file), fingerprint));
  }
  return std::unique_ptr<Recording>(std::make_unique<FileRecording>(std::move(file), fingerprint));
}

}  // namespace odograph::collect
