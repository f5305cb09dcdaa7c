#include "tests/vm/loop_mount.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
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

/// Whatever it says: what it could not mend does not mount.
base::Status e2fsck(const base::UniqueFd& file) {
  // The child does not inherit the descriptor, but may open it through this process.
  std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get());
  std::string words[] = {"/usr/sbin/e2fsck", "-fy"};
  char* const arguments[] = {words[0].data(), words[1].data(), path.data(), nullptr};
  char* const environment[] = {nullptr};
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], &quiet, nullptr, arguments, environment);
  posix_spawn_file_actions_destroy(&quiet);
  int ignored = 0;
  if (error != 0 || ::waitpid(child, &ignored, 0) != child) return base::stop_error("e2fsck cannot be run");
  return {};
}

}  // namespace

base::Status hide_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) return failure("unshare");
  // Where the root is no mount point (EINVAL: a chroot) what it lies on cannot be named from in here; there a mount may
  // be seen outside while it lasts.
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && errno != EINVAL) {
    return failure("make mounts private");
  }
  return {};
}

base::Result<LoopMount> LoopMount::mount(const std::string& image, const std::filesystem::path& where) {
  const auto file = in_memory(image);
  return file ? mount_file(*file, where) : file.error();
}

base::Result<LoopMount> LoopMount::mend_and_mount(const std::string& image, const std::filesystem::path& where) {
  const auto file = in_memory(image);
  if (!file) return file.error();
  if (auto mended = e2fsck(*file); !mended) return mended.error();
  return mount_file(*file, where);
}

base::Result<LoopMount> LoopMount::mount_file(const base::UniqueFd& file, const std::filesystem::path& where) {
  const base::UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control) return failure("open /dev/loop-control");
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file.get());
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

MountPoint::MountPoint() {
  std::string name = (std::filesystem::temp_directory_path() / "odograph-vm-XXXXXX").string();
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

MountPoint::~MountPoint() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace odograph::vm
