#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "agent/outbox/failure.h"
#include "agent/outbox/file_settings.h"

namespace odograph::outbox {

/// A longer WAL is left as it is. The outbox's own stay near `FileSettings::checkpoint_pages`.
inline constexpr std::size_t kWalMendBytesMax = 16 << 20;

/// What a WAL is like behind the place where its chain of checksums ends.
enum class WalState {
  kSound,    ///< Nothing is there, or what a power cut may leave of one commit that was not done: as it should be.
  kMended,   ///< Rot, and it is known bit for bit what stood there before.
  kPatched,  ///< Rot, and some pages are lost or doubtful.
};

struct MendedWal {
  WalState state = WalState::kSound;
  std::string bytes;  ///< Unless kSound: what to take instead, up to its last commit, chained anew.
};

/// Tells rot in a WAL from its torn end. SQLite takes the first frame whose checksum does not hold for the end, so one
/// bit that has rotted takes every later commit with it, and nobody is told.
///
/// A commit is begun only when the one before is on the medium. So a frame of this WAL's own salts that continues the
/// chain behind a whole commit, all of it behind the break, proves that the break was not there before. Each frame
/// holds the sum up to itself, so the chain can be taken up again behind a broken one. A single bit that has changed is
/// put right by what the sum is off, unless it is one of a word's upper 9 in a page: too little of those arrives in the
/// sum. In the last commit, and in the one before it where a page alone was committed, that is all that can be told
/// from a torn end: of a frame that was cut more is missing than one bit.
///
/// `wal`: the whole file. `page_bytes`: of the database, for a WAL whose own header is broken. Pure. Format:
/// https://www.sqlite.org/fileformat2.html, section 4.
MendedWal mend_wal(std::string_view wal, std::uint32_t page_bytes);

/// Which pages may be taken over from a WAL that has rotted.
enum class WalPages {
  kExact,     ///< Only where nothing is lost: kPatched is told, and the file stays as it is.
  kDoubtful,  ///< All that can be had: who reads them checks each row.
};

/// Looks at `database`'s WAL and puts the mended one in its place, durably and at once. Before SQLite opens it.
std::variant<WalState, Failure> mend_wal_of(const std::filesystem::path& database, std::uint32_t page_bytes,
                                            WalPages pages, const FileSettings& settings);

/// The page size that the header of an outbox's own database tells; nothing if it is another program's, or damaged.
std::optional<std::uint32_t> page_size_of_ours(const std::filesystem::path& database);

}  // namespace odograph::outbox
