#include "tests/fulldisk/trial.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "lib/base/ids.h"
#include "lib/wire/record_batch.h"

namespace odograph::fulldisk {

using model::Lane;
using outbox::index_of;

namespace {

constexpr outbox::Anchor kAnchor{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

constexpr int kSignals = 6;
constexpr int kManySignals = 60;

/// About 10 bytes a signal.
model::Record noise(std::uint64_t serial, std::uint32_t reason, int signals) {
  static const auto kDef = std::make_shared<const model::SignalDef>(model::SignalDef{"noise", "V", 3});
  model::Record record;
  record.boot_time = base::BootTime{base::Millis{1000 + static_cast<std::int64_t>(serial)}};
  record.mode = model::FixMode::k3d;
  record.reason = reason;
  const std::uint64_t bits = base::random_u64();
  record.position = model::Position{static_cast<std::int32_t>(bits % 900'000'000),
                                    static_cast<std::int32_t>((bits >> 32) % 1'800'000'000)};
  for (int i = 0; i < signals; ++i) {
    record.signals.push_back({kDef, static_cast<std::int64_t>(base::random_u64() >> 8)});
  }
  return record;
}

}  // namespace

void broken(const std::string& what) {
  std::printf("BROKEN: %s\n", what.c_str());
  std::fflush(stdout);
  std::_Exit(EXIT_FAILURE);
}

Known& shared_known() {
  void* memory = ::mmap(nullptr, sizeof(Known), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) broken("no memory to share");
  return *new (memory) Known;
}

Trial::Trial(const outbox::Options& options, Known& known)
    : directory_(options.directory), known_(known), before_(known), process_(options) {
  process_.loop->set_anchor(kAnchor);
  if (const auto failure = process_.loop->open(process_.now)) broken("cannot be opened: " + failure->what);
}

void Trial::push(Lane lane, int count, std::uint32_t reason) {
  for (int i = 0; i < count; ++i) {
    if (!process_.push(lane, noise(++known_.pushed[index_of(lane)], reason, kSignals), {})) broken("ring full");
  }
}

void Trial::push_large(Lane lane, int count) {
  for (int i = 0; i < count; ++i) {
    auto record = noise(++known_.pushed[index_of(lane)], model::reason::kTime, kManySignals);
    if (!process_.push(lane, std::move(record), {})) broken("ring full");
  }
}

void Trial::commit() {
  process_.now += base::Millis{100};
  const auto asked = process_.loop->ask_flush();
  process_.loop->step(process_.now);
  const auto stats = process_.loop->stats();
  if (process_.loop->flushed() < asked) broken("not durable: " + stats.trouble);
  const bool is_policy = stats.state == outbox::State::kOk || stats.trouble.ends_with("the oldest records are dropped");
  if (!is_policy) broken("unexpected: " + stats.trouble);
  if (stats.lanes[index_of(Lane::kAlert)].evicted > 0) broken("an alert was evicted");
  const std::uint64_t size = std::filesystem::file_size(directory_ / "outbox.db");
  const std::uint64_t wal = std::filesystem::file_size(directory_ / "outbox.db-wal");
  if (size > process_.options.cap_bytes || wal > outbox::kWalRoomBytes) {
    broken("the files take " + std::to_string(size) + " and " + std::to_string(wal) + " bytes");
  }
  note();
}

void Trial::note() {
  const auto stats = process_.loop->stats();
  for (std::size_t i = 0; i < outbox::kLanes; ++i) known_.durable.at(stats.boot)[i] = stats.lanes[i].durable;
  const auto& bulk = stats.lanes[index_of(Lane::kBulk)];
  known_.commits = before_.commits + stats.commits;
  known_.thinned = before_.thinned + bulk.thinned;
  known_.evicted = before_.evicted + bulk.evicted;
  known_.deleted = before_.deleted + bulk.acked;
}

void Trial::deliver(Lane lane, int chunks) {
  for (int i = 0; i < chunks; ++i) {
    const auto chunk = process_.handout.next(lane);
    if (!chunk) return;
    known_.acked[index_of(lane)] = model::sequence(chunk->boot, chunk->first_n + chunk->count - 1);
    process_.handout.ack({lane, outbox::chunk_id(chunk->boot, chunk->chunk_no)});
  }
}

void Trial::take_all(std::array<Records, outbox::kLanes>& came) {
  for (bool more = true; more;) {
    process_.loop->step(process_.now);
    more = false;
    for (const auto lane : model::kStoredLanes) {
      while (const auto chunk = process_.handout.next(lane)) {
        more = true;
        auto records = wire::unpack(chunk->packed.codec, chunk->packed.columns, chunk->first_n, chunk->count);
        if (!records) broken("a chunk cannot be read: " + records.error().what);
        for (auto& record : *records) {
          came[index_of(lane)][model::sequence(chunk->boot, record.n)] = std::move(record);
        }
      }
    }
  }
}

void Trial::check_lane(Lane lane, const std::array<Records, outbox::kLanes>& came) const {
  std::map<std::uint64_t, std::uint64_t> told;
  for (const auto& [sequence, record] : came[index_of(Lane::kEvent)]) {
    if (!record.loss || record.loss->lane != lane) continue;
    auto& end = told[model::sequence(record.loss->boot, record.loss->first_n)];
    end = std::max(end, model::sequence(record.loss->boot, record.loss->last_n));
  }
  std::uint64_t covered = 0;
  auto loss = told.begin();
  for (std::uint32_t boot = 1; boot < kBootsMax; ++boot) {
    for (std::uint64_t n = 1; n <= before_.durable[boot][index_of(lane)]; ++n) {
      const std::uint64_t sequence = model::sequence(boot, static_cast<std::uint32_t>(n));
      for (; loss != told.end() && loss->first <= sequence; ++loss) covered = std::max(covered, loss->second);
      const bool is_known = sequence <= covered || sequence <= known_.acked[index_of(lane)];
      if (is_known || came[index_of(lane)].contains(sequence)) continue;
      broken(std::string(model::to_string(lane)) + " " + std::to_string(boot) + "/" + std::to_string(n) +
             " is gone, untold");
    }
  }
}

void Trial::check_all() {
  std::array<Records, outbox::kLanes> came;
  take_all(came);
  for (const auto lane : model::kStoredLanes) check_lane(lane, came);
}

void Trial::finish() {
  process_.loop->finish(process_.now);
  note();
}

}  // namespace odograph::fulldisk
