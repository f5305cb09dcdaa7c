#include "agent/outbox/reservation.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace odograph::outbox {
namespace {

struct Extent {
  std::uint64_t size = 0;
  std::uint64_t blocks = 0;  ///< In bytes.
};

Extent extent_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {};
  return {static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_blocks) * 512};
}

int system_reserve(int fd, std::uint64_t bytes) {
  struct statfs system {};
  // It writes to other blocks whatever blocks a file has.
  if (::fstatfs(fd, &system) == 0 && system.f_type == BTRFS_SUPER_MAGIC) return EOPNOTSUPP;
  while (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

std::optional<DiskSpace> system_space(int fd) {
  struct statvfs system {};
  if (::fstatvfs(fd, &system) != 0) return {};
  return DiskSpace{std::uint64_t{system.f_bavail} * system.f_frsize, std::uint64_t{system.f_blocks} * system.f_frsize};
}

/// A truncation to the size that the file has frees what lies behind it, and nothing else.
void give_back(int fd, std::uint64_t keep) {
  const Extent extent = extent_of(fd);
  if (extent.blocks <= std::max(keep, extent.size) + kSurplusBytesMax) return;
  static_cast<void>(::ftruncate(fd, static_cast<off_t>(extent.size)));
}

/// Of its room the WAL has at the least one in so many parts, on a disk that has little.
constexpr int kWalSharesMax = 8;

bool means_no_room(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }
bool means_never(int error) { return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == ENODEV; }

}  // namespace

const char* to_string(Reserved reserved) {
  switch (reserved) {
    case Reserved::kNone: return "none";
    case Reserved::kPart: return "part";
    case Reserved::kWhole: return "whole";
  }
  return "unknown";
}

std::uint64_t left_to_others(std::uint64_t disk_bytes) {
  return std::clamp(disk_bytes / 100 * kLeftFreePercent, kLeftFreeBytesMin, kLeftFreeBytesMax);
}

std::uint64_t plan_cap(const Space& space) {
  const auto above = [](std::uint64_t value, std::uint64_t taken) { return value > taken ? value - taken : 0; };
  const std::uint64_t room = above(above(space.free, space.left), above(space.wal, space.wal_held));
  return std::min(space.wanted, std::max(space.used, space.held + room));
}

Reservation::Reservation(const std::filesystem::path& directory, DiskCalls calls)
    : calls_(std::move(calls)),
      database_(::open((directory / "outbox.db").c_str(), O_RDWR | O_CLOEXEC)),
      wal_(::open((directory / "outbox.db-wal").c_str(), O_RDWR | O_CLOEXEC)) {
  if (!calls_.reserve) calls_.reserve = system_reserve;
  if (!calls_.space) calls_.space = system_space;
}

int Reservation::reserve(int fd, std::uint64_t bytes) const {
  const int error = bytes == 0 ? 0 : calls_.reserve(fd, bytes);
  // XFS wants room for its own books before it looks whether there is anything to do.
  return means_no_room(error) && extent_of(fd).blocks >= bytes ? 0 : error;
}

std::uint64_t Reservation::plan(const Wish& wish) const {
  const auto disk = calls_.space(database_.get());
  if (!disk) return wish.cap;
  Space space{wish.cap, kWalRoomBytes, wish.used};
  space.held = extent_of(database_.get()).blocks;
  space.wal_held = extent_of(wal_.get()).blocks;
  space.free = disk->free;
  if (wish.others == Wish::Others::kAreLeftTheirShare) space.left = left_to_others(disk->size);
  return plan_cap(space);
}

void Reservation::take(const Wish& wish) {
  room_ = {wish.cap, wish.cap, Reserved::kNone, {}};
  if (!database_ || !wal_) return give_up(EBADF);
  give_back(database_.get(), wish.cap);
  const std::uint64_t planned = plan(wish);
  const bool is_in_need = wish.others == Wish::Others::kAreLeftNothing;
  if (is_in_need) static_cast<void>(reserve(database_.get(), std::min(wish.cap, kCapBytesBesideQuarantine)));
  // The WAL first: what is in the database can be given up for what comes, but not without a place to write that in.
  const int error = reserve_wal();
  if (error != 0 && !means_no_room(error)) return give_up(error);
  reserve_database(planned, wish.used);
  if (room_.reserved != Reserved::kWhole || error == 0) return;
  room_.reserved = Reserved::kPart;
  room_.reason = "the disk has no room for its write-ahead log";
}

/// 0 if it has all of its room; where it can have a part only, a large commit has to wait for a disk with more room.
int Reservation::reserve_wal() const {
  const int error = reserve(wal_.get(), kWalRoomBytes);
  for (int share = 2; share <= kWalSharesMax && means_no_room(error); share *= 2) {
    if (reserve(wal_.get(), kWalRoomBytes / static_cast<unsigned>(share)) == 0) break;
  }
  return error;
}

void Reservation::reserve_database(std::uint64_t planned, std::uint64_t used) {
  for (std::uint64_t cap = planned;;) {
    const int error = reserve(database_.get(), cap);
    if (error != 0 && !means_no_room(error)) return give_up(error);
    // What there was before, or came before it was refused, is the least.
    const std::uint64_t least = std::min(room_.wanted, std::max(used, extent_of(database_.get()).blocks));
    if (error == 0 || cap <= least) {
      room_.cap = std::max(cap, least);
      break;
    }
    // Somebody else was faster, or there is a quota of which statvfs does not know.
    cap = std::max(least, cap / 4 * 3);
  }
  room_.reserved = room_.cap < room_.wanted ? Reserved::kPart : Reserved::kWhole;
  if (room_.reserved == Reserved::kPart) room_.reason = "the disk has no room for more";
}

void Reservation::renew() {
  if (room_.reserved == Reserved::kNone) return;
  const bool has_all = reserve(wal_.get(), kWalRoomBytes) == 0 && reserve(database_.get(), room_.cap) == 0;
  if (has_all) return;
  room_.reserved = Reserved::kPart;
  room_.reason = "the disk was full just after a file had been cut";
}

void Reservation::give_up(int error) {
  room_.cap = room_.wanted;
  room_.reserved = Reserved::kNone;
  room_.reason = means_never(error) ? "this file system cannot hold room for a file" : std::strerror(error);
}

void give_back_blocks(const std::filesystem::path& directory) {
  for (const char* name : {"outbox.db", "outbox.db-wal"}) {
    const base::UniqueFd fd(::open((directory / name).c_str(), O_RDWR | O_CLOEXEC));
    if (fd) give_back(fd.get(), 0);
  }
}

}  // namespace odograph::outbox
