#include "tests/vm/loop_mount.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace odograph::vm {
namespace {

/// Of the image: what is all zero is not written.
constexpr std::size_t kBlockBytes = 4096;
/// Another process may take the free loop device first.
constexpr int kTriesMax = 50;

base::Error failure(const std::string& what) { return base::stop_error(what + ": " + std::strerror(errno)); }

base::Result<base::UniqueFd> in_memory(const std::string& image) {
  base::UniqueFd file(::memfd_create("odograph-vm", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(image.size())) != 0) return failure("memfd");
  static const std::string kZeros(kBlockBytes, '\0');
  const std::string_view all(image);
  for (std::size_t at = 0; at < all.size(); at += kBlockBytes) {
    const auto block = all.substr(at, kBlockBytes);
    if (block == std::string_view(kZeros).substr(0, block.size())) continue;
    if (::pwrite(file.get(), block.data(), block.size(), static_cast<off_t>(at)) < 0) return failure("memfd");
  }
  return file;
}

}  // namespace

base::Status hide_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) return failure("unshare");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failure("make mounts private");
  return {};
}

base::Result<LoopMount> LoopMount::mount(const std::string& image, const std::filesystem::path& where) {
  auto file = in_memory(image);
  if (!file) return file.error();
  const base::UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control) return failure("open /dev/loop-control");
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file->get());
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  LoopMount mounted;
  std::string device;
  for (int tries = 0; tries < kTriesMax && !mounted.loop_; ++tries) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return failure("free loop device");
    device = "/dev/loop" + std::to_string(number);
    mounted.loop_.reset(::open(device.c_str(), O_RDWR | O_CLOEXEC));
    if (!mounted.loop_) return failure("open " + device);
    if (::ioctl(mounted.loop_.get(), LOOP_CONFIGURE, &config) == 0) break;
    if (errno != EBUSY) return failure("configure " + device);
    mounted.loop_.reset();
  }
  if (!mounted.loop_) return base::stop_error("no free loop device");
  if (::mount(device.c_str(), where.c_str(), "ext4", 0, "") != 0) {
    return base::drop_error(std::string("ext4 does not mount: ") + std::strerror(errno));
  }
  mounted.where_ = where;
  return mounted;
}

LoopMount::~LoopMount() {
  if (loop_ && !where_.empty() && ::umount2(where_.c_str(), 0) != 0) ::umount2(where_.c_str(), MNT_DETACH);
}

}  // namespace odograph::vm
