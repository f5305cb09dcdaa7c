// Runs in the guest: the outbox with its real thread, records into it, acknowledgements back, and a note of everything.
#include <poll.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/outbox/outbox.h"
#include "agent/outbox/row.h"
#include "lib/base/ids.h"
#include "tests/powercut/dice.h"
#include "tests/powercut/records.h"
#include "tests/vm/event_log.h"
#include "tests/vm/words.h"

namespace odograph::vm {
namespace {

using model::Lane;
using outbox::index_of;
using outbox::kLanes;

constexpr const char* kUsage =
    "vm_writer --directory D --events FILE [--disk NAME] [--life N] [--seconds S] [--until FILE]\n"
    "          [--end clean|kill] [--file FAULT]\n"
    "  --directory D    of the outbox\n"
    "  --events FILE    where to note what happens\n"
    "  --disk NAME      the log-writes device that gets a mark after each note\n"
    "  --life N         which process on this file it is: its records begin at N * 100000 (default: 0)\n"
    "  --seconds S      how long to write (default: 5)\n"
    "  --until FILE     and until this file is there\n"
    "  --end HOW        clean: closes the outbox; kill: SIGKILL by its own hand (default: clean)\n"
    "  --file FAULT     sync-off: the database file with synchronous=OFF\n";

constexpr std::uint32_t kSerialsPerLife = 100'000;
/// Short, so that a disk that fails is watched and not waited for.
constexpr base::Millis kFlushTimeout{500};
/// A file in trouble is given so much more time to recover, and whoever ends the scene to do so.
constexpr base::Millis kTroubleMax{60'000};
/// Chunks that wait for their acknowledgement; the others stay in the outbox's queue.
constexpr std::size_t kHeldMax = 2000;

const Words::Map kDefaults{{"--directory", ""}, {"--events", ""},   {"--disk", ""},      {"--life", "0"},
                           {"--seconds", "5"},  {"--end", "clean"}, {"--file", "sound"}, {"--until", ""}};

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string number_of(Lane lane) { return std::to_string(static_cast<int>(lane)); }

/// One process on the file.
class Writer {
 public:
  Writer(EventLog log, std::uint32_t life) : log_(std::move(log)), dice_(life + 1) {
    serials_.fill(life * kSerialsPerLife);
  }

  /// Returns why it could not, or nothing once the outbox is open.
  std::optional<std::string> start(const outbox::Options& options) {
    auto started = outbox::Outbox::start(options, clock_, outbox::Outbox::OnTrouble::kFail);
    if (!started) return started.error().what;
    outbox_ = *std::move(started);
    outbox_->set_anchor({base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss});
    const auto stats = outbox_->stats();
    note("O " + base::to_hex16(stats.stream_id) + " " + std::to_string(stats.boot) + " " +
         std::to_string(stats.boot_nonce));
    mark();
    return {};
  }

  /// `until`: a file; empty for none.
  void write_for(base::Millis time, const std::filesystem::path& until) {
    constexpr int kWaitsMs[] = {1, 5, 10, 25, 60};
    const auto begin = clock_.boot_now();
    const auto is_over = [&] {
      const auto spent = clock_.boot_now() - begin;
      if (spent < time) return false;
      if (spent >= time + kTroubleMax) return true;
      return state_ == outbox::State::kOk && (until.empty() || std::filesystem::exists(until));
    };
    while (!is_over()) {
      push_some();
      wait(kWaitsMs[dice_.below(std::size(kWaitsMs))]);
      listen();
      if (dice_.percent(12)) ack_some();
      if (dice_.percent(6)) flush();
    }
  }

  void end() {
    note("B");
    mark();
    outbox_.reset();
    note("E");
    mark();
  }

 private:
  void note(const std::string& line) {
    if (const auto done = log_.note(line); !done) give_up(done.error().what);
  }
  void mark() {
    if (const auto done = log_.mark(); !done) give_up(done.error().what);
  }
  // The notes are the judge's: without them nothing that follows means anything.
  [[noreturn]] static void give_up(const std::string& why) {
    std::fprintf(stderr, "vm_writer: %s\n", why.c_str());
    std::_Exit(3);
  }

  void push_some() {
    const std::uint64_t die = dice_.below(100);
    const Lane lane = die < 70 ? Lane::kBulk : die < 85 ? Lane::kEvent : Lane::kAlert;
    const std::uint64_t count = 1 + dice_.below(lane == Lane::kBulk ? 12 : 3);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint32_t serial = ++serials_[index_of(lane)];
      // Before the push: the record may reach the disk while this thread is still in it.
      note("P " + number_of(lane) + " " + std::to_string(serial));
      if (!outbox_->push(lane, powercut::record_of(lane, serial, powercut::Weather::kFair),
                         outbox::SourceMark{serial, 0})) {
        note("R " + number_of(lane) + " " + std::to_string(serial));
      }
    }
  }

  void wait(int timeout_ms) {
    std::array<pollfd, kLanes> chunks{};
    for (const auto lane : model::kStoredLanes) chunks[index_of(lane)] = {outbox_->chunk_fd(lane), POLLIN, 0};
    ::poll(chunks.data(), chunks.size(), timeout_ms);
  }

  void listen() {
    for (const auto lane : model::kStoredLanes) {
      auto& held = held_[index_of(lane)];
      while (held.size() < kHeldMax) {
        auto chunk = outbox_->next(lane);
        if (!chunk) break;
        held.push_back(*std::move(chunk));
      }
    }
    const auto stats = outbox_->stats();
    std::string said = "S";
    for (const auto& lane : stats.lanes) said += " " + std::to_string(lane.durable);
    for (const auto& lane : stats.lanes) said += " " + std::to_string(lane.ring_full);
    if (said != said_) note(said), mark();
    said_ = said;
    if (stats.state != state_) {
      state_ = stats.state;
      note("T " + std::string(outbox::to_string(state_)) + " " + stats.trouble);
    }
  }

  void ack_some() {
    const Lane lane = model::kStoredLanes[dice_.below(kLanes)];
    auto& held = held_[index_of(lane)];
    if (held.empty()) return;
    const auto count = 1 + dice_.below(held.size());
    outbox::ChunkId last{lane, 0};
    for (std::uint64_t i = 0; i < count; ++i) {
      const outbox::Chunk& chunk = held.front();
      note("H " + number_of(lane) + " " + std::to_string(chunk.boot) + " " + std::to_string(chunk.boot_nonce) + " " +
           std::to_string(chunk.chunk_no) + " " + std::to_string(chunk.first_n) + " " + std::to_string(chunk.count) +
           " " + std::to_string(static_cast<int>(chunk.packed.codec)) + " " + hex(chunk.packed.columns));
      last.id = outbox::chunk_id(chunk.boot, chunk.chunk_no);
      held.pop_front();
    }
    outbox_->ack(last);
    mark();
  }

  void flush() {
    if (!outbox_->flush(kFlushTimeout)) return;
    note("F");
    mark();
    listen();
  }

  EventLog log_;
  powercut::Dice dice_;
  base::RealClock clock_;
  std::unique_ptr<outbox::Outbox> outbox_;
  std::array<std::uint32_t, kLanes> serials_{};
  std::array<std::deque<outbox::Chunk>, kLanes> held_;
  std::string said_;
  outbox::State state_ = outbox::State::kStarting;
};

int run(const std::vector<std::string_view>& words) {
  const auto wanted = Words::read(kDefaults, words, {"--directory", "--events"});
  if (!wanted) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  auto log = EventLog::open(wanted->word("--events"), wanted->word("--disk"));
  if (!log) {
    std::fprintf(stderr, "vm_writer: %s\n", log.error().what.c_str());
    return EXIT_FAILURE;
  }
  outbox::Options options;
  options.directory = wanted->word("--directory");
  options.cap_bytes = 8 << 20;
  options.agent_version = "1.2.3";
  options.source_key = "file";
  if (wanted->word("--file") == "sync-off") options.file.synchronous = outbox::Synchronous::kOff;
  Writer writer(*std::move(log), static_cast<std::uint32_t>(wanted->number("--life")));
  if (const auto failed = writer.start(options)) {
    std::fprintf(stderr, "vm_writer: %s\n", failed->c_str());
    return EXIT_FAILURE;
  }
  writer.write_for(base::Millis{static_cast<std::int64_t>(wanted->number("--seconds")) * 1000},
                   wanted->word("--until"));
  if (wanted->word("--end") == "kill") std::raise(SIGKILL);
  writer.end();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace odograph::vm

int main(int argc, char** argv) { return odograph::vm::run({argv + 1, argv + argc}); }
