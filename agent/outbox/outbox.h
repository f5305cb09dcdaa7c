#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/outbox/file_settings.h"
#include "agent/outbox/flash_budget.h"
#include "agent/outbox/medium_times.h"
#include "agent/outbox/mount_options.h"
#include "agent/outbox/repairs.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::outbox {

/// Where in a rewindable source a record comes from: committed with the record, lane by lane.
struct SourceMark {
  std::uint64_t offset = 0;  ///< model::Reading::offset.
  std::uint32_t index = 0;   ///< Among the records that this lane got from that offset, from 0.
  friend auto operator<=>(const SourceMark&, const SourceMark&) = default;
};

/// The last durable mark per stored lane of a source; absent where the lane has had none.
using SourceMarks = std::array<std::optional<SourceMark>, 3>;

class CommitReport;  // commit_report.h

/// UTC of a boot's time line: utc = boot time + offset.
struct Anchor {
  base::Millis offset{0};
  model::TimeQuality quality = model::TimeQuality::kNone;
};

struct Options {
  std::filesystem::path directory;         ///< Holds outbox.db, its WAL and the lock file.
  std::uint64_t cap_bytes = 256ULL << 20;  ///< 8 MiB .. 8 GiB
  std::array<base::Millis, 3> commit_after{base::Millis{20}, base::Millis{250},
                                           base::Millis{1000}};  ///< alert, event, bulk
  std::size_t commit_bytes = 32 << 10;  ///< Commit earlier when a lane's ring holds about this much.
  std::array<std::size_t, 3> ring_records{1024, 4096, 16384};
  /// Bulk goes out first while nothing of it waits, and is committed only if no acknowledgement came within its
  /// `commit_after`. Not with a `source_key` or a `commit_report`, which are about commits.
  bool hold = false;
  /// While no file can be had and the link is up records go out of memory, in a stream of their own (memory_stream.h).
  /// Not with a `source_key` or a `commit_report`, nor while another agent has the file.
  bool send_from_memory = false;
  double flash_gb_per_year = 0;                        ///< Most that may be written, in GB of 10^9 bytes; 0: no limit.
  std::uint64_t file_system_bytes = kFileSystemBytes;  ///< What the file system adds: see FlashBudget.
  base::Millis no_time_limit{std::chrono::hours{24}};  ///< A boot that never learns the time waits this long.
  std::string agent_version;
  std::string vehicle_id;                       ///< Kept with the records of the boot; empty: nothing is kept.
  std::string source_key;                       ///< Names the rewindable source whose marks are kept; empty for none.
  bool source_restart = false;                  ///< Forget that source's marks.
  std::string vfs;                              ///< A registered SQLite VFS to work on (tests); empty for the system's.
  FileSettings file;                            ///< For tests only.
  std::shared_ptr<CommitReport> commit_report;  ///< Told of every commit by the storage thread; none by default.
};

/// A run of consecutive records of one lane and boot as it is stored: one row.
struct Chunk {
  std::uint64_t stream_id = 0;  ///< Of the file; a broken file is replaced by one with another.
  model::Lane lane = model::Lane::kBulk;
  std::uint32_t boot = 0;
  std::uint32_t chunk_no = 0;  ///< Dense per lane and boot, from 1.
  std::uint32_t first_n = 0;
  std::uint32_t count = 0;
  std::optional<Anchor> anchor;  ///< Of its boot; apply it to records without `utc`.
  std::uint64_t rule_set = 0;    ///< As in wire::BatchHeader, for the moment when the records were made.
  std::uint32_t boot_nonce = 0;  ///< As in wire::BatchHeader: of its boot.
  std::string vehicle_id;        ///< Under which its boot made it; empty where that is not known.
  wire::Packed packed;
};

/// Names stored chunks: `boot << 32 | chunk_no`, ascending in the order of sending.
struct ChunkId {
  model::Lane lane = model::Lane::kBulk;
  std::uint64_t id = 0;
  std::uint64_t stream_id = 0;  ///< For salvaged chunks, which are of an older stream; else it may stay 0.
  friend bool operator==(const ChunkId&, const ChunkId&) = default;
};

/// kHanging: a call to the medium has not come back for kHangsAfter; records wait in the rings meanwhile.
enum class State { kStarting, kOk, kFull, kDegradedRam, kReadonly, kRecovering, kHanging };
/// As `status` tells it.
const char* to_string(State state);

/// Whether some broker can be reached.
enum class Link { kDown, kUp };

/// How the commit report fares.
struct CommitReportStats {
  std::uint64_t lines = 0;
  std::uint64_t joined = 0;  ///< Ranges told in one line with the one before, because the reader did not keep up.
  std::uint64_t untold = 0;  ///< Ranges that no line told, because the reader was gone or far behind.
  std::string trouble;       ///< One line; empty while somebody reads.
};

/// A snapshot for status and metrics; counts are records unless they say otherwise.
struct Stats {
  struct PerLane {
    std::uint64_t made = 0;       ///< Pushed by the pipeline, lost or not, or made here (boot and loss records).
    std::uint64_t durable = 0;    ///< Committed by this process, or acknowledged before it had to be (`hold`).
    std::uint64_t acked = 0;      ///< Acknowledged, and deleted for good.
    std::uint64_t ring_full = 0;  ///< Lost because the ring had no room.
    std::uint64_t evicted = 0;
    std::uint64_t thinned = 0;  ///< Left out where a full file made the oldest bulk coarser.
    std::uint64_t corrupt = 0;
    std::uint64_t from_memory = 0;  ///< Of `acked` and `durable`: in no file at any time, and not by `hold`.
    std::uint64_t in_ring = 0;
    std::optional<base::UtcTime> in_ring_since;  ///< The oldest of these, where the time is known; not of a recording.
    std::uint64_t stored = 0;                    ///< In the file now, of all boots.
  };
  std::array<PerLane, 3> lanes;
  State state = State::kStarting;
  std::string trouble;                      ///< One line, empty when kOk.
  bool sends_from_memory = false;           ///< No file can be had, and what goes out is durable nowhere.
  std::optional<base::Millis> hanging_for;  ///< With kHanging: how long the call has been under way.
  std::uint64_t stream_id = 0;
  std::uint32_t boot = 0;
  std::uint32_t boot_nonce = 0;             ///< As in wire::BatchHeader: of `boot`; 0 before there is one.
  std::string vehicle_before;               ///< The vehicle id of the boot before, if it was another; else empty.
  std::optional<base::UtcTime> oldest_utc;  ///< Of what waits in the rings or the file, where its time is known.
  std::uint64_t used_bytes = 0;
  std::uint64_t cap_bytes = 0;          ///< What the file may take now,
  std::uint64_t wanted_cap_bytes = 0;   ///< and what was configured.
  Reserved reserved = Reserved::kNone;  ///< How much of `cap_bytes` a full disk cannot refuse.
  std::string reserved_reason;          ///< One line; empty where all of it is held, and before a file is open.
  std::uint64_t commits = 0;
  std::uint64_t commit_failures = 0;  ///< Tries that the medium refused; the records of them are tried again.
  MediumTime commit_time;             ///< Of commits and of such tries.
  MediumTime checkpoint_time;         ///< Of the WAL's way into the database.
  int wal_pages = 0;                  ///< In the WAL and not in the database yet.
  std::uint64_t bytes_written = 0;    ///< What SQLite wrote to its files.
  std::optional<CommitReportStats> commit_report;
  FlashForecast flash;
  /// Age of the oldest record that is not durable yet: what a power cut would lose. Nothing if every one is.
  std::optional<base::Millis> durable_lag;

  Durability durability = Durability::kFull;
  std::string durability_reason;           ///< One line, empty for kFull.
  std::uint64_t crc_failures = 0;          ///< Chunks whose checksum did not hold, wherever they were read.
  std::uint64_t quarantines = 0;           ///< Broken files that this process put aside.
  std::uint64_t quarantines_waiting = 0;   ///< Broken files that wait for salvage, or are at it.
  std::string quarantined;                 ///< Where the newest of them is; empty where there is none.
  std::string salvage_outcome;             ///< One line: what came of the last one; empty before.
  std::uint64_t salvaged_chunks = 0;       ///< Handed to the uplink out of broken files.
  std::uint64_t salvaged_records = 0;      ///< In them.
  std::uint64_t salvage_lost_records = 0;  ///< Told as lost with them.
  std::uint64_t scanned_bytes = 0;         ///< Read by the background scan for rot.
  Repairs repairs;
};

/// The contract, as docs/durability.md publishes it (the times are the defaults of Options::commit_after):
///
/// A record is *durable* when the outbox reports it durable (`Stats::durable`, `flush`), which happens only after
/// the SQLite transaction that holds it was flushed with `synchronous=FULL`. Alerts are made durable at once
/// (grouped for at most 20 ms; beyond five such commits in a second, for at most 1 s), events within 250 ms, bulk
/// telemetry within 1 s by default; a power cut can lose only records younger than that and one commit. A durable
/// record is handed to the broker at least once, in order per vehicle and lane, unless it is evicted because the
/// disk is full, or its chunk has rotted; each such loss that can be known is counted and sent upstream as a loss
/// record. After a crash what was in flight and what was acknowledged in the last commit interval is sent again
/// under the same numbers. A crash of the process, `kill -9` included, loses nothing that is durable. All of this
/// assumes storage that honours a flush and does not damage what it is not writing to.
///
/// The vehicle's durable buffer: a bounded ring per lane in RAM, a storage thread that is the only one to touch SQLite,
/// and a bounded queue of chunks towards the uplink. `push` is for the loop thread; `next`, `ack`, `rewind` for the
/// uplink's; `stats` for any.
class Outbox {
 public:
  /// What `start` does if the file cannot be opened.
  enum class OnTrouble {
    kFail,  ///< Return why (`kStop`: somebody else's database, newer schema; `kRetry`: missing, read-only, full, in
            ///< use).
    kKeepTrying,  ///< Keep records in the rings and try again every 10 s; `stats` tells. It returns also if the medium
                  ///< hangs.
  };
  /// Opens the file, then starts the storage thread. `clock` is the pipeline's and is read here only, for the time of
  /// the boot record; commit deadlines go by CLOCK_BOOTTIME whatever the pipeline's time does.
  static base::Result<std::unique_ptr<Outbox>> start(const Options& options, const base::Clock& clock,
                                                     OnTrouble on_trouble);
  /// Closes, if `close` has not: waits for the medium as long as it takes.
  virtual ~Outbox() = default;
  /// Commits what the rings hold, marks the boot as ended cleanly, closes; nothing may be asked of it any more but
  /// `stats`. False if that took more than `timeout`, or as soon as a call to the medium hangs: then the outbox cannot
  /// be destroyed, and the process has to end without that.
  virtual bool close(base::Millis timeout) = 0;

  /// False if the lane's ring is full: the record is counted as lost (`ring_full`) and a loss record will tell.
  /// `rule_set`: as in wire::BatchHeader; it stays with the record.
  virtual bool push(model::Lane lane, model::Record record, std::optional<SourceMark> mark = std::nullopt,
                    std::uint64_t rule_set = 0) = 0;
  /// For a source that can wait: how many more records the lane's ring takes.
  virtual std::size_t room(model::Lane lane) const = 0;
  /// Readable while every ring has room: wait for it after `room` was 0.
  virtual int room_fd() const = 0;
  /// The boot's UTC became known, or better known: an anchor of a quality that is not above the last one's is ignored.
  /// Until then chunks with a record that has no `utc` of its own are not handed out, for `no_time_limit` at most.
  virtual void set_anchor(Anchor anchor) = 0;
  /// Commits everything pushed so far; false if it could not within `timeout`.
  virtual bool flush(base::Millis timeout) = 0;
  /// Durable marks of `source_key` as they were when the file was opened; none if `start` could not open it.
  virtual SourceMarks source_marks() const = 0;

  /// The oldest chunk of `lane` that was not yet handed out; nothing if none is ready.
  virtual std::optional<Chunk> next(model::Lane lane) = 0;
  /// Readable when `next` may have something new of that lane.
  virtual int chunk_fd(model::Lane lane) const = 0;
  /// The broker has every record of the lane up to and including this chunk. What was not handed out stays.
  virtual void ack(ChunkId through) = 0;
  /// Hand out again from the oldest chunk that is not acknowledged.
  virtual void rewind(model::Lane lane) = 0;
  /// The link came or went; at first it is down. Only while it is up is anything handed out that is in no file.
  virtual void note_link(Link link) = 0;

  /// The same for what is salvaged from a broken file: all lanes of an older stream in one order, under their old
  /// numbers. It is old and large, so send it when nothing else waits. A chunk never goes into a message with chunks of
  /// another stream, lane or boot.
  virtual std::optional<Chunk> next_salvaged() = 0;
  /// Readable when `next_salvaged` may have something new.
  virtual int salvage_fd() const = 0;
  /// The broker has everything that `next_salvaged` gave up to and including this chunk, stream and lane named.
  virtual void ack_salvaged(ChunkId through) = 0;
  /// Hand out salvaged chunks again from the oldest that is not acknowledged.
  virtual void rewind_salvaged() = 0;

  virtual Stats stats() const = 0;
};

}  // namespace odograph::outbox
