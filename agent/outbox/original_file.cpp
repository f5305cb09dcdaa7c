#include "agent/outbox/original_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <system_error>

#include "agent/outbox/lock_file.h"

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDatabase = "outbox.db";
constexpr const char* kWal = "outbox.db-wal";
constexpr const char* kOriginal = "outbox.original";  // The size in digits, a newline, then the bytes.

std::string read_file(const fs::path& path, std::uint64_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(bytes_max), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

}  // namespace

std::optional<Failure> keep_original(const fs::path& file, std::uint64_t size, std::uint64_t bytes) {
  const fs::path quarantine = file.parent_path();
  if (has_original(quarantine)) return {};
  // Under its name only when it is whole: what is written by halves is written again.
  const fs::path draft = quarantine / (std::string(kOriginal) + ".draft");
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out << size << '\n' << read_file(file, std::min(size, bytes));
  out.close();
  std::error_code error;
  if (out) fs::rename(draft, quarantine / kOriginal, error);
  if (!out || error) return directory_failure(quarantine, error ? error.value() : EIO);
  return {};
}

bool has_original(const fs::path& quarantine) {
  std::error_code error;
  return fs::exists(quarantine / kOriginal, error);
}

std::optional<fs::path> give_back_original(const fs::path& quarantine) {
  std::error_code error;
  const auto kept_bytes = fs::file_size(quarantine / kOriginal, error);
  if (error) return std::nullopt;
  const std::string kept = read_file(quarantine / kOriginal, kept_bytes);
  std::uint64_t size = 0;
  const auto read = std::from_chars(kept.data(), kept.data() + kept.size(), size);
  if (read.ec != std::errc() || read.ptr == kept.data() + kept.size() || *read.ptr != '\n') return std::nullopt;
  {
    std::fstream file(quarantine / kDatabase, std::ios::binary | std::ios::in | std::ios::out);
    const auto begin = static_cast<std::size_t>(read.ptr - kept.data()) + 1;
    file.write(kept.data() + begin, static_cast<std::streamsize>(kept.size() - begin));
    if (!file.flush()) return std::nullopt;
  }
  fs::resize_file(quarantine / kDatabase, size, error);
  if (error) return std::nullopt;
  const fs::path to = quarantine.parent_path() / kKeptFolder;
  fs::remove_all(to, error);
  fs::rename(quarantine, to, error);
  if (error) return std::nullopt;
  // SQLite leaves it, empty.
  if (fs::file_size(to / kWal, error) == 0) fs::remove(to / kWal, error);
  for (const char* ours : {kOriginal, "outbox.known", "schema.db", "schema.db-wal"}) fs::remove(to / ours, error);
  return to / kDatabase;
}

}  // namespace odograph::outbox
