#include "lib/aws/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include "lib/base/unique_fd.h"

namespace odograph::aws {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Pipe {
  base::UniqueFd read;
  base::UniqueFd write;
};

std::optional<Pipe> open_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return std::nullopt;
  Pipe made{base::UniqueFd(fds[0]), base::UniqueFd(fds[1])};
  ::fcntl(made.read.get(), F_SETFL, O_NONBLOCK);
  return made;
}

/// The attributes and descriptors a child starts with.
class SpawnPlan {
 public:
  SpawnPlan(int out, int err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    // A daemon blocks and ignores signals for its own reasons; a program that inherits that cannot be ended by them.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The child's process id, or nothing with errno set.
  std::optional<pid_t> start(const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = 0;
    errno = ::posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environ);
    return errno == 0 ? std::optional(pid) : std::nullopt;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Readable once the process has ended. By its number, as glibc 2.36 declares its function for C alone.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// Owns a running child; what is left of its group at the end is killed.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), fd_(open_pidfd(pid)) {}
  ~Child() {
    if (!reaped_) static_cast<void>(reap());
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int fd() const { return fd_.get(); }
  /// Kills what still runs of the group; gives the child's exit code.
  int reap() {
    // Before waiting: as long as the child is not reaped, its group's number cannot be somebody else's.
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
  base::UniqueFd fd_;
  bool reaped_ = false;
};

enum class Drained { kOpen, kEnded, kTooMuch };

/// Takes what the pipe offers; what is over `bytes_max` is read and thrown away, so that the program can go on.
Drained drain(base::UniqueFd& fd, SecretString& into, std::size_t bytes_max) {
  std::array<char, 4096> part{};
  Drained result = Drained::kOpen;
  while (fd) {
    const ssize_t count = ::read(fd.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      fd.reset();
      result = Drained::kEnded;
      break;
    }
    const std::size_t room = bytes_max - into.size();
    into.append(part.data(), std::min(room, static_cast<std::size_t>(count)));
    if (static_cast<std::size_t>(count) > room) {
      result = Drained::kTooMuch;
      break;
    }
  }
  wipe_bytes(part.data(), part.size());
  return result;
}

base::Error late(base::Millis deadline) {
  return base::retry_error("did not end within " + std::to_string(deadline.count()) + " ms and was killed");
}

/// Reads both pipes until the child has ended.
struct Follow {
  const Child& child;
  Pipe& out;
  Pipe& err;
  ProgramEnd& end;

  base::Status until(SteadyTime limit, base::Millis deadline) {
    while (true) {
      const auto left = std::chrono::ceil<base::Millis>(limit - std::chrono::steady_clock::now());
      if (left.count() <= 0) return late(deadline);
      std::array<pollfd, 3> waits = {pollfd{child.fd(), POLLIN, 0}, pollfd{out.read.get(), POLLIN, 0},
                                     pollfd{err.read.get(), POLLIN, 0}};
      const int ready = ::poll(waits.data(), waits.size(), static_cast<int>(left.count()));
      if (ready < 0 && errno != EINTR) return base::retry_error(std::string("poll failed: ") + std::strerror(errno));
      if (drain(out.read, end.output, kProgramOutputBytesMax) == Drained::kTooMuch) {
        return base::retry_error("printed more than " + std::to_string(kProgramOutputBytesMax) + " bytes");
      }
      static_cast<void>(drain(err.read, end.errors, kProgramErrorBytesMax));
      // The child's own end counts, not that of the pipes: something it started may hold them open for ever.
      if (ready > 0 && waits[0].revents != 0) {
        if (drain(out.read, end.output, kProgramOutputBytesMax) != Drained::kTooMuch) return {};
        return base::retry_error("printed more than " + std::to_string(kProgramOutputBytesMax) + " bytes");
      }
    }
  }
};

}  // namespace

base::Result<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t at = 0; at < command.size(); ++at) {
    const char one = command[at];
    const bool escapes = one == '\\' && quote != '\'';
    if (escapes && at + 1 == command.size()) return base::stop_error("the command ends with a \\");
    if (escapes) {
      word += command[++at];
      in_word = true;
    } else if (quote != '\0') {
      if (one == quote) {
        quote = '\0';
      } else {
        word += one;
      }
    } else if (one == '\'' || one == '"') {
      quote = one;
      in_word = true;
    } else if (one == ' ' || one == '\t') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += one;
      in_word = true;
    }
    if (words.size() >= kProgramWordsMax) return base::stop_error("the command has too many words");
  }
  if (quote != '\0') return base::stop_error(std::string("the command has an open ") + quote);
  if (in_word) words.push_back(std::move(word));
  if (words.empty() || words.front().empty()) return base::stop_error("the command is empty");
  return words;
}

base::Result<ProgramEnd> run_program(const std::vector<std::string>& words, base::Millis deadline) {
  const SteadyTime limit = std::chrono::steady_clock::now() + deadline;
  auto out = open_pipe();
  auto err = open_pipe();
  if (!out || !err) return base::retry_error(std::string("no pipe: ") + std::strerror(errno));
  const SpawnPlan plan(out->write.get(), err->write.get());
  const auto pid = plan.start(words);
  if (!pid) return base::stop_error("cannot start " + words[0] + ": " + std::strerror(errno));
  Child child(*pid);
  if (child.fd() < 0) return base::retry_error(std::string("no pidfd: ") + std::strerror(errno));
  out->write.reset();
  err->write.reset();
  ProgramEnd end;
  const auto followed = Follow{child, *out, *err, end}.until(limit, deadline);
  end.exit_code = child.reap();
  if (!followed) return followed.error();
  return end;
}

}  // namespace odograph::aws
