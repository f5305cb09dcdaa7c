// The outbox on a file system that somebody else has filled: see README.md.
#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string_view>

#include "tests/fulldisk/filler.h"
#include "tests/fulldisk/trial.h"

namespace odograph::fulldisk {
namespace {

using model::Lane;
using outbox::index_of;
using outbox::Reserved;

constexpr std::uint64_t kCap = 8U << 20;
constexpr int kCommits = 2600;  ///< Of each of the two processes that are looked at.
constexpr int kBulkPerCommit = 60;
constexpr int kLargeInAStall = 8000;  ///< 4.9 MB: as one transaction more than the WAL has room for.

enum class Control { kNone, kNothingReserved };
enum class End { kClean, kKilled };

struct Story {
  std::filesystem::path mount;
  outbox::Options options;
  Known& known;
  Filler other;
  Control control = Control::kNone;
  bool is_hungry = false;  ///< The other takes also what is free only for as long as a call takes.
};

int reserve(Story& story, int fd, std::uint64_t bytes) {
  if (story.control == Control::kNothingReserved) return EOPNOTSUPP;
  if (story.is_hungry) story.other.fill();
  return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
}

/// In a process of its own, as a restart is.
void in_child(const std::function<void()>& work, End end) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    if (end == End::kKilled) ::raise(SIGKILL);
    std::_Exit(EXIT_SUCCESS);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) broken("no process");
  const bool is_as_planned = end == End::kKilled ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
                                                 : WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
  if (!is_as_planned) std::_Exit(EXIT_FAILURE);
}

/// A vehicle's life on a full disk: at first what can be thinned, then what cannot, so that it has to go.
void live(Story& story, std::uint32_t reason, End end) {
  in_child(
      [&] {
        Trial trial(story.options, story.known);
        const bool is_first = trial.stats().boot == 1;
        if (story.control == Control::kNone && trial.stats().reserved != Reserved::kWhole) {
          broken("not all is reserved: " + trial.stats().reserved_reason);
        }
        story.is_hungry = true;
        for (int i = 0; i < kCommits; ++i) {
          story.other.fill();
          trial.push(Lane::kBulk, kBulkPerCommit, reason);
          if (i % 3 == 0) trial.push(Lane::kEvent, 1);
          if (i % 50 == 0) trial.push(Lane::kAlert, 1);
          trial.commit();
          if (!is_first && i % 20 == 0) trial.deliver(Lane::kBulk, 1);
        }
        if (end == End::kClean) trial.finish();
      },
      end);
}

/// Rings that ran full while the medium was slow.
void live_through_a_stall(Story& story) {
  in_child(
      [&] {
        Trial trial(story.options, story.known);
        for (int i = 0; i < 3; ++i) {
          story.other.fill();
          trial.push(Lane::kBulk, static_cast<int>(story.options.ring_records[index_of(Lane::kBulk)]));
          trial.push(Lane::kEvent, 1000);
          trial.commit();
          // All of the backlog that may go at once.
          trial.deliver(Lane::kBulk, 1000);
        }
        story.other.fill();
        trial.push_large(Lane::kBulk, kLargeInAStall);
        trial.commit();
        trial.finish();
      },
      End::kClean);
}

/// The file is found broken while nothing is free.
void live_with_rot(Story& story) {
  {
    std::fstream file(story.options.directory / "outbox.db", std::ios::binary | std::ios::in | std::ios::out);
    file.write("rot", 3);
  }
  story.other.fill();
  Trial trial(story.options, story.known);
  const auto stats = trial.stats();
  if (stats.quarantines != 1) broken("nothing was put aside");
  story.other.fill();
  for (int i = 0; i < 100; ++i) {
    trial.push(Lane::kBulk, kBulkPerCommit);
    trial.commit();
    story.other.fill();
  }
  std::printf("beside a broken file: cap %llu KiB, %s\n", static_cast<unsigned long long>(stats.cap_bytes >> 10),
              to_string(stats.reserved));
}

void tell(const Known& known) {
  std::printf("kept: %llu commits, bulk: %llu pushed, %llu thinned, %llu evicted, %llu acknowledged\n",
              static_cast<unsigned long long>(known.commits),
              static_cast<unsigned long long>(known.pushed[index_of(Lane::kBulk)]),
              static_cast<unsigned long long>(known.thinned), static_cast<unsigned long long>(known.evicted),
              static_cast<unsigned long long>(known.deleted));
}

int run(const std::filesystem::path& mount, Control control) {
  Story story{mount, {}, shared_known(), Filler(mount / "ballast")};
  story.options.directory = mount / "data";
  story.options.cap_bytes = kCap;
  story.options.agent_version = "1.2.3";
  std::filesystem::create_directory(story.options.directory);
  story.control = control;
  story.options.file.disk.reserve = [&story](int fd, std::uint64_t bytes) { return reserve(story, fd, bytes); };
  live(story, model::reason::kTime, End::kKilled);
  story.is_hungry = true;
  story.other.fill();
  live(story, model::reason::kFixChange, End::kClean);
  live_through_a_stall(story);
  story.other.fill();
  Known& known = story.known;
  Trial(story.options, known).check_all();
  if (known.evicted == 0 || known.thinned == 0 || known.deleted == 0) broken("not everything was seen");
  tell(known);
  story.is_hungry = false;
  live_with_rot(story);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace odograph::fulldisk

int main(int argc, char** argv) {
  using odograph::fulldisk::Control;
  const std::string_view control = argc == 4 && std::string_view(argv[2]) == "--control" ? argv[3] : "";
  if (argc == 2) return odograph::fulldisk::run(argv[1], Control::kNone);
  if (control == "unreserved") return odograph::fulldisk::run(argv[1], Control::kNothingReserved);
  std::fputs("fulldisk DIRECTORY [--control unreserved]: the root of a small file system, to be filled\n", stderr);
  return 2;
}
