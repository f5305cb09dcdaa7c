// The outbox through power cuts: see README.md.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/outbox/file_settings.h"
#include "tests/powercut/figures.h"
#include "tests/powercut/run.h"

namespace odograph::powercut {
namespace {

constexpr const char* kUsage =
    "powercut [--cuts N] [--seed S] [--page 512|4096] [--control NAME]\n"
    "  --cuts N        power cuts in all (default: 3000); runs have the seeds S, S+1, ...\n"
    "  --seed S        the first run's seed (default: 1); '--seed S --cuts 1' is the run S alone\n"
    "  --page BYTES    SQLite's page size (default: the outbox's)\n"
    "  --bulk sent    bulk records are sent first and stored only if nobody acknowledges them (default: stored)\n"
    "  --weather NAME  fair (default); rough: reads and openings fail too, flushes by themselves, and clocks jump;\n"
    "                  flushes: they fail most of the time, with their pages marked clean\n"
    "  --control NAME  break something; then it is an error if nothing is found within N cuts:\n"
    "                  sync-off sync-normal lying-sync no-padding early-report names-unsafe cache-trusted reads-lie\n"
    "  --figures FILE  what these runs found, as JSON: docs/durability.md is made from it\n";

struct Wanted {
  Settings settings;
  std::uint64_t cuts = 3000;
  std::string control;
  std::filesystem::path figures;
};

constexpr std::pair<std::string_view, Control> kControls[] = {
    {"sync-off", Control::kSyncOff},           {"sync-normal", Control::kSyncNormal},
    {"lying-sync", Control::kLyingSync},       {"no-padding", Control::kNoPadding},
    {"early-report", Control::kEarlyReport},   {"names-unsafe", Control::kNamesUnsafe},
    {"cache-trusted", Control::kCacheTrusted}, {"reads-lie", Control::kReadsLie}};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
  return value;
}

bool take(std::string_view key, std::string_view value, Wanted& wanted) {
  if (key == "--control") {
    for (const auto& [name, control] : kControls) {
      if (name == value) wanted.settings.control = control, wanted.control = name;
    }
    return !wanted.control.empty();
  }
  if (key == "--weather") {
    for (const auto& [name, weather] : kWeathers) {
      if (name != value) continue;
      wanted.settings.weather = weather;
      return true;
    }
    return false;
  }
  if (key == "--bulk") {
    wanted.settings.bulk = value == "sent" ? Bulk::kSent : Bulk::kStored;
    return value == "sent" || value == "stored";
  }
  if (key == "--figures") return wanted.figures = value, !value.empty();
  const auto given = number(value);
  if (!given) return false;
  if (key == "--cuts") return wanted.cuts = *given, *given > 0;
  if (key == "--seed") return wanted.settings.seed = *given, true;
  if (key == "--page") return wanted.settings.page_bytes = *given, *given == 512 || *given == 4096;
  return false;
}

std::optional<Wanted> read(const std::vector<std::string_view>& words) {
  Wanted wanted;
  wanted.settings.seed = 1;
  wanted.settings.page_bytes = outbox::kPageBytes;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size() || !take(words[i], words[i + 1], wanted)) return {};
  }
  return wanted;
}

/// What should happen in many runs and did not.
std::string unseen(const Seen& seen, const Settings& settings) {
  if (has_crowded_runs(settings) && seen.thinned == 0) return "a thinned record";
  if (settings.bulk == Bulk::kSent && seen.sent_first == 0) return "a record sent before it was durable";
  const std::pair<const char*, std::uint64_t> rough[] = {{"a read that fails", seen.read_errors},
                                                         {"a flush that fails by itself", seen.flush_errors},
                                                         {"a clock that jumps", seen.clock_jumps}};
  for (const auto& [name, count] : rough) {
    if (count == 0 && settings.weather == Weather::kRough) return name;
  }
  const std::pair<const char*, std::uint64_t> all[] = {{"a cut in recovery", seen.cuts_in_recovery},
                                                       {"a kill", seen.kills},
                                                       {"a clean end", seen.clean_ends},
                                                       {"a WAL to recover from", seen.full_wals},
                                                       {"a lost sector", seen.sectors_lost},
                                                       {"a garbled sector", seen.sectors_garbled},
                                                       {"a torn write", seen.writes_torn},
                                                       {"an I/O error", seen.io_errors},
                                                       {"no space", seen.no_space},
                                                       {"a record handed out again", seen.handed_again},
                                                       {"an eviction", seen.evicted},
                                                       {"a loss in the ring", seen.ring_losses}};
  for (const auto& [name, count] : all) {
    if (count == 0) return name;
  }
  return {};
}

void tell(const Seen& seen, std::uint64_t runs, double seconds) {
  const auto as_ull = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("  %llu runs, %.1f s, %.0f cuts/s; %llu commits\n", as_ull(runs), seconds,
              static_cast<double>(seen.cuts) / seconds, as_ull(seen.commits));
  std::printf("  cuts in recovery %llu, kills %llu, clean ends %llu, opened with a WAL %llu\n",
              as_ull(seen.cuts_in_recovery), as_ull(seen.kills), as_ull(seen.clean_ends), as_ull(seen.full_wals));
  std::printf("  sectors lost %llu, garbled %llu, writes torn %llu; I/O errors %llu, no space %llu\n",
              as_ull(seen.sectors_lost), as_ull(seen.sectors_garbled), as_ull(seen.writes_torn), as_ull(seen.io_errors),
              as_ull(seen.no_space));
  std::printf("  of the I/O errors %llu in reads, %llu in flushes alone; clock jumps %llu\n", as_ull(seen.read_errors),
              as_ull(seen.flush_errors), as_ull(seen.clock_jumps));
  std::printf(
      "  records handed out again %llu, sent before they were durable %llu, evicted %llu, thinned %llu,"
      " lost in the ring %llu; files full of what was handed out %llu\n",
      as_ull(seen.handed_again), as_ull(seen.sent_first), as_ull(seen.evicted), as_ull(seen.thinned),
      as_ull(seen.ring_losses), as_ull(seen.full_of_handed));
}

/// Below this a run of runs may well not have seen everything.
constexpr std::uint64_t kCutsThatSeeAll = 1000;

int judge(const Wanted& wanted, const Outcome& outcome, const Settings& last) {
  const auto cuts = static_cast<unsigned long long>(outcome.seen.cuts);
  const auto seed = static_cast<unsigned long long>(last.seed);
  const auto page = static_cast<unsigned long long>(last.page_bytes);
  if (wanted.settings.control != Control::kNone) {
    std::printf("control %s, page %llu: %s after %llu cuts, seed %llu: %s\n", wanted.control.c_str(), page,
                outcome.wrong.empty() ? "NOTHING FOUND" : "found, as it must be", cuts, seed, outcome.wrong.c_str());
    return outcome.wrong.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
  }
  if (!outcome.wrong.empty()) {
    std::printf(
        "powercut: BROKEN after %llu cuts: %s\n  again with: ./dev powercut --seed %llu --cuts 1 --page %llu --weather "
        "%s%s\n",
        cuts, outcome.wrong.c_str(), seed, page, name_of(last.weather), last.bulk == Bulk::kSent ? " --bulk sent" : "");
    return EXIT_FAILURE;
  }
  const std::string missing = outcome.seen.cuts < kCutsThatSeeAll ? "" : unseen(outcome.seen, last);
  if (!missing.empty()) {
    std::printf("powercut: these runs never saw %s\n", missing.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

int play(const Wanted& wanted) {
  const auto begin = std::chrono::steady_clock::now();
  Settings settings = wanted.settings;
  Outcome all;
  std::uint64_t runs = 0;
  for (;; ++settings.seed) {
    const Outcome outcome = run(settings);
    all.seen.add(outcome.seen);
    all.wrong = outcome.wrong;
    ++runs;
    if (!all.wrong.empty() || all.seen.cuts >= wanted.cuts) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (wanted.settings.control == Control::kNone) {
    std::printf("powercut: %llu cuts, page %llu, seeds %llu..%llu\n", static_cast<unsigned long long>(all.seen.cuts),
                static_cast<unsigned long long>(settings.page_bytes),
                static_cast<unsigned long long>(wanted.settings.seed), static_cast<unsigned long long>(settings.seed));
    tell(all.seen, runs, took.count());
  }
  const Played played{wanted.settings, wanted.control, settings.seed, runs, all};
  if (!wanted.figures.empty() && !write_figures(wanted.figures, played)) {
    std::fprintf(stderr, "powercut: cannot write %s\n", wanted.figures.c_str());
    return EXIT_FAILURE;
  }
  return judge(wanted, all, settings);
}

int run_in_a_directory_of_its_own(Wanted wanted) {
  std::string directory = (std::filesystem::temp_directory_path() / "odograph-powercut-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) {
    std::perror("powercut: temporary directory");
    return EXIT_FAILURE;
  }
  wanted.settings.directory = directory;
  const int code = play(wanted);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return code;
}

int run_program(const std::vector<std::string_view>& words) {
  if (auto wanted = read(words)) return run_in_a_directory_of_its_own(*std::move(wanted));
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace
}  // namespace odograph::powercut

int main(int argc, char** argv) { return odograph::powercut::run_program({argv + 1, argv + argc}); }
