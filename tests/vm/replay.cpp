#include "tests/vm/replay.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <future>
#include <utility>
#include <vector>

#include "tests/powercut/dice.h"
#include "tests/vm/check.h"
#include "tests/vm/loop_mount.h"

namespace odograph::vm {
namespace {

/// Mounting is mostly waiting, so there are more workers than cores.
constexpr std::size_t kWorkers = 4;

bool is_flush(const Entry& entry) { return entry.kind == Entry::Kind::kFlush || entry.kind == Entry::Kind::kFua; }

/// Over the marks at `at`: the disk stays as it is, and more is promised.
std::size_t over_marks(const std::vector<Entry>& entries, std::size_t at) {
  while (at < entries.size() && entries[at].kind == Entry::Kind::kMark) ++at;
  return at;
}

/// A moment around the entry `at`: a plain write is on its way while its flush is.
Moment moment_at(const std::vector<Entry>& entries, std::size_t at, powercut::Dice& dice) {
  const std::uint64_t die = dice.below(1'000'000);
  if (entries[at].kind == Entry::Kind::kMark) return {at + 1, {}};
  const auto flush = std::find_if(entries.begin() + static_cast<std::ptrdiff_t>(at), entries.end(), is_flush);
  // Logged when the disk was taken down: no flush ever came.
  if (flush == entries.end()) return {at + 1, {}};
  return {static_cast<std::size_t>(flush - entries.begin()), die};
}

/// All states to look at, in the order of the log.
std::vector<Moment> choose(const Choice& choice, const WriteLog& log) {
  if (choice.only) return {*choice.only};
  const auto& entries = log.entries();
  std::vector<Moment> moments;
  std::uint64_t flushes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_flush(entries[i]) && flushes++ % choice.every == 0) moments.push_back({over_marks(entries, i + 1), {}});
  }
  powercut::Dice dice(choice.seed);
  for (std::uint64_t i = 0; i < choice.random && !entries.empty(); ++i) {
    moments.push_back(moment_at(entries, dice.below(entries.size()), dice));
  }
  std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return moments;
}

/// Lines that were certainly written when the first `at` entries were logged, and those that may have been.
struct Lines {
  std::size_t told = 0;
  std::size_t possible = 0;
};

Lines lines_at(const std::vector<Entry>& entries, std::size_t told_at, std::size_t at, std::size_t all) {
  Lines lines{0, all};
  for (std::size_t i = told_at; i-- > 0;) {
    if (!entries[i].lines) continue;
    lines.told = *entries[i].lines;
    break;
  }
  for (std::size_t i = at; i < entries.size(); ++i) {
    if (!entries[i].lines) continue;
    lines.possible = *entries[i].lines;
    break;
  }
  return lines;
}

base::Result<Found> look(const std::string& image, const MountPoint& at, const Teller& teller, std::size_t possible) {
  auto mounted = LoopMount::mount(image, at.path());
  if (!mounted && mounted.error().action != base::Action::kDrop) return mounted.error();
  if (!mounted) return Found{.wrong = mounted.error().what};
  return check(at.path() / "outbox", teller, possible);
}

/// One worker's share of the states: every `workers`-th from its own number on.
struct Share {
  std::size_t number = 0;
  std::size_t workers = 1;
};

/// What all workers share.
struct Work {
  const Choice& choice;
  const Story& story;
  const WriteLog& log;
  std::vector<Moment> moments;
};

base::Result<Tally> replay_share(const Work& work, Share share) {
  auto disk = Disk::read(work.choice.disk);
  if (!disk) return disk.error();
  const MountPoint here;
  Teller teller(work.story, Teller::Promises::kCount);
  Tally tally;
  const auto& entries = work.log.entries();
  for (std::size_t i = share.number; i < work.moments.size(); i += share.workers) {
    const Moment& moment = work.moments[i];
    if (moment.at > entries.size()) return base::stop_error("the log has no such state");
    const auto image = disk->at(work.log, moment);
    if (!image) return image.error();
    if (!work.choice.keep.empty()) std::ofstream(work.choice.keep, std::ios::binary) << **image;
    const std::size_t told_at = moment.dice ? first_of_flush(entries, moment.at) : moment.at;
    const auto lines = lines_at(entries, told_at, moment.at, work.story.events().size());
    teller.go_to(work.choice.told == Choice::Told::kBefore ? lines.told : lines.possible);
    const auto found = look(**image, here, teller, lines.possible);
    if (!found) return found.error();
    ++tally.states;
    if (moment.dice) ++tally.torn;
    tally.records += found->records;
    if (found->wrong.empty()) continue;
    if (tally.broken++ == 0) tally.first = moment, tally.why = found->wrong;
  }
  return tally;
}

void add(const Tally& part, Tally& all) {
  if (part.broken > 0 && (all.broken == 0 || part.first.at < all.first.at)) all.first = part.first, all.why = part.why;
  all.states += part.states;
  all.torn += part.torn;
  all.broken += part.broken;
  all.records += part.records;
}

}  // namespace

base::Result<Tally> replay(const Choice& choice, const Story& story, const WriteLog& log) {
  const Work work{choice, story, log, choose(choice, log)};
  const std::size_t workers = choice.only ? 1 : kWorkers;
  std::vector<std::future<base::Result<Tally>>> parts;
  for (std::size_t i = 0; i < workers; ++i) {
    parts.push_back(std::async(std::launch::async, [&work, i, workers] { return replay_share(work, {i, workers}); }));
  }
  Tally all;
  std::optional<base::Error> failed;
  for (auto& part : parts) {
    auto tally = part.get();
    if (!tally) failed = tally.error();
    if (tally) add(*tally, all);
  }
  if (failed) return *failed;
  return all;
}

std::string to_string(const Moment& moment) {
  return std::to_string(moment.at) + (moment.dice ? "." + std::to_string(*moment.dice) : "");
}

std::optional<Moment> read_moment(std::string_view text) {
  Moment moment;
  const auto* end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, moment.at);
  if (read.ec != std::errc()) return {};
  if (read.ptr == end) return moment;
  std::uint64_t dice = 0;
  read = std::from_chars(read.ptr + 1, end, dice);
  if (read.ec != std::errc() || read.ptr != end) return {};
  moment.dice = dice;
  return moment;
}

}  // namespace odograph::vm
