// Runs on the host: the states that a power cut would have left of the guest's disks, each mounted, opened and judged.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/powercut/dice.h"
#include "tests/vm/check.h"
#include "tests/vm/lies.h"
#include "tests/vm/loop_mount.h"
#include "tests/vm/replay.h"
#include "tests/vm/words.h"

namespace odograph::vm {
namespace {

constexpr const char* kUsage =
    "vm_check --events FILE --disk IMAGE [--log LOG] [--every N] [--random N] [--seed S] [--state AT[.DICE]]\n"
    "         [--told before|after] [--lies N]"
    "         [--keep IMAGE] [--expect kept|broken|told|recovered]\n"
    "  --disk IMAGE   the disk: before the writes of --log, else as the guest left it\n"
    "  --log LOG      of dm-log-writes\n"
    "  --every N      look at every N-th flush (default: 1)\n"
    "  --random N     and at so many random places of the log, mostly within flushes (default: 200)\n"
    "  --told after   a control: as if everything had been reported a commit earlier than it was\n"
    "  --lies N       instead: N times the log on a disk that drops some of its writes in a row\n"
    "  --state S      this state alone, as printed for one that is broken; --keep writes its disk to a file\n"
    "  --expect E     with --log: kept (the default), or broken: some state must break a promise;\n"
    "                 without: told: something is missing, and the boot record says so;\n"
    "                 recovered: nothing is missing, and the status told of the trouble and of its end\n";

const Words::Map kDefaults{{"--events", ""}, {"--disk", ""},      {"--log", ""},       {"--every", "1"},
                           {"--seed", "1"},  {"--random", "200"}, {"--state", ""},     {"--told", "before"},
                           {"--lies", ""},   {"--keep", ""},      {"--expect", "kept"}};

int fail(const std::string& why) {
  std::fprintf(stderr, "vm_check: %s\n", why.c_str());
  return EXIT_FAILURE;
}

unsigned long long as_ull(std::uint64_t n) { return n; }

std::optional<Choice> choice_of(const Words& wanted) {
  Choice choice;
  choice.disk = wanted.word("--disk");
  choice.every = std::max<std::uint64_t>(1, wanted.number("--every"));
  choice.random = wanted.number("--random");
  choice.seed = wanted.number("--seed");
  choice.keep = wanted.word("--keep");
  if (wanted.word("--told") == "after") choice.told = Choice::Told::kAfter;
  if (wanted.word("--state").empty()) return choice;
  choice.only = read_moment(wanted.word("--state"));
  return choice.only ? std::optional(choice) : std::nullopt;
}

void tell_log(const WriteLog& log) {
  const auto& all = log.entries();
  const auto count = [&](Entry::Kind kind) {
    return as_ull(static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.kind == kind; })));
  };
  std::printf("log: %llu writes, %llu flushes, %llu FUA, %llu marks\n", count(Entry::Kind::kWrite),
              count(Entry::Kind::kFlush), count(Entry::Kind::kFua), count(Entry::Kind::kMark));
}

int judge_log(const Words& wanted, const Story& story, const WriteLog& log) {
  const auto choice = choice_of(wanted);
  if (!choice) return fail("--state is AT or AT.DICE");
  const auto tally = replay(*choice, story, log);
  if (!tally) return fail(tally.error().what);
  tell_log(log);
  std::printf("states: %llu between flushes, %llu within one; %llu records read; %llu broken\n",
              as_ull(tally->states - tally->torn), as_ull(tally->torn), as_ull(tally->records), as_ull(tally->broken));
  if (tally->broken > 0)
    std::printf("first broken: --state %s: %s\n", to_string(tally->first).c_str(), tally->why.c_str());
  const bool expects_broken = wanted.word("--expect") == "broken";
  if (expects_broken && tally->broken == 0) std::printf("NOTHING FOUND, though something was broken on purpose\n");
  return tally->states > 0 && expects_broken == (tally->broken > 0) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// The log again, on a disk that lies for a while.
int judge_lies(const Words& wanted, const Story& story, const WriteLog& log) {
  const auto start = Disk::read(wanted.word("--disk"));
  if (!start) return fail(start.error().what);
  if (log.entries().empty()) return fail("an empty log");
  const MountPoint here;
  powercut::Dice dice(wanted.number("--seed"));
  std::array<std::uint64_t, kHarms> harms{};
  Reuse reuse;
  std::vector<Lie> lies = lies_that_undo_a_boot(log, story);
  const std::size_t aimed = lies.size();
  for (std::uint64_t i = 0; i < wanted.number("--lies"); ++i) lies.push_back(choose_lie(log, dice));
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const Lie& lie = lies[i];
    const auto judged = judge_lie({log, *start, story, here.path()}, lie);
    if (!judged) return fail(judged.error().what);
    if (!judged->wrong.empty()) {
      return fail("lie " + std::to_string(i) + ", entries " + std::to_string(lie.from) + " to " +
                  std::to_string(lie.to) + " dropped of " + std::to_string(lie.at) + ": " + judged->wrong);
    }
    add(judged->reuse, reuse);
    if (i >= aimed) {
      ++harms[static_cast<std::size_t>(judged->harm)];
    } else if (judged->harm != Harm::kReused || judged->reuse.dropped_without == 0) {
      return fail("undoing a boot was to have its number given twice, and to cost records without nonces");
    }
  }
  std::printf(
      "boots undone: %llu aimed at, %llu by other lies; of the new boots' %llu records the fleet drops %llu, "
      "and would %llu without nonces\n",
      as_ull(aimed), as_ull(harms[static_cast<std::size_t>(Harm::kReused)]), as_ull(reuse.records),
      as_ull(reuse.dropped), as_ull(reuse.dropped_without));
  std::printf("lies: %s", wanted.word("--lies").c_str());
  for (std::size_t i = 0; i < kHarms; ++i) {
    std::printf("%s%s %llu", i == 0 ? ": " : ", ", to_string(static_cast<Harm>(i)), as_ull(harms[i]));
  }
  std::printf("\n");
  return EXIT_SUCCESS;
}

/// A disk that lied: the outbox works, what it hands out is right, and what is missing is told.
int judge_told(const Story& story, const std::filesystem::path& directory) {
  Teller teller(story, Teller::Promises::kMayBreak);
  teller.go_to(story.events().size());
  std::array<std::uint64_t, powercut::kLanes> promised{};
  std::uint64_t stream_id = 0;
  std::uint32_t boot = 0;
  for (const Event& event : story.events()) {
    if (event.kind == 'O') promised = {}, stream_id = event.stream_id, boot = event.boot;
    if (event.kind == 'S') promised = event.durable;
  }
  const auto kept = directory.parent_path() / "again";
  std::filesystem::copy(directory, kept, std::filesystem::copy_options::recursive);
  Found found = check(directory, teller, story.events().size());
  if (found.stream_id != stream_id) {
    found = check_works(kept, [](const outbox::Chunk&, const model::Record&) {});
    std::printf("lying disk: the file was replaced, the stream is a new one; %s\n", found.wrong.c_str());
    return found.wrong.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (!found.wrong.empty()) return fail("lying disk: " + found.wrong);
  if (!found.told || found.told->previous_boot != boot)
    return fail("lying disk: no boot record tells of the boot before");
  const auto& ends = found.told->previous_ends;
  const std::array<std::uint64_t, powercut::kLanes> told{ends.alert, ends.event, ends.bulk};
  bool is_less = false;
  for (std::size_t i = 0; i < told.size(); ++i) is_less = is_less || told[i] < promised[i];
  std::printf("lying disk: opens, %llu records; reported durable %llu/%llu/%llu, told as the end %llu/%llu/%llu\n",
              as_ull(found.records), as_ull(promised[0]), as_ull(promised[1]), as_ull(promised[2]), as_ull(told[0]),
              as_ull(told[1]), as_ull(told[2]));
  if (found.told->previous_clean) return fail("lying disk: told as a clean end");
  return is_less ? EXIT_SUCCESS : fail("lying disk: nothing was lost, so nothing was tried");
}

/// A disk that failed for a while: nothing is missing, and the writer's status told of it.
int judge_recovered(const Story& story, const std::filesystem::path& directory) {
  Teller teller(story, Teller::Promises::kCount);
  teller.go_to(story.events().size());
  std::vector<std::string> states;
  std::uint64_t opened = 0;
  for (const Event& event : story.events()) {
    if (event.kind == 'O') ++opened;
    if (event.kind == 'T') states.push_back(event.text.substr(2, event.text.find(' ', 2) - 2));
  }
  std::string seen;
  for (const auto& state : states) seen += " " + state;
  const Found found = check(directory, teller, story.events().size());
  std::printf("failing disk: states%s; %llu records\n", seen.c_str(), as_ull(found.records));
  if (!found.wrong.empty()) return fail("failing disk: " + found.wrong);
  if (opened != 1) return fail("failing disk: it took more than one process");
  if (states.size() < 3 || states.front() != "ok" || states.back() != "ok") {
    return fail("failing disk: its status never told of trouble, or not of its end");
  }
  return EXIT_SUCCESS;
}

int judge_disk(const Words& wanted, const Story& story) {
  const auto disk = Disk::read(wanted.word("--disk"));
  if (!disk) return fail(disk.error().what);
  const MountPoint here;
  const auto mounted = LoopMount::mount(disk->image(), here.path());
  if (!mounted) return fail(mounted.error().what);
  const auto directory = here.path() / "outbox";
  return wanted.word("--expect") == "told" ? judge_told(story, directory) : judge_recovered(story, directory);
}

int run(const std::vector<std::string_view>& words) {
  const auto wanted = Words::read(kDefaults, words, {"--events", "--disk"});
  if (!wanted) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto story = Story::read(wanted->word("--events"));
  if (!story) return fail(story.error().what);
  if (const auto hidden = hide_mounts(); !hidden) return fail(hidden.error().what);
  if (wanted->word("--log").empty()) return judge_disk(*wanted, *story);
  const auto log = WriteLog::read(wanted->word("--log"));
  if (!log) return fail(log.error().what);
  return wanted->word("--lies").empty() ? judge_log(*wanted, *story, *log) : judge_lies(*wanted, *story, *log);
}

}  // namespace
}  // namespace odograph::vm

int main(int argc, char** argv) { return odograph::vm::run({argv + 1, argv + argc}); }
