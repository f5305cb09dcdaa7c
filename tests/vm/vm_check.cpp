// Runs on the host: the states that a power cut would have left of the guest's disks, each mounted, opened and judged.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/powercut/dice.h"
#include "tests/vm/check.h"
#include "tests/vm/loop_mount.h"
#include "tests/vm/write_log.h"

namespace odograph::vm {
namespace {

constexpr const char* kUsage =
    "vm_check --events FILE --disk IMAGE [--log LOG] [--every N] [--random N] [--seed S] [--state AT[.DICE]]\n"
    "         [--keep IMAGE] [--expect kept|broken|told|recovered]\n"
    "  --disk IMAGE   the disk: before the writes of --log, else as the guest left it\n"
    "  --log LOG      of dm-log-writes\n"
    "  --every N      look at every N-th flush (default: 1)\n"
    "  --random N     look at so many states within flushes (default: 200)\n"
    "  --state S      this state alone, as printed for one that is broken; --keep writes its disk to a file\n"
    "  --expect E     with --log: kept (the default), or broken: some state must break a promise;\n"
    "                 without: told: something is missing, and the boot record says so;\n"
    "                 recovered: nothing is missing, and the status told of the trouble and of its end\n";

constexpr std::size_t kWorkers = 4;

struct Wanted {
  std::map<std::string_view, std::string> words{{"--events", ""}, {"--disk", ""},  {"--log", ""},
                                                {"--every", "1"}, {"--seed", "1"}, {"--random", "200"},
                                                {"--state", ""},  {"--keep", ""},  {"--expect", "kept"}};
  const std::string& word(std::string_view key) const { return words.at(key); }
  std::uint64_t number(std::string_view key) const {
    std::uint64_t value = 0;
    std::from_chars(word(key).data(), word(key).data() + word(key).size(), value);
    return value;
  }
};

std::optional<Wanted> read(const std::vector<std::string_view>& given) {
  Wanted wanted;
  for (std::size_t i = 0; i < given.size(); i += 2) {
    if (i + 1 == given.size() || !wanted.words.contains(given[i])) return {};
    wanted.words[given[i]] = given[i + 1];
  }
  if (wanted.word("--events").empty() || wanted.word("--disk").empty()) return {};
  return wanted;
}

int fail(const std::string& why) {
  std::fprintf(stderr, "vm_check: %s\n", why.c_str());
  return EXIT_FAILURE;
}

std::string name_of(const Moment& moment) {
  return std::to_string(moment.at) + (moment.dice ? "." + std::to_string(*moment.dice) : "");
}

std::optional<Moment> moment_of(const std::string& name) {
  Moment moment;
  const auto* end = name.data() + name.size();
  auto read = std::from_chars(name.data(), end, moment.at);
  if (read.ec != std::errc()) return {};
  if (read.ptr == end) return moment;
  std::uint64_t dice = 0;
  read = std::from_chars(read.ptr + 1, end, dice);
  if (read.ec != std::errc() || read.ptr != end) return {};
  moment.dice = dice;
  return moment;
}

/// All states to look at, in the order of the log.
std::vector<Moment> choose(const WriteLog& log, const Wanted& wanted) {
  if (!wanted.word("--state").empty()) {
    const auto one = moment_of(wanted.word("--state"));
    return one ? std::vector<Moment>{*one} : std::vector<Moment>{};
  }
  std::vector<std::size_t> flushes;
  std::vector<std::size_t> with_writes;
  const auto& entries = log.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].kind != Entry::Kind::kFlush && entries[i].kind != Entry::Kind::kFua) continue;
    flushes.push_back(i);
    if (first_of_flush(entries, i) < i) with_writes.push_back(i);
  }
  std::vector<Moment> moments;
  const auto every = std::max<std::uint64_t>(1, wanted.number("--every"));
  for (std::size_t i = 0; i < flushes.size(); i += every) moments.push_back({flushes[i] + 1, {}});
  powercut::Dice dice(wanted.number("--seed"));
  for (std::uint64_t i = 0; i < wanted.number("--random") && !with_writes.empty(); ++i) {
    moments.push_back({with_writes[dice.below(with_writes.size())], dice.below(1'000'000)});
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

struct Tally {
  std::uint64_t states = 0;
  std::uint64_t torn = 0;
  std::uint64_t broken = 0;
  std::uint64_t records = 0;
  Moment first;
  std::string why;  ///< Of the first broken one.
};

/// A directory to mount at, gone with it.
class MountPoint {
 public:
  MountPoint() {
    std::string name = (std::filesystem::temp_directory_path() / "odograph-vm-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~MountPoint() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  MountPoint(const MountPoint&) = delete;
  MountPoint& operator=(const MountPoint&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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

base::Result<Tally> replay(const Wanted& wanted, const Story& story, const WriteLog& log, Share share) {
  auto disk = Disk::read(wanted.word("--disk"));
  if (!disk) return disk.error();
  const MountPoint here;
  Teller teller(story, Teller::Promises::kCount);
  Tally tally;
  const auto moments = choose(log, wanted);
  for (std::size_t i = share.number; i < moments.size(); i += share.workers) {
    const Moment& moment = moments[i];
    if (moment.at > log.entries().size()) return base::stop_error("the log has no such state");
    const auto image = disk->at(log, moment);
    if (!image) return image.error();
    if (!wanted.word("--keep").empty()) std::ofstream(wanted.word("--keep"), std::ios::binary) << **image;
    const std::size_t told_at = moment.dice ? first_of_flush(log.entries(), moment.at) : moment.at;
    const auto lines = lines_at(log.entries(), told_at, moment.at, story.events().size());
    teller.go_to(lines.told);
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

/// Mounting is mostly waiting, so there are more workers than cores.
base::Result<Tally> replay_in_parallel(const Wanted& wanted, const Story& story, const WriteLog& log) {
  std::vector<std::future<base::Result<Tally>>> parts;
  const std::size_t workers = wanted.word("--state").empty() ? kWorkers : 1;
  for (std::size_t i = 0; i < workers; ++i) {
    parts.push_back(std::async(std::launch::async, [&, i] { return replay(wanted, story, log, {i, workers}); }));
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

unsigned long long as_ull(std::uint64_t n) { return n; }

int judge_log(const Wanted& wanted, const Story& story) {
  const auto begin = std::chrono::steady_clock::now();
  const auto log = WriteLog::read(wanted.word("--log"));
  if (!log) return fail(log.error().what);
  const auto tally = replay_in_parallel(wanted, story, *log);
  if (!tally) return fail(tally.error().what);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const auto& all = log->entries();
  const auto count = [&](Entry::Kind kind) {
    return as_ull(static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.kind == kind; })));
  };
  std::printf("log: %llu writes, %llu flushes, %llu FUA, %llu marks\n", count(Entry::Kind::kWrite),
              count(Entry::Kind::kFlush), count(Entry::Kind::kFua), count(Entry::Kind::kMark));
  std::printf("states: %llu after a flush, %llu within one; %llu records read; %llu broken; %.1f s\n",
              as_ull(tally->states - tally->torn), as_ull(tally->torn), as_ull(tally->records), as_ull(tally->broken),
              took.count());
  if (tally->broken > 0)
    std::printf("first broken: --state %s: %s\n", name_of(tally->first).c_str(), tally->why.c_str());
  const bool expects_broken = wanted.word("--expect") == "broken";
  if (expects_broken && tally->broken == 0) std::printf("NOTHING FOUND, though something was broken on purpose\n");
  return tally->states > 0 && expects_broken == (tally->broken > 0) ? EXIT_SUCCESS : EXIT_FAILURE;
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
    found = check_works(kept);
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

int judge_disk(const Wanted& wanted, const Story& story) {
  const auto disk = Disk::read(wanted.word("--disk"));
  if (!disk) return fail(disk.error().what);
  const MountPoint here;
  const auto mounted = LoopMount::mount(disk->image(), here.path());
  if (!mounted) return fail(mounted.error().what);
  const auto directory = here.path() / "outbox";
  return wanted.word("--expect") == "told" ? judge_told(story, directory) : judge_recovered(story, directory);
}

int run(const std::vector<std::string_view>& words) {
  const auto wanted = read(words);
  if (!wanted) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto story = Story::read(wanted->word("--events"));
  if (!story) return fail(story.error().what);
  if (const auto hidden = hide_mounts(); !hidden) return fail(hidden.error().what);
  return wanted->word("--log").empty() ? judge_disk(*wanted, *story) : judge_log(*wanted, *story);
}

}  // namespace
}  // namespace odograph::vm

int main(int argc, char** argv) { return odograph::vm::run({argv + 1, argv + argc}); }
