#include "tests/vm/story.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "lib/base/ids.h"

namespace odograph::vm {
namespace {

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::optional<model::Lane> lane_of(std::uint32_t number) {
  const auto& lanes = model::kStoredLanes;
  const auto found = std::find(std::begin(lanes), std::end(lanes), static_cast<model::Lane>(number));
  return found == std::end(lanes) ? std::nullopt : std::optional(*found);
}

bool read_opened(std::istringstream& words, Event& event) {
  std::string stream;
  words >> stream >> event.boot >> event.boot_nonce;
  const auto id = base::from_hex16(stream);
  event.stream_id = id.value_or(0);
  return !words.fail() && id;
}

bool read_record(std::istringstream& words, Event& event) {
  std::uint32_t lane = 0;
  words >> lane >> event.serial;
  event.lane = lane_of(lane).value_or(model::Lane::kBulk);
  return !words.fail() && lane_of(lane);
}

bool read_stats(std::istringstream& words, Event& event) {
  for (auto& count : event.durable) words >> count;
  for (auto& count : event.ring_full) words >> count;
  return !words.fail();
}

bool read_chunk(std::istringstream& words, Event& event) {
  std::uint32_t lane = 0;
  unsigned codec = 0;
  std::string columns;
  outbox::Chunk& chunk = event.chunk;
  words >> lane >> chunk.boot >> chunk.boot_nonce >> chunk.chunk_no >> chunk.first_n >> chunk.count >> codec >> columns;
  chunk.lane = lane_of(lane).value_or(model::Lane::kBulk);
  chunk.packed.codec = static_cast<wire::Codec>(codec);
  const auto bytes = unhex(columns);
  chunk.packed.columns = bytes.value_or("");
  return !words.fail() && lane_of(lane) && bytes;
}

bool read_event(const std::string& line, Event& event) {
  if (line.empty()) return false;
  event.kind = line[0];
  event.text = line;
  std::istringstream words(line.substr(1));
  switch (event.kind) {
    case 'O': return read_opened(words, event);
    case 'P':
    case 'R': return read_record(words, event);
    case 'S': return read_stats(words, event);
    case 'H': return read_chunk(words, event);
    case 'F':
    case 'B':
    case 'E':
    case 'T':
    case 'N': return true;
    default: return false;
  }
}

}  // namespace

base::Result<Story> Story::read(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return base::stop_error("no events in " + path.string());
  Story story;
  std::uint64_t stream_id = 0;
  for (std::string line; std::getline(in, line);) {
    Event event;
    if (!read_event(line, event)) return base::stop_error("not an event: " + line.substr(0, 80));
    if (event.kind == 'O') stream_id = event.stream_id;
    event.chunk.stream_id = stream_id;
    if (event.kind == 'R' && !story.events_.empty()) story.events_.back().taken = false;
    story.events_.push_back(std::move(event));
  }
  return story;
}

// The difference between these two: what a process does may be on the disk before it is noted, what it was told must be
// there after.
void Teller::tell_made(const Event& event, powercut::Oracle& oracle) {
  if (event.kind == 'P') oracle.pushed(event.lane, event.serial, event.taken);
  if (event.kind == 'H') oracle.handed(event.chunk);
  if (event.kind == 'B') oracle.finishing();
  if (event.kind != 'O') return;
  outbox::Stats stats;
  stats.stream_id = event.stream_id;
  stats.boot = event.boot;
  oracle.process_started();
  oracle.opened(stats, {});
}

void Teller::tell_promised(const Event& event) {
  if (event.kind == 'O') stats_ = {}, stats_.boot = event.boot;
  if (event.kind == 'S') {
    for (std::size_t i = 0; i < powercut::kLanes; ++i) {
      // A snapshot taken while the storage thread works does not add up; what it says to be durable is.
      stats_.lanes[i].durable = event.durable[i];
      stats_.lanes[i].ring_full = event.ring_full[i];
      stats_.lanes[i].made = event.durable[i] + event.ring_full[i];
    }
    oracle_.promised(stats_);
  }
  if (promises_ == Promises::kMayBreak) return;
  if (event.kind == 'F') oracle_.flushed();
  if (event.kind == 'E') oracle_.finished(), oracle_.flushed();
}

void Teller::end_process(powercut::Oracle& oracle) const {
  if (stats_.boot == 0) return;
  if (promises_ == Promises::kMayBreak) {
    outbox::Stats nothing = stats_;
    for (auto& lane : nothing.lanes) lane.durable = 0, lane.made = lane.ring_full;
    oracle.promised(nothing);
  }
  oracle.process_ended();
}

void Teller::go_to(std::size_t lines) {
  for (; told_ < std::min(lines, story_.events().size()); ++told_) {
    const Event& event = story_.events()[told_];
    if (event.kind == 'O') end_process(oracle_);
    tell_made(event, oracle_);
    tell_promised(event);
  }
}

powercut::Oracle Teller::before_boot(std::uint32_t next_boot, std::size_t possible) const {
  powercut::Oracle oracle = oracle_;
  bool has_process = stats_.boot != 0;
  for (std::size_t i = told_; i < std::min(possible, story_.events().size()); ++i) {
    const Event& event = story_.events()[i];
    if (event.kind == 'O') {
      // That boot's number never reached the disk, and so nothing of what it did.
      if (event.boot >= next_boot) break;
      if (has_process) oracle.process_ended();
      has_process = true;
    }
    tell_made(event, oracle);
  }
  if (promises_ == Promises::kMayBreak) {
    end_process(oracle);
  } else if (has_process) {
    oracle.process_ended();
  }
  oracle.process_started();
  return oracle;
}

}  // namespace odograph::vm
