#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/outbox/handout.h"
#include "agent/outbox/quarantine.h"
#include "agent/outbox/salvage_file.h"
#include "agent/outbox/salvage_losses.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {

/// One step of salvage reads no more than this, and comes no sooner after the last: about 2.5 MB/s.
inline constexpr std::size_t kSalvageBytesAStep = 256 << 10;
inline constexpr base::Millis kSalvageEvery{100};
/// A broken file that the medium does not let open is tried again this much later.
inline constexpr base::Millis kSalvageRetryEvery{60'000};
/// Look-ups in one step that find nothing to hand out.
inline constexpr int kSalvageLookUpsAStep = 2048;
/// How far it came is written this often, so at most this much is sent again after a crash.
inline constexpr base::Millis kSalvageMarkEvery{5000};
/// Chunks that one reading of a file's pages lists; a file with more is read again for the next ones. 2 MiB, and twice
/// that while it is made.
inline constexpr std::size_t kCandidatesMax = 1 << 17;
/// The boot under which a broken file's stream says at last what of it is lost; above every boot that counts.
inline constexpr std::uint32_t kClosingBoot = kBootMax + 1;

/// Hands the rows of broken files to the uplink under their old stream and numbers, then says what of them is lost,
/// then removes the file, or keeps it where nothing of ours was found in it (original_file.h): oldest file first,
/// within it lane by lane, each strictly oldest first. The file stays as it is until the end, so a crash costs nothing
/// but a repetition: what keeps its place is a mark in the file that is in use.
///
/// For the storage thread, which calls `step` when it has nothing more urgent to do.
class Salvager {
 public:
  struct Counts {
    std::uint64_t chunks = 0;
    std::uint64_t records = 0;
    std::uint64_t lost_records = 0;
    std::uint64_t crc_failures = 0;
  };
  /// What the closing boot record tells of, and when it is now.
  struct Context {
    Store& store;  ///< In use; keeps the mark.
    std::string agent_version;
    std::optional<Anchor> anchor;  ///< Of the running boot.
    base::BootTime pipeline_now;
  };
  Salvager(std::filesystem::path directory, std::uint64_t page_bytes, Handout& handout)
      : directory_(std::move(directory)), page_bytes_(page_bytes), handout_(handout) {}

  /// Looks anew for what lies in quarantine; after every opening of the file in use.
  void look();
  const Quarantines& quarantines() const { return quarantines_; }
  const Counts& counts() const { return counts_; }
  /// What came of the last file that this process was done with, in one line; empty before.
  const std::string& outcome() const { return outcome_; }

  /// Does a little. Returns when it wants to be called again; nothing if only an acknowledgement brings it further, or
  /// nothing lies in quarantine. A failure is one of the file in use.
  std::variant<std::optional<base::BootTime>, Failure> step(base::BootTime now, const Context& context);

 private:
  struct Candidate {
    std::uint64_t id = 0;
    std::uint32_t page = 0;
    std::uint32_t at = 0;
    friend auto operator<=>(const Candidate&, const Candidate&) = default;
  };
  /// Where in the order of salvage.
  struct Place {
    model::Lane lane = model::Lane::kAlert;
    std::uint64_t id = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  enum class Phase { kIdle, kListing, kWalking, kClosing, kWaiting };

  void begin(base::BootTime now, const Context& context);
  void know_stream();
  void know_ends();
  void list_from(Place after);
  void list();
  void keep_smallest();
  void walk();
  void next_lane();
  std::optional<Row> row_of(std::size_t from, std::size_t to);
  bool is_misplaced(std::size_t from, std::size_t to);
  bool take(Row row);
  void learn_boots(const Row& row);
  Chunk to_chunk(Row row, std::optional<Anchor> anchor) const;
  void close(const Context& context);
  std::array<SalvageLosses::Ends, kLanes> find_ends();
  void go_back();
  void take_acks();
  std::optional<Failure> write_mark(base::BootTime now, Store& store);
  void finish();
  void keep_unrecognised();
  void forget_file();
  /// Of one file.
  struct Progress {
    std::unique_ptr<SalvageFile> file;
    KnownOfFile known;
    Counts before;  ///< When it began.
    Place marked;   ///< Acknowledged, and written down.
    Place acked;    ///< Acknowledged.
    Place counted;  ///< Counted as salvaged.
    bool is_told = false;
    std::uint64_t closing_id = 0;  ///< Of the last closing chunk; 0 before.
    SalvageLosses losses;
    std::array<std::uint64_t, kLanes> first_ids{};
    std::array<std::uint64_t, kLanes> last_ids{};
  };

  std::filesystem::path directory_;
  std::uint64_t page_bytes_;
  Handout& handout_;
  Quarantines quarantines_;
  Counts counts_;
  std::string outcome_;

  Phase phase_ = Phase::kIdle;
  std::optional<base::BootTime> next_at_;
  base::BootTime mark_written_at_;
  Progress now_;
  Place listed_after_;      ///< The list begins there, and `listed_after_.lane` is the lane that it is walked for.
  std::uint32_t page_ = 1;  ///< The next to be listed.
  std::vector<Candidate> candidates_;    ///< By id.
  std::optional<std::uint64_t> cut_at_;  ///< There are more, from this id on.
  std::size_t at_ = 0;                   ///< The next of `candidates_`.
};

}  // namespace odograph::outbox
