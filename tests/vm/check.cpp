#include "tests/vm/check.h"

#include <memory>
#include <utility>
#include <variant>

#include "agent/outbox/database.h"
#include "lib/wire/record_batch.h"
#include "tests/powercut/process.h"
#include "tests/powercut/records.h"

namespace odograph::vm {
namespace {

/// Records of the look itself: larger than any that a writer makes.
constexpr std::uint32_t kSerial = 90'000'000;
/// Many times what fits on the disk.
constexpr std::size_t kChunksMax = 50'000;
constexpr outbox::Anchor kAnchor{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

outbox::Options options_for(const std::filesystem::path& directory) {
  outbox::Options options;
  options.directory = directory;
  options.cap_bytes = 8 << 20;
  options.agent_version = "1.2.3";
  options.source_key = "file";
  return options;
}

/// One look at a file.
class Look {
 public:
  explicit Look(const std::filesystem::path& directory, Visit visit = {})
      : directory_(directory), process_(options_for(directory)), visit_(std::move(visit)) {}

  /// `oracle_for` makes the oracle once the boot number is known; there may be none.
  Found take(const std::function<std::optional<powercut::Oracle>(std::uint32_t)>& oracle_for) {
    auto& loop = *process_.loop;
    loop.set_anchor(kAnchor);
    if (const auto failure = loop.open(process_.now)) return found_wrong("cannot be opened: " + failure->what);
    found_.stream_id = loop.stats().stream_id;
    found_.boot = loop.stats().boot;
    found_.boot_nonce = loop.stats().boot_nonce;
    oracle_ = oracle_for(loop.stats().boot);
    if (oracle_) oracle_->opened(loop.stats(), loop.source_marks());
    push_and_flush();
    drain();
    finish();
    if (oracle_ && !oracle_->wrong().empty()) found_wrong(oracle_->wrong());
    if (oracle_ && !found_.damage.empty()) found_wrong("integrity_check: " + found_.damage);
    return found_;
  }

 private:
  Found found_wrong(std::string what) {
    if (found_.wrong.empty()) found_.wrong = std::move(what);
    return found_;
  }

  void push_and_flush() {
    for (const auto lane : model::kStoredLanes) {
      const bool taken =
          process_.push(lane, powercut::record_of(lane, kSerial, powercut::Weather::kFair), {kSerial, 0});
      if (oracle_) oracle_->pushed(lane, kSerial, taken);
    }
    process_.now += base::Millis{2000};
    const auto asked = process_.loop->ask_flush();
    process_.loop->step(process_.now);
    if (process_.loop->flushed() < asked) found_wrong("cannot be flushed: " + process_.loop->stats().trouble);
    if (oracle_) oracle_->promised(process_.loop->stats()), oracle_->flushed();
  }

  void drain() {
    for (bool more = true; more && chunks_ <= kChunksMax;) {
      more = false;
      for (const auto lane : model::kStoredLanes) {
        while (const auto chunk = process_.handout.next(lane)) {
          if (oracle_) oracle_->handed(*chunk);
          count(*chunk);
          ++chunks_;
          more = true;
        }
      }
      process_.loop->step(process_.now);
    }
    if (chunks_ > kChunksMax) found_wrong("there is no end to what it hands out");
    if (oracle_) oracle_->promised(process_.loop->stats()), oracle_->drained();
  }

  void count(const outbox::Chunk& chunk) {
    const auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
    if (!records) return static_cast<void>(found_wrong("a chunk that cannot be read: " + records.error().what));
    const bool is_own_boot = chunk.boot == process_.loop->stats().boot;
    for (const auto& record : *records) {
      if (visit_) visit_(chunk, record), compare(chunk, record);
      if (record.boot && is_own_boot) found_.told = record.boot;
      if (!record.boot && !record.loss && !is_own_boot) ++found_.records;
    }
  }

  void compare(const outbox::Chunk& chunk, const model::Record& record) {
    if (record.boot || record.loss) return;
    const auto serial = static_cast<std::uint32_t>(record.alt_cm.value_or(0));
    auto pushed = powercut::record_of(chunk.lane, serial, powercut::Weather::kFair);
    pushed.n = record.n;
    if (!(pushed == record)) found_wrong("record " + std::to_string(record.n) + " was altered");
  }

  void finish() {
    process_.loop->finish(process_.now);
    process_.loop.reset();
    const auto file = directory_ / "outbox.db";
    auto database = outbox::Database::open(file, "");
    if (auto* failed = std::get_if<outbox::Failure>(&database)) {
      return static_cast<void>(found_wrong("cannot be opened again: " + failed->what));
    }
    auto& sqlite = *std::get<std::unique_ptr<outbox::Database>>(database);
    if (const auto failed = sqlite.exec("PRAGMA locking_mode=EXCLUSIVE")) found_wrong(failed->what);
    const auto said = sqlite.value("PRAGMA integrity_check");
    const auto* text = std::get_if<std::string>(&said);
    if (text == nullptr || *text != "ok") found_.damage = text != nullptr ? *text : "cannot be checked";
  }

  std::filesystem::path directory_;
  powercut::Process process_;
  std::optional<powercut::Oracle> oracle_;
  Visit visit_;
  std::size_t chunks_ = 0;
  Found found_;
};

}  // namespace

Found check(const std::filesystem::path& directory, const Teller& teller, std::size_t possible) {
  return Look(directory).take([&](std::uint32_t boot) { return teller.before_boot(boot, possible); });
}

Found check_works(const std::filesystem::path& directory, const Visit& visit) {
  return Look(directory, visit).take([](std::uint32_t) { return std::nullopt; });
}

}  // namespace odograph::vm
