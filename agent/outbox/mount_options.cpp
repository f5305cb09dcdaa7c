#include "agent/outbox/mount_options.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <system_error>

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

/// The table of a machine with some thousand mounts; what is beyond is not read.
constexpr std::size_t kMountinfoBytesMax = 1 << 20;
/// An overlay on an overlay on an overlay is as deep as the kernel nests them.
constexpr int kLayersMax = 3;

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// The kernel writes space, tab, newline and backslash as `\040` and so on.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
                        is_octal(text[i + 3]);
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return out;
}

std::optional<Mount> parse_line(std::string_view line) {
  const auto fields = split(line, ' ');
  constexpr std::size_t kPoint = 4;
  constexpr std::size_t kOptions = 5;
  // Between the options and the dash lie none or more tags.
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (dash - fields.begin() <= static_cast<std::ptrdiff_t>(kOptions) || fields.end() - dash < 4) return {};
  if (fields[kPoint].empty() || fields[kPoint].front() != '/') return {};
  Mount mount;
  mount.point = unescaped(fields[kPoint]);
  mount.type = unescaped(dash[1]);
  mount.source = unescaped(dash[2]);
  mount.options = unescaped(fields[kOptions]) + "," + unescaped(dash[3]);
  return mount;
}

/// Whether `path` is `point` or lies below it.
bool covers(const std::string& point, const std::string& path) {
  if (point == "/") return true;
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    // Of two at one place the later one lies on top.
    if (covers(mount.point, path) && (found == nullptr || mount.point.size() >= found->point.size())) found = &mount;
  }
  return found;
}

std::optional<std::string> value_of(const Mount& mount, std::string_view key) {
  for (const auto option : split(mount.options, ',')) {
    if (option.starts_with(key) && option.size() > key.size() && option[key.size()] == '=') {
      return std::string(option.substr(key.size() + 1));
    }
  }
  return {};
}

/// The option with which the mount leaves out flushes; empty if none.
std::string flushless_option(const Mount& mount) {
  constexpr std::array<std::string_view, 4> kEverywhere = {"nobarrier", "barrier=0", "barrier=none",
                                                           "fsync_mode=nobarrier"};
  for (const auto option : split(mount.options, ',')) {
    if (std::find(kEverywhere.begin(), kEverywhere.end(), option) != kEverywhere.end()) return std::string(option);
    if (mount.type == "overlay" && (option == "volatile" || option == "fsync=volatile")) return std::string(option);
  }
  return {};
}

MountFinding best_effort(std::string reason) { return {Durability::kBestEffort, std::move(reason)}; }

MountFinding find_in(const std::vector<Mount>& mounts, const std::string& path, int layers) {
  const Mount* mount = mount_of(mounts, path);
  if (mount == nullptr || layers == 0) return {};
  if (mount->type == "tmpfs" || mount->type == "ramfs" || mount->type == "rootfs") {
    return best_effort(mount->point + " is in memory (" + mount->type + ")");
  }
  if (const auto option = flushless_option(*mount); !option.empty()) {
    return best_effort(mount->point + " is mounted " + option + " (" + mount->type + ")");
  }
  if (mount->type != "overlay") return {};
  const auto upper = value_of(*mount, "upperdir");
  if (!upper || mount_of(mounts, *upper) == mount) return {};
  MountFinding below = find_in(mounts, *upper, layers - 1);
  if (below.durability == Durability::kBestEffort) below.reason = mount->point + " is an overlay, and " + below.reason;
  return below;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const auto line : split(mountinfo, '\n')) {
    if (auto mount = parse_line(line)) mounts.push_back(*std::move(mount));
  }
  return mounts;
}

MountFinding find_durability(std::string_view mountinfo, const fs::path& directory) {
  return find_in(parse_mountinfo(mountinfo), directory.string(), kLayersMax);
}

MountFinding durability_of(const fs::path& mountinfo, const fs::path& directory) {
  std::error_code error;
  const fs::path path = fs::canonical(directory, error);
  if (error) return {};
  std::ifstream in(mountinfo, std::ios::binary);
  std::string text;
  std::array<char, 16384> part{};
  while (text.size() < kMountinfoBytesMax && (in.read(part.data(), part.size()) || in.gcount() > 0)) {
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  return find_durability(text, path);
}

}  // namespace odograph::outbox
