#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/outbox/failure.h"
#include "agent/outbox/file_settings.h"
#include "agent/outbox/row.h"

namespace odograph::outbox {

/// Broken files that are kept for salvage; the oldest goes when there are more.
inline constexpr std::size_t kQuarantinesKept = 2;
/// The file in use keeps this share of the cap whatever lies in quarantine.
inline constexpr std::uint64_t kCapShareMin = 8;

/// What is known of a broken file without reading it; kept beside it as text, one fact a line.
struct KnownOfFile {
  struct Lane {
    std::uint32_t last_n = 0;  ///< Last durable number of `boot`.
    std::uint64_t acked = 0;   ///< Last id that was acknowledged; 0 if that is not known.
    std::uint64_t stored = 0;  ///< Records that the file held.
    /// Records that the process which had it left out among those; more than it knows of may have been.
    std::uint64_t thinned = 0;
    friend bool operator==(const Lane&, const Lane&) = default;
  };
  std::optional<std::uint64_t> stream_id;
  std::uint32_t boot = 0;  ///< That was appending when the file was put aside; 0 if none was, and `lanes` tell nothing.
  std::array<Lane, kLanes> lanes;
  std::uint32_t previous_boot = 0;  ///< The one before, and how far it went; 0 if there was none.
  model::LaneEnds previous_ends;
  friend bool operator==(const KnownOfFile&, const KnownOfFile&) = default;
};
std::string to_text(const KnownOfFile& known);
/// Lines that are not of that form are passed over: rot can be here too.
KnownOfFile known_from(std::string_view text);

/// What lies in quarantine in a data directory.
struct Quarantines {
  std::vector<std::filesystem::path> paths;  ///< Oldest first.
  std::uint64_t bytes = 0;                   ///< Of all files in them.
};
Quarantines find_quarantines(const std::filesystem::path& directory);

/// How much the file in use may take beside what lies in quarantine.
constexpr std::uint64_t cap_beside(std::uint64_t cap_bytes, std::uint64_t quarantined_bytes) {
  const std::uint64_t least = cap_bytes / kCapShareMin;
  return quarantined_bytes >= cap_bytes - least ? least : cap_bytes - quarantined_bytes;
}

/// Moves a broken `outbox.db` and its WAL into a new `quarantine-<n>` and makes that durable. Then removes the oldest
/// ones: all but kQuarantinesKept, and all but this one if together they leave the file in use no room. A cut between
/// the two moves leaves the WAL alone, which `finish_quarantine` brings after.
std::variant<std::filesystem::path, Failure> quarantine(const std::filesystem::path& directory,
                                                        const KnownOfFile& known, const FileSettings& settings,
                                                        std::uint64_t cap_bytes);

/// The same for what has no name any more: `copy` brings it into the folder that it is given. Nothing is left of a
/// quarantine that fails.
struct Aside {
  const std::filesystem::path& directory;
  const KnownOfFile& known;
  const FileSettings& settings;
  std::uint64_t cap_bytes = 0;
};
using Copy = std::function<std::optional<Failure>(const std::filesystem::path& to)>;
std::variant<std::filesystem::path, Failure> quarantine_copy(const Aside& aside, const Copy& copy);

/// For a file that is gone without a trace: a quarantine with nothing in it but what was known of it.
void remember_lost(const std::filesystem::path& directory, const KnownOfFile& known);

/// Before a file is opened: a WAL without its database would be deleted by SQLite. Puts it where its database went.
/// True if there was one.
std::variant<bool, Failure> finish_quarantine(const std::filesystem::path& directory, const FileSettings& settings);

/// The stream's name is kept beside the file too, for the case that it cannot be read there any more.
std::optional<std::uint64_t> read_stream_beside(const std::filesystem::path& directory);
/// Nothing is done if it is there already. What fails here is tried again at the next start.
void keep_stream_beside(const std::filesystem::path& directory, std::uint64_t stream_id);

KnownOfFile read_known(const std::filesystem::path& quarantine);
void write_known(const std::filesystem::path& quarantine, const KnownOfFile& known);

}  // namespace odograph::outbox
