#include "lib/config/load.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "lib/base/unique_fd.h"
#include "lib/config/loader.h"

namespace odograph::config {
namespace {

std::string reason(int number) { return std::generic_category().message(number); }

base::Result<std::string> read_all(int fd, const std::string& name) {
  std::string text;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::stop_error(name + ": cannot read: " + reason(errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) {
      return base::stop_error(name + ": larger than " + std::to_string(kFileBytesMax) + " bytes");
    }
  }
}

}  // namespace

base::Result<std::optional<File>> read_file(const std::optional<std::filesystem::path>& asked,
                                            const std::filesystem::path& fallback) {
  const std::string name = asked ? asked->string() : fallback.string();
  const base::UniqueFd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT && !asked) return std::optional<File>();
  if (!fd) return base::stop_error(name + ": cannot open: " + reason(errno));
  struct stat status {};
  // Anything else (a FIFO, a device) could keep us waiting for ever; /dev/null is an empty file as good as another.
  if (::fstat(fd.get(), &status) != 0 || S_ISDIR(status.st_mode)) return base::stop_error(name + ": not a file");
  auto text = read_all(fd.get(), name);
  if (!text) return text.error();
  return std::optional<File>({name, *std::move(text)});
}

Loaded load(const Schema& schema, const std::optional<File>& file, const std::vector<std::string>& overrides) {
  Loader loader(completed(schema));
  if (file) loader.take_file(*file);
  for (const std::string& text : overrides) loader.take_override(text);
  return loader.finish();
}

}  // namespace odograph::config
