#include "agent/outbox/quarantine.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "agent/outbox/lock_file.h"
#include "agent/outbox/reservation.h"
#include "lib/base/ids.h"

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "quarantine-";
constexpr const char* kDatabase = "outbox.db";
constexpr const char* kWal = "outbox.db-wal";
constexpr const char* kBeside = "outbox.known";
constexpr std::size_t kKnownBytesMax = 4096;

template <class T>
std::optional<T> number_in(std::string_view text, int base = 10) {
  T number = 0;
  const char* last = text.data() + text.size();
  const auto read = std::from_chars(text.data(), last, number, base);
  if (read.ec != std::errc() || read.ptr != last) return {};
  return number;
}

/// The numbers of the quarantines in `directory`, ascending.
std::vector<int> numbers_in(const fs::path& directory) {
  std::vector<int> numbers;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    if (const auto number = number_in<int>(std::string_view(name).substr(kPrefix.size()))) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

fs::path path_of(const fs::path& directory, int number) {
  return directory / (std::string(kPrefix) + std::to_string(number));
}

/// Of a new one.
fs::path next_in(const fs::path& directory) {
  const auto numbers = numbers_in(directory);
  return path_of(directory, numbers.empty() ? 1 : numbers.back() + 1);
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::uint64_t bytes_in(const fs::path& quarantine) {
  return size_of(quarantine / kDatabase) + size_of(quarantine / kWal);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kKnownBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Failure failed(const fs::path& path, const std::error_code& error) {
  Failure failure = directory_failure(path.parent_path(), error.value());
  failure.what = "quarantine " + path.string() + ": " + error.message();
  return failure;
}

std::optional<Failure> flush(const fs::path& directory, const FileSettings& settings) {
  const int error = settings.flush_directory ? settings.flush_directory(directory) : flush_directory(directory);
  if (error == 0) return {};
  return directory_failure(directory, error);
}

std::optional<Failure> move_into(const fs::path& directory, const fs::path& quarantine, const char* name) {
  std::error_code error;
  if (!fs::exists(directory / name, error)) return {};
  fs::rename(directory / name, quarantine / name, error);
  if (error) return failed(quarantine, error);
  return {};
}

void remove_oldest(const fs::path& directory, std::uint64_t cap_bytes) {
  Quarantines found = find_quarantines(directory);
  const std::uint64_t room = cap_bytes - cap_bytes / kCapShareMin;
  while (found.paths.size() > 1 && (found.paths.size() > kQuarantinesKept || found.bytes > room)) {
    std::error_code error;
    fs::remove_all(found.paths.front(), error);
    if (error) return;
    found = find_quarantines(directory);
  }
}

/// `bring`: what brings the files there.
std::optional<Failure> put_into(const fs::path& to, const Aside& aside, const Copy& bring) {
  std::error_code error;
  if (!fs::create_directory(to, error)) return failed(to, error);
  write_known(to, aside.known);
  if (auto failure = bring(to)) return failure;
  for (const fs::path& changed : {to, aside.directory}) {
    if (auto failure = flush(changed, aside.settings)) return failure;
  }
  remove_oldest(aside.directory, aside.cap_bytes);
  return {};
}

}  // namespace

std::string to_text(const KnownOfFile& known) {
  std::string text;
  if (known.stream_id) text += "stream " + base::to_hex16(*known.stream_id) + "\n";
  if (known.boot == 0) return text;
  text += "boot " + std::to_string(known.boot) + "\n";
  for (const auto lane : model::kStoredLanes) {
    const auto& of = known.lanes[index_of(lane)];
    text += std::string(model::to_string(lane)) + " " + std::to_string(of.last_n) + " " + std::to_string(of.acked) +
            " " + std::to_string(of.stored) + " " + std::to_string(of.thinned) + "\n";
  }
  if (known.previous_boot > 0) {
    const auto& ends = known.previous_ends;
    text += "previous " + std::to_string(known.previous_boot) + " " + std::to_string(ends.alert) + " " +
            std::to_string(ends.event) + " " + std::to_string(ends.bulk) + "\n";
  }
  return text;
}

KnownOfFile known_from(std::string_view text) {
  KnownOfFile known;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    const std::vector<std::string> parts{std::istream_iterator<std::string>(words), {}};
    if (parts.size() == 2 && parts[0] == "stream" && parts[1].size() == 16) {
      if (const auto id = number_in<std::uint64_t>(parts[1], 16)) known.stream_id = id;
    } else if (parts.size() == 2 && parts[0] == "boot") {
      known.boot = number_in<std::uint32_t>(parts[1]).value_or(0);
    } else if (parts.size() == 5 && parts[0] == "previous") {
      const auto part = [&](std::size_t i) { return number_in<std::uint32_t>(parts[i]).value_or(0); };
      known.previous_boot = part(1);
      known.previous_ends = {part(2), part(3), part(4)};
    } else if (parts.size() == 4 || parts.size() == 5) {
      for (const auto lane : model::kStoredLanes) {
        if (parts[0] != model::to_string(lane)) continue;
        known.lanes[index_of(lane)] = {number_in<std::uint32_t>(parts[1]).value_or(0),
                                       number_in<std::uint64_t>(parts[2]).value_or(0),
                                       number_in<std::uint64_t>(parts[3]).value_or(0),
                                       number_in<std::uint64_t>(parts.size() > 4 ? parts[4] : "").value_or(0)};
      }
    }
  }
  return known;
}

Quarantines find_quarantines(const fs::path& directory) {
  Quarantines found;
  for (const int number : numbers_in(directory)) {
    // A file of that name is somebody else's.
    std::error_code error;
    if (!fs::is_directory(path_of(directory, number), error)) continue;
    found.paths.push_back(path_of(directory, number));
    found.bytes += bytes_in(found.paths.back());
  }
  return found;
}

std::variant<fs::path, Failure> quarantine(const fs::path& directory, const KnownOfFile& known,
                                           const FileSettings& settings, std::uint64_t cap_bytes) {
  // On a full disk the directory's own block comes from there.
  give_back_blocks(directory);
  const fs::path to = next_in(directory);
  // The database first. A cut between the two leaves a WAL alone, which the next start recognises; the other way round
  // it would leave a database that opens well and lacks what was committed last.
  const auto move = [&](const fs::path& quarantine) {
    auto failure = move_into(directory, quarantine, kDatabase);
    return failure ? failure : move_into(directory, quarantine, kWal);
  };
  if (auto failure = put_into(to, {directory, known, settings, cap_bytes}, move)) return *std::move(failure);
  return to;
}

std::variant<fs::path, Failure> quarantine_copy(const Aside& aside, const Copy& copy) {
  const fs::path to = next_in(aside.directory);
  auto failure = put_into(to, aside, copy);
  if (!failure) return to;
  std::error_code ignored;
  fs::remove_all(to, ignored);
  return *std::move(failure);
}

void remember_lost(const fs::path& directory, const KnownOfFile& known) {
  const fs::path to = next_in(directory);
  std::error_code ignored;
  if (fs::create_directory(to, ignored)) write_known(to, known);
}

std::variant<bool, Failure> finish_quarantine(const fs::path& directory, const FileSettings& settings) {
  if (size_of(directory / kDatabase) > 0 || size_of(directory / kWal) == 0) return false;
  const auto numbers = numbers_in(directory);
  std::error_code error;
  fs::path to = path_of(directory, numbers.empty() ? 1 : numbers.back());
  if (numbers.empty() || !fs::is_directory(to, error) || fs::exists(to / kWal, error)) {
    to = path_of(directory, numbers.empty() ? 1 : numbers.back() + 1);
    if (!fs::create_directory(to, error)) return failed(to, error);
    write_known(to, {.stream_id = read_stream_beside(directory), .lanes = {}});
  }
  if (auto failure = move_into(directory, to, kWal)) return *std::move(failure);
  for (const fs::path& changed : {to, directory}) {
    if (auto failure = flush(changed, settings)) return *std::move(failure);
  }
  return true;
}

std::optional<std::uint64_t> read_stream_beside(const fs::path& directory) {
  return known_from(read_file(directory / kBeside)).stream_id;
}

void keep_stream_beside(const fs::path& directory, std::uint64_t stream_id) {
  if (read_stream_beside(directory) == stream_id) return;
  write_known(directory, {.stream_id = stream_id, .lanes = {}});
}

KnownOfFile read_known(const fs::path& quarantine) { return known_from(read_file(quarantine / kBeside)); }

void write_known(const fs::path& quarantine, const KnownOfFile& known) {
  const std::string text = to_text(known);
  const fs::path path = quarantine / kBeside;
  std::ofstream(path, std::ios::binary | std::ios::app).flush();
  // Written over before it is cut: a full disk may not give back the block of a file that was emptied.
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << text;
  std::error_code ignored;
  if (size_of(path) > text.size()) fs::resize_file(path, text.size(), ignored);
}

}  // namespace odograph::outbox
