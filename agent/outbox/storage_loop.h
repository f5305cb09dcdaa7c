#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "agent/outbox/batch.h"
#include "agent/outbox/commit_plan.h"
#include "agent/outbox/data_directory.h"
#include "agent/outbox/evict_plan.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/memory_stream.h"
#include "agent/outbox/outbox.h"
#include "agent/outbox/rewrite.h"
#include "agent/outbox/ring.h"
#include "agent/outbox/salvager.h"
#include "agent/outbox/scan_pace.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {

/// After a medium's error the same batch is tried again this much later;
inline constexpr base::Millis kRetryAfter{250};
/// this often, then the file is closed and opened anew; as often again, and it is left alone
inline constexpr int kIoFailuresMax = 3;
/// for this long, as is a file that could not be opened.
inline constexpr base::Millis kReopenAfter{10'000};
/// A full file is tried again this much later: acknowledgements may have made room.
inline constexpr base::Millis kFullRetryAfter{1000};
/// A medium that as many times, a kReopenAfter apart, does not give back what it was given is taken for rotten there.
inline constexpr int kUnreadableMax = 3;
/// Unless there is this much between them.
inline constexpr base::Millis kUnreadableForget{60'000};
/// A disk that had less room than was wanted is asked again this much later.
inline constexpr base::Millis kRoomAgainAfter{60'000};
/// Whether the file is still where it was, and how the data directory is mounted, is looked at this often.
inline constexpr base::Millis kLookEvery{30'000};
/// Evictions tried within one commit that finds no page.
inline constexpr int kFullTriesMax = 3;
/// No more than this is evicted in one transaction, and no more than this is deleted that was acknowledged: where
/// chunks are small, the WAL takes a page for each page that becomes empty, and may have kWalRoomBytes in all.
inline constexpr std::uint64_t kEvictBytesMax = 1ULL << 20;
inline constexpr std::uint64_t kAckedBytesMax = 2ULL << 20;
/// No more than about this is taken from each lane's ring into one transaction, for the same room: rings that ran full
/// while the medium was slow become several. With the two above, and kCheckpointPages that may be in it, the WAL has
/// what it needs.
inline constexpr std::size_t kTakeBytesMax = 256 << 10;
/// With `hold`, more than about this does not wait for its acknowledgement in RAM alone: all of it is one transaction.
inline constexpr std::size_t kHeldBytesMax = 1 << 20;
/// While the file is full enough for it, bulk is thinned this often, and after every kRunRecordsMax records of bulk;
inline constexpr base::Millis kThinEvery{250};
/// where that saves nothing, this much later.
inline constexpr base::Millis kThinAgainAfter{60'000};
/// Records looked at for one commit, about, whatever comes in.
inline constexpr std::uint64_t kThinRecordsMax = 4096;
/// Broken chunks that wait for their deletion; reading stops when there are more.
inline constexpr std::size_t kCorruptWaitingMax = 64;

/// What the storage thread does, as steps that do not wait: the thread calls `step`, sleeps until the time that it
/// returned or until it is woken, and calls again. Tests call it with times of their own.
class StorageLoop {
 public:
  using Rings = std::array<std::unique_ptr<Ring>, kLanes>;
  struct Parts {
    Options options;
    model::Record boot_record;  ///< Time of the boot record; the report is put in when the file is open.
    Rings& rings;
    Handout& handout;
  };
  explicit StorageLoop(Parts parts);
  ~StorageLoop();

  // For one thread at a time.
  /// Opens the file; `step` does it too, when its time has come.
  std::optional<Failure> open(base::BootTime now);
  /// Commits what is due, hands out what is ready. Returns when it wants to be called again at the latest.
  std::optional<base::BootTime> step(base::BootTime now);
  /// Commits everything, marks the boot as ended cleanly and closes; tries once.
  void finish(base::BootTime now);
  const SourceMarks& source_marks() const { return source_marks_; }

  // For any thread.
  void set_anchor(Anchor anchor);
  /// The pipeline's time has come to `time`.
  void note_pipeline_time(base::BootTime time) { pipeline_ms_.store(time.time_since_epoch().count()); }
  void note_link(Link link) { link_.store(link); }
  /// Asks for a commit of all that was pushed before; done once `flushed` has come to what this returns.
  std::uint64_t ask_flush() { return ++flush_asked_; }
  std::uint64_t flushed() const { return flush_done_.load(); }
  /// `now`: for the age of what is not durable; without it that stays untold.
  Stats stats(std::optional<base::BootTime> now = std::nullopt) const;

 private:
  struct Broken {
    Row row;
    std::uint64_t bytes = 0;
  };
  struct LaneState {
    LaneEnd end;                ///< Last durable numbers of this boot.
    std::uint64_t last_id = 0;  ///< Last durable row of any boot.
    std::uint64_t cursor = 0;   ///< Last id that was put into the queue.
    std::uint64_t deleted = 0;  ///< Acknowledgements up to here are deleted.
    LaneUse use;
    std::vector<Row> recent;         ///< Of the last commit: handed out from RAM if they are next.
    std::uint64_t recent_after = 0;  ///< The id before them.
    std::optional<base::BootTime> gated_until;
    std::vector<Broken> broken;
  };
  /// Handed out, not acknowledged and not in the file.
  struct Held {
    Row row;
    base::BootTime since;  ///< When its oldest record was pushed.
  };
  LaneState& of(model::Lane lane) { return lanes_[index_of(lane)]; }
  /// One way through bulk: through all of it to pack it, through the oldest half of it to thin that too.
  struct ThinRound {
    Rewriting how = Rewriting::kPack;
    std::uint64_t next = 0;    ///< Rows up to this id are done.
    std::uint64_t came = 0;    ///< Records of bulk since the last look.
    std::uint64_t passed = 0;  ///< Bytes of them, as they were,
    std::uint64_t limit = 0;   ///< and where it ends.
    std::uint64_t saved = 0;   ///< Bytes.
    int fruitless = 0;         ///< Runs in a row that were left as they are.
    bool rests = false;        ///< Until `due`, whatever comes in.
    std::optional<base::BootTime> due;
    bool is_over() const { return limit > 0 && passed >= limit; }
  };

  // storage_open.cpp
  std::optional<Failure> open_all();
  std::optional<Failure> begin_boot();
  std::optional<Failure> load_flash();
  std::optional<Failure> load_lanes();
  std::optional<Failure> take_up_batch();
  void open_failed(base::BootTime now, const Failure& failure);
  KnownOfFile known_of_file();
  std::optional<Failure> put_aside();
  void close_store();
  void quarantine_and_reopen(base::BootTime now);
  void reopen(base::BootTime now, const Failure& failure);
  void note(State state, std::string trouble);

  // storage_commit.cpp
  std::optional<base::BootTime> commit_due(base::BootTime now, Urgency urgency);
  CommitPlan plan(base::BootTime now, Urgency urgency);
  std::size_t takes_waiting() const;
  bool has_notes() const;
  Batch compose(base::BootTime now, const std::array<bool, kLanes>& lanes);
  void take_ring(Batch& batch, model::Lane lane, std::vector<model::Record>& records, base::BootTime now);
  void add_boot_report(Batch& batch, std::vector<model::Record>& records);
  void add_ring_losses(Batch& batch, std::vector<model::Record>& records);
  bool add_acks(Batch& batch);
  void add_broken(Batch& batch, std::vector<model::Record>& records);
  bool add_evictions(Batch& batch, Pressure pressure, base::BootTime now);
  std::vector<Row> pick_evicted(Batch& batch, model::Lane lane, std::uint64_t bytes);
  void tell_ends(Batch& batch);
  void try_commit(base::BootTime now);
  std::optional<Failure> commit_making_room(base::BootTime now);
  void committed(base::BootTime now);
  void note_refused();
  void failed(base::BootTime now, const Failure& failure);
  void checkpoint_if_long();

  // storage_full.cpp
  bool make_way(base::BootTime now);
  bool withdraw_queued();
  std::uint64_t deletable(const Batch& batch, model::Lane lane) const;
  bool is_leaving(const Batch& batch, const Row& row) const;

  // storage_hold.cpp
  bool may_hold() const;
  void hand_out_held(base::BootTime now);
  void settle_held();
  void add_held(Batch& batch);
  std::size_t held_bytes() const;
  void weigh_held(CommitInputs& inputs) const;
  std::optional<base::BootTime> held_until() const;

  // storage_feed.cpp
  std::optional<base::BootTime> feed(base::BootTime now);
  void feed_lane(model::Lane lane, base::BootTime now);
  std::variant<std::optional<Store::Found>, Failure> next_row(model::Lane lane);
  bool is_ready(const Row& row, base::BootTime now);
  Chunk to_chunk(Row row);
  void found_broken(Row row);

  // storage_memory.cpp
  bool may_send_from_memory() const;
  std::optional<base::BootTime> send_from_memory(base::BootTime now);
  void settle_memory();

  // storage_idle.cpp
  std::optional<base::BootTime> idle(base::BootTime now);
  std::optional<base::BootTime> salvage(base::BootTime now);
  std::optional<base::BootTime> scan(base::BootTime now);
  bool is_rotten(base::BootTime now);
  void read_failed(base::BootTime now, const Failure& failure);

  // storage_removed.cpp
  std::optional<base::BootTime> look_due(base::BootTime now);
  void look_at_mount();
  void file_removed(base::BootTime now);
  void wal_removed(base::BootTime now);
  std::optional<Failure> rescue();
  std::optional<Failure> make_directory();

  // storage_room.cpp
  std::optional<base::BootTime> room_due(base::BootTime now);

  // storage_thin.cpp
  std::optional<base::BootTime> thin_due(base::BootTime now);
  Batch compose_thinning(base::BootTime now);
  bool alert_waits() const;
  ThinRound next_round(base::BootTime now) const;
  std::vector<Row> next_run();
  void tell_thinned(Batch& batch, std::vector<Rewrite> rewrites, base::BootTime now);
  void tell_thinned_ends(std::vector<Row>& rows);
  void give_up_thinning(base::BootTime now);

  std::optional<base::BootTime> serve_file(base::BootTime now);
  void end_boot(base::BootTime now);
  void publish();
  void note_flash(base::BootTime now);
  LossContext loss_context();
  base::BootTime pipeline_now() const { return base::BootTime{base::Millis{pipeline_ms_.load()}}; }

  Options options_;
  model::Record boot_record_;
  Rings& rings_;
  Handout& handout_;

  DataDirectory directory_;
  Salvager salvager_;
  bool is_put_aside_ = false;  ///< The file of `stream_id_` went to quarantine.
  bool is_removed_ = false;    ///< The open file has no name any more; `batch_`, if any, was committed into it.
  std::optional<base::BootTime> look_at_;
  ScanPace scan_pace_;
  std::size_t scan_lane_ = 0;
  std::uint64_t scan_cursor_ = 0;  ///< Last id of that lane that was scanned.
  std::uint64_t cap_bytes_ = 0;    ///< Of the file in use: what quarantines leave of options_.cap_bytes.
  std::uint64_t crc_failures_ = 0;
  int unreadable_ = 0;            ///< Times that the medium did not give back what it was given, lately.
  base::BootTime unreadable_at_;  ///< The last of them.
  std::optional<base::BootTime> read_retry_at_;
  Repairs repairs_;
  MediumTimes times_;
  std::unique_ptr<Store> store_;
  std::uint64_t stream_id_ = 0;
  std::uint32_t boot_ = 0;
  std::uint32_t boot_nonce_ = 0;
  PreviousBoot previous_;
  std::string vehicle_before_;  ///< Of that boot, if it was another than now.
  bool boot_told_ = false;
  std::array<LaneState, kLanes> lanes_;
  SourceMarks source_marks_;
  bool source_loaded_ = false;
  std::optional<Batch> batch_;  ///< Composed and not yet committed.
  std::deque<Held> held_;       ///< Of bulk, ascending, all above what is in the file; empty while there is a batch.
  MemoryStream memory_{{options_, rings_, handout_}};
  std::uint64_t memory_flushed_ = 0;  ///< As `flush_done_`, of what it could do for a flush.
  bool is_in_use_ = false;            ///< Another process has the file.
  bool held_is_due_ = false;          ///< It has to come into the file to go out again.
  std::optional<base::BootTime> retry_at_;
  int io_failures_ = 0;
  std::optional<base::BootTime> room_at_;  ///< When the disk is asked for more room.
  bool was_full_ = false;                  ///< Records were evicted, and the file has not emptied much since.
  ThinRound round_;
  std::optional<base::BootTime> acks_since_;
  bool acks_remain_ = false;  ///< One transaction was not to delete them all.
  std::optional<base::BootTime> notes_since_;
  std::array<std::optional<base::BootTime>, kAlertCommitsPerSecond> alert_commits_;
  Anchor written_anchor_;           ///< Of `boot_`, committed.
  std::uint64_t bytes_before_ = 0;  ///< Written through earlier openings of the file.
  FlashBudget flash_;
  bool flash_loaded_ = false;

  std::atomic<std::int64_t> pipeline_ms_;
  std::atomic<Link> link_{Link::kDown};
  std::atomic<std::uint64_t> flush_asked_{0};
  std::atomic<std::uint64_t> flush_done_{0};
  mutable std::mutex mutex_;  ///< Guards what follows.
  Anchor anchor_;             ///< The best that was told.
  Stats stats_;
};

}  // namespace odograph::outbox
