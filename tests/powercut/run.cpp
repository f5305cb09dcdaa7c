#include "tests/powercut/run.h"

#include <cerrno>

#include "tests/powercut/medium_vfs.h"
#include "tests/powercut/oracle.h"
#include "tests/powercut/process.h"
#include "tests/powercut/records.h"

namespace odograph::powercut {
namespace {

using model::Lane;

enum class Fate { kCut, kKilled, kEndsInOrder };

constexpr int kRoundsMax = 60;
/// So often the file is very small and the time never learnt before the end, so that bulk waits and has to be thinned.
constexpr std::uint64_t kOneIsCrowdedOf = 7;
constexpr std::uint64_t kCrowdedCapBytes = 102U << 10;
/// Of a file that is full of what was handed out one part in so many may be other bulk.
constexpr std::uint64_t kMayStayOf = 4;
constexpr outbox::Anchor kAnchor{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

/// Everything of one run.
class Run {
 public:
  explicit Run(const Settings& settings);
  Outcome play();

 private:
  void live(Fate fate, bool is_last);
  void work(Process& process);
  void act(Process& process);
  void push_some(Process& process);
  void ack_some(Process& process);
  void ack_all(Process& process);
  bool is_full_of_handed(const Process& process) const;
  bool open(Process& process);
  void step(Process& process);
  void observe(const Process& process);
  void flush(Process& process);
  void drain(Process& process);
  void last_words(Process& process);
  void end(Process& process, Fate fate);
  void inject_errors();
  void make_rough();
  outbox::Anchor anchor();
  void pass_time(Process& process);
  bool is_sound(const Process& process) const;
  bool has_failed() const { return !oracle_.wrong().empty(); }

  Settings settings_;
  Dice dice_;
  Dice weather_;  ///< Its own, so that fair runs are what they were before there was weather.
  Medium medium_;
  MediumVfs vfs_;
  Oracle oracle_;
  outbox::Options options_;
  std::array<std::uint32_t, kLanes> serials_{};
  std::uint64_t errors_before_ = 0;  ///< Injected before this process.
  bool is_crowded_ = false;
  bool is_opened_ = false;
  bool is_checked_ = false;
  Seen seen_;
};

Honesty honesty_of(Control control) {
  if (control == Control::kLyingSync) return Honesty::kSyncLies;
  return control == Control::kReadsLie ? Honesty::kReadsLie : Honesty::kHonest;
}

outbox::FileSettings file_settings(const Settings& settings) {
  outbox::FileSettings file;
  file.page_bytes = settings.page_bytes;
  if (settings.control == Control::kSyncOff) file.synchronous = outbox::Synchronous::kOff;
  if (settings.control == Control::kSyncNormal) file.synchronous = outbox::Synchronous::kNormal;
  if (settings.control == Control::kNoPadding) file.torn_sector = outbox::TornSector::kKeepsItsOtherBytes;
  return file;
}

Run::Run(const Settings& settings)
    : settings_(settings),
      dice_(settings.seed),
      weather_(~settings.seed),
      medium_(dice_.next(), honesty_of(settings.control)),
      vfs_(medium_),
      oracle_(settings.weather, settings.bulk) {
  seed_sqlite(settings.seed);
  options_.directory = settings.directory;
  options_.vfs = MediumVfs::name();
  options_.agent_version = "1.2.3";
  options_.hold = settings.bulk == Bulk::kSent;
  // A source's marks are about commits; with them nothing is held.
  if (!options_.hold) options_.source_key = "file";
  options_.ring_records = {16, 16, 80};
  options_.cap_bytes = dice_.percent(30) ? 256U << 10 : 8U << 20;
  // Not by the dice, so that the other runs stay as they are.
  is_crowded_ = has_crowded_runs(settings) && settings.seed % kOneIsCrowdedOf == 0;
  if (is_crowded_) options_.cap_bytes = kCrowdedCapBytes;
  options_.file = file_settings(settings);
  options_.file.flush_directory = [this](const std::filesystem::path&) {
    if (settings_.control != Control::kNamesUnsafe) medium_.flush_directory();
    return medium_.is_off() ? EIO : 0;
  };
  options_.file.forget_cached = [this](const std::filesystem::path& path) {
    if (settings_.control != Control::kCacheTrusted) medium_.forget_cached(path.string());
  };
  // Long WALs are rare in a short run: with short ones a checkpoint and a WAL that begins anew come often.
  constexpr int kCheckpoints[] = {12, 40, 150, outbox::kCheckpointPages};
  options_.file.checkpoint_pages = kCheckpoints[dice_.below(std::size(kCheckpoints))];
}

Outcome Run::play() {
  const auto lives = dice_.between(3, 12);
  for (std::int64_t i = 0; i < lives && !has_failed(); ++i) {
    const std::uint64_t die = dice_.below(100);
    const std::uint64_t cuts = settings_.weather == Weather::kFlushes ? 55 : 75;
    live(die < cuts ? Fate::kCut : die < 87 ? Fate::kKilled : Fate::kEndsInOrder, false);
  }
  if (!has_failed()) live(Fate::kEndsInOrder, true);
  seen_.sectors_lost = medium_.seen().sectors_lost;
  seen_.sectors_garbled = medium_.seen().sectors_garbled;
  seen_.writes_torn = medium_.seen().writes_torn;
  seen_.io_errors = medium_.seen().failed;
  seen_.no_space = medium_.seen().no_space;
  seen_.read_errors = medium_.seen().failed_reads;
  seen_.flush_errors = medium_.seen().failed_flushes;
  seen_.handed_again = oracle_.handed_again();
  seen_.sent_first = oracle_.sent_first();
  seen_.evicted = oracle_.evicted();
  seen_.thinned = oracle_.thinned();
  seen_.ring_losses = oracle_.ring_losses_told();
  return {seen_, oracle_.wrong()};
}

void Run::live(Fate fate, bool is_last) {
  oracle_.process_started();
  is_opened_ = is_checked_ = false;
  errors_before_ = medium_.seen().failed + medium_.seen().no_space;
  // Some cuts come while the file is being opened and the backlog handed out again.
  if (fate != Fate::kEndsInOrder) medium_.cut_after(dice_.percent(35) ? dice_.below(40) : dice_.below(500));
  if (!is_last && dice_.percent(25)) inject_errors();
  if (!is_last && settings_.weather == Weather::kRough) make_rough();
  if (!is_last && settings_.weather == Weather::kFlushes && weather_.percent(70)) {
    medium_.fail_flushes({weather_.below(60), 1 + weather_.below(4)}, Dirty::kDropped);
  }
  if (medium_.size((options_.directory / "outbox.db-wal").string()) > 0) ++seen_.full_wals;
  Process process(options_);
  if ((dice_.percent(60) && !is_crowded_) || is_last) process.loop->set_anchor(anchor());
  if (open(process)) drain(process);
  if (!has_failed() && !medium_.is_off()) work(process);
  if (is_last && !has_failed()) last_words(process);
  seen_.commits += process.loop->stats().commits;
  end(process, fate);
}

void Run::inject_errors() {
  Medium::Faults faults;
  faults.first = dice_.below(250);
  faults.count = dice_.percent(80) ? 1 + dice_.below(8) : 20 + dice_.below(60);
  faults.how = dice_.percent(50) ? Done::kIoError : Done::kNoSpace;
  faults.dirty = dice_.percent(50) ? Dirty::kKept : Dirty::kDropped;
  medium_.fail(faults);
}

/// Once, some times in a row, or for a while.
void Run::make_rough() {
  const auto window = [&](std::uint64_t first_max) {
    const std::uint64_t die = weather_.below(100);
    const std::uint64_t count = die < 40 ? 1 : die < 80 ? 2 + weather_.below(8) : 30 + weather_.below(120);
    return Medium::Window{weather_.below(first_max), count};
  };
  if (weather_.percent(30)) medium_.fail_reads(window(weather_.percent(50) ? 40 : 600));
  if (weather_.percent(20)) medium_.fail_flushes(window(40), weather_.percent(50) ? Dirty::kKept : Dirty::kDropped);
}

/// In fair weather the truth. Else each source of time may be wrong by decades, and a better one comes later.
outbox::Anchor Run::anchor() {
  if (settings_.weather != Weather::kRough) return kAnchor;
  constexpr model::TimeQuality kQualities[] = {model::TimeQuality::kRtc, model::TimeQuality::kNtp,
                                               model::TimeQuality::kGnss};
  ++seen_.clock_jumps;
  const std::chrono::days off{weather_.between(-20 * 365, 20 * 365)};
  return {kAnchor.offset + off, kQualities[weather_.below(std::size(kQualities))]};
}

/// CLOCK_BOOTTIME never steps back; after a suspend it is later, by as much as the suspend took.
void Run::pass_time(Process& process) {
  if (!weather_.percent(4)) return;
  constexpr std::chrono::days kSuspends[] = {std::chrono::days{1}, std::chrono::days{40}, std::chrono::days{3650}};
  process.now += kSuspends[weather_.below(std::size(kSuspends))];
  ++seen_.clock_jumps;
}

bool Run::is_sound(const Process& process) const {
  const auto state = process.loop->stats().state;
  const bool works = state == outbox::State::kOk || state == outbox::State::kFull;
  return works && !medium_.is_off() && medium_.seen().failed + medium_.seen().no_space == errors_before_;
}

bool Run::open(Process& process) {
  const auto failure = process.loop->open(process.now);
  const bool may_fail = medium_.is_off() || medium_.seen().failed + medium_.seen().no_space > errors_before_;
  if (failure && !may_fail) oracle_.found_wrong("cannot be opened: " + failure->what);
  if (failure) return false;
  is_opened_ = true;
  oracle_.opened(process.loop->stats(), process.loop->source_marks());
  return true;
}

void Run::step(Process& process) {
  process.loop->step(process.now);
  observe(process);
}

void Run::observe(const Process& process) {
  const auto stats = process.loop->stats();
  if (!is_opened_ && stats.boot != 0) {
    is_opened_ = true;
    oracle_.opened(stats, process.loop->source_marks());
  }
  oracle_.promised(stats);
  if (medium_.size((options_.directory / "outbox.db").string()) > options_.cap_bytes) {
    oracle_.found_wrong("the file is larger than its cap");
  }
}

void Run::flush(Process& process) {
  const auto asked = process.loop->ask_flush();
  step(process);
  if (process.loop->flushed() >= asked) oracle_.flushed();
}

/// Hands out all that is stored and may go, and asks the oracle.
void Run::drain(Process& process) {
  for (const auto lane : model::kStoredLanes) {
    process.handout.rewind(lane);
    oracle_.rewound(lane);
    process.handed[outbox::index_of(lane)].clear();
  }
  for (bool more = true; more && !has_failed();) {
    step(process);
    if (!is_sound(process)) return;
    more = false;
    for (const auto lane : model::kStoredLanes) {
      while (const auto chunk = process.handout.next(lane)) {
        oracle_.handed(*chunk);
        process.took(*chunk);
        more = true;
      }
    }
  }
  oracle_.drained();
  is_checked_ = true;
}

void Run::push_some(Process& process) {
  const std::uint64_t die = dice_.below(100);
  const Lane lane = die < 70 ? Lane::kBulk : die < 85 ? Lane::kEvent : Lane::kAlert;
  const std::uint64_t count = 1 + dice_.below(lane == Lane::kBulk ? 30 : 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t serial = ++serials_[outbox::index_of(lane)];
    oracle_.pushed(lane, serial, process.push(lane, record_of(lane, serial, settings_.weather), {serial, 0}));
  }
  if (settings_.control == Control::kEarlyReport) oracle_.flushed();
}

void Run::ack_some(Process& process) {
  const auto lane = model::kStoredLanes[dice_.below(kLanes)];
  auto& handed = process.handed[outbox::index_of(lane)];
  while (const auto chunk = process.handout.next(lane)) {
    oracle_.handed(*chunk);
    process.took(*chunk);
  }
  if (!handed.empty()) process.handout.ack({lane, handed[dice_.below(handed.size())].id});
}

/// Nearly: a commit may need more than the little that could go.
bool Run::is_full_of_handed(const Process& process) const {
  if (process.loop->stats().state != outbox::State::kFull) return false;
  const std::size_t bulk = outbox::index_of(Lane::kBulk);
  const std::uint64_t acked = process.handout.acked(Lane::kBulk);
  std::uint64_t on_its_way = 0;
  for (const Process::Handed& chunk : process.handed[bulk]) on_its_way += chunk.id > acked ? chunk.records : 0;
  const std::uint64_t stored = process.loop->stats().lanes[bulk].stored;
  return on_its_way > 0 && on_its_way >= stored - stored / kMayStayOf;
}

void Run::ack_all(Process& process) {
  for (const auto lane : model::kStoredLanes) {
    const auto& handed = process.handed[outbox::index_of(lane)];
    if (!handed.empty()) process.handout.ack({lane, handed.back().id});
  }
}

void Run::act(Process& process) {
  const std::uint64_t die = dice_.below(100);
  if (die < 60) return push_some(process);
  if (die < 75) return ack_some(process);
  if (die < 85) return flush(process);
  if (die < 87 && !is_crowded_) process.loop->set_anchor(anchor());
  if (die >= 98 && is_opened_) drain(process);
}

void Run::work(Process& process) {
  constexpr std::int64_t kWaits[] = {0, 20, 20, 250, 1000, 1500};
  const auto rounds = dice_.between(0, kRoundsMax);
  for (std::int64_t i = 0; i < rounds && !medium_.is_off() && !has_failed(); ++i) {
    act(process);
    process.now += base::Millis{kWaits[dice_.below(std::size(kWaits))]};
    // A file that could not be had is tried again every minute.
    if (dice_.percent(10)) process.now += base::Millis{60'000};
    if (settings_.weather == Weather::kRough) pass_time(process);
    step(process);
  }
}

/// The medium is sound again: everything that is left comes, and so does something new.
void Run::last_words(Process& process) {
  for (const auto lane : model::kStoredLanes) {
    const std::uint32_t serial = ++serials_[outbox::index_of(lane)];
    oracle_.pushed(lane, serial, process.push(lane, record_of(lane, serial, settings_.weather), {serial, 0}));
  }
  process.now += base::Millis{2000};
  const auto asked = process.loop->ask_flush();
  step(process);
  // Never dropped: what the uplink has. Of a very small file that may be all, and what is new waits for it to arrive.
  if (process.loop->flushed() < asked && is_full_of_handed(process)) {
    ++seen_.full_of_handed;
    ack_all(process);
    process.now += outbox::kFullRetryAfter;
    step(process);
  }
  if (process.loop->flushed() < asked) oracle_.found_wrong("cannot be flushed: " + process.loop->stats().trouble);
  oracle_.flushed();
  drain(process);
  if (!is_checked_) oracle_.found_wrong("does not hand out: " + process.loop->stats().trouble);
}

void Run::end(Process& process, Fate fate) {
  if (fate == Fate::kEndsInOrder) {
    oracle_.finishing();
    process.loop->finish(process.now);
    observe(process);
    if (is_opened_ && is_sound(process)) oracle_.finished(), oracle_.flushed();
    ++seen_.clean_ends;
  }
  // What runs after this moment runs in no process: it finds a medium that does nothing.
  if (fate != Fate::kEndsInOrder) medium_.power_off();
  process.loop.reset();
  oracle_.process_ended();
  if (fate == Fate::kCut) {
    ++seen_.cuts;
    if (!is_checked_) ++seen_.cuts_in_recovery;
    medium_.power_on();
  } else {
    if (fate == Fate::kKilled) ++seen_.kills;
    medium_.next_process();
  }
}

}  // namespace

void Seen::add(const Seen& other) {
  cuts += other.cuts;
  cuts_in_recovery += other.cuts_in_recovery;
  kills += other.kills;
  clean_ends += other.clean_ends;
  full_wals += other.full_wals;
  sectors_lost += other.sectors_lost;
  sectors_garbled += other.sectors_garbled;
  writes_torn += other.writes_torn;
  io_errors += other.io_errors;
  no_space += other.no_space;
  read_errors += other.read_errors;
  flush_errors += other.flush_errors;
  clock_jumps += other.clock_jumps;
  handed_again += other.handed_again;
  sent_first += other.sent_first;
  evicted += other.evicted;
  thinned += other.thinned;
  full_of_handed += other.full_of_handed;
  ring_losses += other.ring_losses;
  commits += other.commits;
}

Outcome run(const Settings& settings) { return Run(settings).play(); }

}  // namespace odograph::powercut
