#include "tests/vm/write_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace odograph::vm {
namespace {

constexpr std::uint64_t kMagic = 0x6a736677736872;
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kFlush = 1;
constexpr std::uint64_t kFua = 2;
constexpr std::uint64_t kDiscard = 4;
constexpr std::uint64_t kMark = 8;
/// The four numbers that describe an entry; a mark's text follows them in the same sector.
constexpr std::size_t kEntryBytes = 32;

/// ext4's superblock is the second KiB of the disk.
constexpr std::uint64_t kSecondOfSuperblock = 3;

using Sector = std::array<char, kSectorBytes>;

std::uint64_t number_at(const Sector& sector, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(sector[at + i]);
  return value;
}

std::optional<std::uint64_t> as_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
  return value;
}

bool read_at(int fd, std::uint64_t at, char* to, std::size_t size) {
  while (size > 0) {
    const auto got = ::pread(fd, to, size, static_cast<off_t>(at));
    if (got <= 0) return false;
    at += static_cast<std::uint64_t>(got), to += got, size -= static_cast<std::size_t>(got);
  }
  return true;
}

Entry::Kind kind_of(std::uint64_t flags) {
  if ((flags & kMark) != 0) return Entry::Kind::kMark;
  if ((flags & kDiscard) != 0) return Entry::Kind::kDiscard;
  if ((flags & kFlush) != 0) return Entry::Kind::kFlush;
  if ((flags & kFua) != 0) return Entry::Kind::kFua;
  return Entry::Kind::kWrite;
}

base::Error broken(std::size_t entry, const char* why) {
  return base::stop_error("log of writes, entry " + std::to_string(entry) + ": " + why);
}

}  // namespace

base::Result<WriteLog> WriteLog::read(const std::filesystem::path& path) {
  WriteLog log;
  log.file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!log.file_) return base::stop_error("open " + path.string() + ": " + std::strerror(errno));
  Sector super{};
  if (!read_at(log.file_.get(), 0, super.data(), super.size())) return base::stop_error("log of writes: too short");
  if (number_at(super, 0) != kMagic) return base::stop_error("log of writes: not one");
  if (number_at(super, 8) != kVersion) return base::stop_error("log of writes: another version");
  const std::uint64_t sector_bytes = number_at(super, 24) & 0xFFFFFFFF;
  // Other sizes would need another arithmetic: the guest's disks have this one.
  if (sector_bytes != kSectorBytes) return base::stop_error("log of writes: sectors of another size");
  const std::uint64_t count = number_at(super, 16);
  if (count > kEntriesMax) return base::stop_error("log of writes: too long");
  if (auto done = log.read_entries(count, sector_bytes); !done) return done.error();
  return log;
}

base::Status WriteLog::read_entries(std::uint64_t count, std::uint64_t sector_bytes) {
  std::uint64_t at = sector_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    Sector sector{};
    if (!read_at(file_.get(), at, sector.data(), sector.size())) return broken(i, "behind the end");
    at += sector_bytes;
    Entry entry;
    entry.sector = number_at(sector, 0);
    entry.sectors = number_at(sector, 8);
    entry.kind = kind_of(number_at(sector, 16));
    entry.data_at = at;
    if (std::max(entry.sector, entry.sectors) > kDiskBytesMax / kSectorBytes) return broken(i, "behind the disk");
    const std::uint64_t text_bytes = number_at(sector, 24);
    if (entry.kind == Entry::Kind::kMark) {
      if (text_bytes > kSectorBytes - kEntryBytes) return broken(i, "a mark that is too long");
      entry.lines = as_number({sector.data() + kEntryBytes, text_bytes});
    } else if (entry.kind != Entry::Kind::kDiscard) {
      at += entry.sectors * sector_bytes;
    }
    entries_.push_back(entry);
  }
  return {};
}

base::Result<std::string> WriteLog::data(const Entry& entry) const {
  std::string bytes(entry.sectors * kSectorBytes, '\0');
  if (entry.kind == Entry::Kind::kDiscard) return bytes;
  if (!read_at(file_.get(), entry.data_at, bytes.data(), bytes.size())) {
    return base::stop_error("log of writes: data behind the end");
  }
  return bytes;
}

std::size_t first_of_flush(const std::vector<Entry>& entries, std::size_t at) {
  while (at > 0 && entries[at - 1].kind == Entry::Kind::kWrite) --at;
  return at;
}

base::Result<Disk> Disk::read(const std::filesystem::path& image) {
  std::ifstream in(image, std::ios::binary);
  if (!in) return base::stop_error("open " + image.string() + ": " + std::strerror(errno));
  Disk disk;
  disk.image_.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  return disk;
}

base::Status Disk::apply(const WriteLog& log, const Entry& entry, std::string& image) {
  if (entry.kind == Entry::Kind::kMark || entry.sectors == 0) return {};
  auto bytes = log.data(entry);
  if (!bytes) return bytes.error();
  const std::uint64_t at = entry.sector * kSectorBytes;
  if (at + bytes->size() > image.size()) return base::stop_error("log of writes: a write behind the end of the disk");
  image.replace(at, bytes->size(), *bytes);
  return {};
}

base::Status Disk::go_to(const WriteLog& log, std::size_t at) {
  for (; at_ < at; ++at_) {
    if (auto done = apply(log, log.entries()[at_], image_); !done) return done;
  }
  return {};
}

base::Result<const std::string*> Disk::at(const WriteLog& log, const Moment& moment) {
  const std::size_t first = moment.dice ? first_of_flush(log.entries(), moment.at) : moment.at;
  if (auto done = go_to(log, first); !done) return done.error();
  if (!moment.dice) return &image_;
  // Into the same memory each time: fresh memory would cost more than the copy.
  torn_.assign(image_);
  powercut::Dice dice(*moment.dice);
  // Either some first ones that completed, or any of them in parts.
  const bool in_order = dice.percent(40);
  const std::size_t last = in_order ? first + dice.below(moment.at - first + 1) : moment.at;
  const std::uint64_t keep = in_order ? 100 : 10 + 10 * dice.below(9);
  for (std::size_t i = first; i < last; ++i) {
    if (auto done = apply_part(log, log.entries()[i], {dice, keep}); !done) return done.error();
  }
  return &torn_;
}

base::Status Disk::apply_part(const WriteLog& log, const Entry& entry, Part part) {
  bool is_kept = false;
  for (std::uint64_t i = 0; i < entry.sectors; ++i) {
    Entry sector = entry;
    sector.sector += i;
    sector.sectors = 1;
    sector.data_at += i * kSectorBytes;
    // ext4 cannot be mounted once its superblock is torn, and nothing that is stored in it can change that.
    if (i == 0 || sector.sector != kSecondOfSuperblock) is_kept = part.dice.percent(part.keep_percent);
    if (!is_kept) continue;
    if (auto done = apply(log, sector, torn_); !done) return done;
  }
  return {};
}

}  // namespace odograph::vm
