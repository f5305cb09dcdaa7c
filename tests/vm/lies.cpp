#include "tests/vm/lies.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/outbox/row.h"
#include "lib/wire/record_batch.h"
#include "tests/vm/check.h"
#include "tests/vm/loop_mount.h"

namespace odograph::vm {
namespace {

/// Of a lane (its place) and a boot.
using Where = std::pair<std::size_t, std::uint32_t>;
using Numbers = std::map<Where, std::set<std::uint32_t>>;

/// What was said at some moment, and what came.
struct Account {
  std::uint64_t stream_id = 0;
  std::uint32_t boot = 0;  ///< The last one that was reported.
  std::map<Where, std::uint64_t> durable;
  Numbers there;                        ///< Acknowledged, handed out, or named by a loss record.
  std::map<Where, std::uint32_t> ends;  ///< By boot records.
};

void take(Account& account, const outbox::Chunk& chunk, const model::Record& record) {
  account.there[{outbox::index_of(chunk.lane), chunk.boot}].insert(record.n);
  if (record.boot) {
    const auto& ends = record.boot->previous_ends;
    const std::array<std::uint32_t, powercut::kLanes> told{ends.alert, ends.event, ends.bulk};
    for (std::size_t lane = 0; lane < told.size(); ++lane) {
      account.ends[{lane, record.boot->previous_boot}] = told[lane];
    }
  }
  if (!record.loss || record.loss->reason == model::LossReason::kRingFull) return;
  auto& lost = account.there[{outbox::index_of(record.loss->lane), record.loss->boot}];
  for (std::uint32_t n = record.loss->first_n; n <= record.loss->last_n; ++n) lost.insert(n);
}

Account account_at(const Story& story, std::size_t lines) {
  Account account;
  for (std::size_t i = 0; i < std::min(lines, story.events().size()); ++i) {
    const Event& event = story.events()[i];
    if (event.kind == 'O') account.boot = event.boot, account.stream_id = event.stream_id;
    for (std::size_t lane = 0; event.kind == 'S' && lane < event.durable.size(); ++lane) {
      account.durable[{lane, account.boot}] = event.durable[lane];
    }
    if (event.kind != 'H') continue;
    const auto& chunk = event.chunk;
    const auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
    if (!records) continue;
    for (const auto& record : *records) take(account, chunk, record);
  }
  return account;
}

std::size_t told_lines(const WriteLog& log, std::size_t at) {
  while (at > 0 && !log.entries()[at - 1].lines) --at;
  return at == 0 ? 0 : *log.entries()[at - 1].lines;
}

Harm harm_done(const Account& account) {
  Harm harm = Harm::kNone;
  for (const auto& [where, durable] : account.durable) {
    const auto found = account.there.find(where);
    const auto ends = account.ends.find(where);
    const bool is_empty = found == account.there.end() || found->second.empty();
    const std::uint32_t last =
        std::max(is_empty ? 0 : *found->second.rbegin(), ends == account.ends.end() ? 0 : ends->second);
    for (std::uint32_t n = 1; n <= durable; ++n) {
      if (!is_empty && found->second.contains(n)) continue;
      if (n <= last) return Harm::kGap;
      harm = Harm::kTail;
    }
  }
  return harm;
}

Judged judge_reuse(const std::vector<Seen>& seen, const Found& found) {
  Judged judged{Harm::kReused, {}, reuse_of(seen, {found.boot, found.boot_nonce})};
  if (judged.reuse.dropped > 0) {
    judged.wrong = "the fleet takes " + std::to_string(judged.reuse.dropped) + " records of boot " +
                   std::to_string(found.boot) + " for repeats";
  }
  return judged;
}

}  // namespace

const char* to_string(Harm harm) {
  constexpr std::array<const char*, kHarms> kNames = {
      "nothing missing", "a tail missing",           "a gap", "a boot's number given twice", "damaged and at work",
      "file replaced",   "file system beyond repair"};
  return kNames[static_cast<std::size_t>(harm)];
}

Lie choose_lie(const WriteLog& log, powercut::Dice& dice) {
  const std::size_t all = log.entries().size();
  Lie lie;
  lie.from = dice.below(all);
  lie.to = std::min<std::size_t>(all, lie.from + 1 + dice.below(1 + all / 4));
  lie.at = dice.percent(20) ? lie.to : lie.to + dice.below(all - lie.to + 1);
  return lie;
}

std::vector<Lie> lies_that_undo_a_boot(const WriteLog& log, const Story& story) {
  std::vector<Lie> lies;
  std::optional<std::size_t> from;  // Behind the last mark of the process before.
  std::size_t last_mark = 0;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < log.entries().size(); ++i) {
    const auto& lines = log.entries()[i].lines;
    if (!lines) continue;
    const auto& events = story.events();
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(std::min(opened, events.size()));
    const auto end = events.begin() + static_cast<std::ptrdiff_t>(std::min(*lines, events.size()));
    if (std::any_of(begin, end, [](const Event& event) { return event.kind == 'O'; })) {
      if (from) lies.push_back({*from, last_mark, last_mark});
      from = last_mark;
    }
    opened = std::max(opened, *lines);
    last_mark = i + 1;
  }
  if (from) lies.push_back({*from, last_mark, last_mark});
  // Without its first process there is no file.
  if (!lies.empty()) lies.erase(lies.begin());
  return lies;
}

base::Result<Judged> judge_lie(const Recorded& recorded, const Lie& lie) {
  const auto& log = recorded.log;
  Disk disk = recorded.start;
  if (auto done = disk.go_to(log, lie.from); !done) return done.error();
  disk.drop_to(lie.to);
  if (auto done = disk.go_to(log, lie.at); !done) return done.error();
  const auto mounted = LoopMount::mend_and_mount(disk.image(), recorded.here);
  if (!mounted && mounted.error().action != base::Action::kDrop) return mounted.error();
  if (!mounted) return Judged{Harm::kNoDisk, {}};
  const auto directory = recorded.here / "outbox";
  std::error_code ignored;
  // As the agent's unit does, where e2fsck has moved it away.
  std::filesystem::create_directory(directory, ignored);
  Account account = account_at(recorded.story, told_lines(log, lie.at));
  std::vector<Seen> seen = seen_until(recorded.story, told_lines(log, lie.at));
  const Found found = check_works(directory, [&](const outbox::Chunk& chunk, const model::Record& record) {
    if (chunk.stream_id == account.stream_id) {
      take(account, chunk, record);
      seen.push_back({chunk.lane, {chunk.boot, chunk.boot_nonce}, record.n});
    }
  });
  if (!found.wrong.empty()) return Judged{Harm::kNone, found.wrong};
  if (account.stream_id != 0 && found.stream_id != account.stream_id) return Judged{Harm::kReplaced, {}};
  if (!found.damage.empty()) return Judged{Harm::kDamaged, {}};
  if (found.boot <= account.boot) return judge_reuse(seen, found);
  return Judged{harm_done(account), {}};
}

}  // namespace odograph::vm
