#include "agent/replay.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "agent/agent.h"
#include "agent/collect/recording.h"
#include "agent/collect/replay.h"
#include "agent/recording_words.h"
#include "agent/rot_telling.h"
#include "agent/source_options.h"
#include "lib/base/crc32c.h"
#include "lib/base/ids.h"
#include "lib/keys/msk.h"
#include "lib/service/human.h"
#include "lib/service/signals.h"
#include "lib/service/status_socket.h"

namespace odograph::agent {
namespace {

namespace asio = boost::asio;
using Until = ReplayArguments::Until;

constexpr base::Millis kLookEvery{50};
constexpr base::Millis kFlushMax{500};

/// The progress bar on stderr, where a person watches.
class Bar {
 public:
  void draw(const service::Progress& progress) {
    if (is_terminal()) show(service::progress_line(progress, columns()));
  }
  /// Words in its place.
  void draw(const std::string& words) {
    if (is_terminal()) show(words.substr(0, columns()));
  }
  bool is_terminal() const { return is_terminal_; }
  void end() {
    if (drawn_) std::fputc('\n', stderr);
    drawn_ = false;
  }

 private:
  static std::size_t columns() {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col - 1U : 79U;
  }
  void show(const std::string& line) {
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
    drawn_ = true;
  }

  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool drawn_ = false;
};

class Replaying {
 public:
  Replaying(const ReplayArguments& arguments, service::Signals signals, service::Log& log)
      : arguments_(arguments),
        signals_(std::move(signals)),
        signal_wait_(loop_, signals_.fd()),
        timer_(loop_),
        log_(log) {}
  ~Replaying() {
    // The descriptor belongs to `signals_`.
    signal_wait_.release();
  }

  base::Status start(Settings settings) {
    const auto called = driver_called(arguments_.driver);
    if (!called) return called.error();
    const auto& driver = **called;
    const auto driver_options = DriverOptions::typed(driver, arguments_.options);
    if (!driver_options) return driver_options.error();
    auto recording = collect::Recording::open(arguments_.file);
    if (!recording) return recording.error();
    settings.outbox.source_key = driver_key((*recording)->fingerprint());
    directory_ = settings.outbox.directory.string();
    settings.outbox.source_restart = arguments_.from == ReplayArguments::From::kBeginning;
    // The recording can wait: rather tell and stop than lose.
    auto agent = Agent::start(settings, clock_, outbox::Outbox::OnTrouble::kFail, log_);
    if (!agent) return agent.error();
    agent_ = std::move(*agent);
    const auto marks = agent_->outbox().source_marks();
    agent_->skip_through(marks);
    collect::ReplayOptions options{.speed = arguments_.speed};
    if (arguments_.stamp == ReplayArguments::Stamp::kNow) {
      const auto begin = now_less_what_is_behind(driver.make_decoder(*driver_options), marks);
      if (!begin) return begin.error();
      options.start = *begin;
    }
    collect::Replay::Source source{std::move(*recording), driver.make_decoder(*driver_options), options};
    replay_ = std::make_unique<collect::Replay>(loop_, clock_, std::move(source), receiver());
    auto server =
        service::StatusServer::start(loop_, settings.status_socket, [this] { return to_json(snapshot()) + "\n"; });
    if (server) status_server_ = std::move(*server);
    if (!server) log_.warning("{}; `odograph-agent status` will not tell of this agent", server.error().what);
    return {};
  }

  base::Status run() {
    wait_signal();
    replay_->start();
    look();
    loop_.run();
    bar_.end();
    tell_rot();
    auto outcome = ending_;
    // So that the summary counts what still lay in memory, and the agent's own records.
    static_cast<void>(agent_->outbox().flush(kFlushMax));
    summarise();
    replay_.reset();
    const bool is_stopped = agent_->stop();
    status_server_.reset();
    // A thread is in a call that may never come back: nothing that it uses can be destroyed.
    if (!is_stopped) std::_Exit(EXIT_FAILURE);
    agent_.reset();
    return outcome;
  }

 private:
  std::string driver_key(std::uint64_t fingerprint) const {
    std::string key = fmt::format("replay/{}/{}", arguments_.driver, base::to_hex16(fingerprint));
    // Read with other options it gives other records.
    std::string options;
    for (const auto& option : arguments_.options) options += option + "\n";
    if (!options.empty()) key += "/" + base::to_hex16(base::crc32c(options));
    return key;
  }

  base::Result<base::UtcTime> now_less_what_is_behind(const std::unique_ptr<drivers::Decoder>& decoder,
                                                      const outbox::SourceMarks& marks) {
    const auto now = std::chrono::floor<base::Millis>(std::chrono::system_clock::now());
    std::uint64_t behind = 0;
    for (const auto& mark : marks) behind = std::max(behind, mark ? mark->offset : 0);
    if (behind == 0) return base::UtcTime{now};
    auto recording = collect::Recording::open(arguments_.file);
    if (!recording) return recording.error();
    const auto span = collect::recorded_span(**recording, *decoder, behind);
    if (!span) return span.error();
    return base::UtcTime{now} - *span;
  }

  collect::Replay::Receiver receiver() {
    return {.on_reading = [this](const model::Reading& reading) { agent_->take(reading); },
            .has_room = [this] { return agent_->drain(); },
            .room_fd = agent_->outbox().room_fd(),
            .on_end = [this](const base::Status& status) { on_end(status); },
            .is_behind = [this](const model::Reading& reading) { return agent_->is_behind(reading); }};
  }

  void on_end(const base::Status& status) {
    ended_ = true;
    ending_ = status;
    if (!status) log_.error("{}; what came before is kept", status.error().what);
    if (!status || replay_->readings() > 0) return;
    const std::string words = nothing_found(arguments_.file.string(), replay_->counters(), arguments_.driver);
    if (replay_->counters().sentences == 0) {
      ending_ = base::stop_error(words);
    } else {
      log_.warning("{}", words);
    }
  }

  void wait_signal() {
    signal_wait_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
      if (error) return;
      while (const auto signal = signals_.next()) {
        if (*signal != service::Signal::kStop) continue;
        stopped_ = true;
        return loop_.stop();
      }
      wait_signal();
    });
  }

  /// Draws the bar and sees whether the work is done.
  void look() {
    tell_rot();
    const bool is_stored = ended_ && agent_->drain() && in_rings() == 0;
    if (is_stored && is_done()) return loop_.stop();
    if (is_stored) {
      tell_waiting();
    } else {
      bar_.draw({.fraction = replay_->progress(), .left = left(), .label = arguments_.file.filename().string()});
    }
    timer_.expires_after(kLookEvery);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) look();
    });
  }

  void tell_rot() {
    for (const auto& line : rot_telling_.news(agent_->outbox().stats())) log_.warning("{}", line);
  }

  std::uint64_t in_rings() const {
    std::uint64_t count = 0;
    for (const auto& lane : agent_->outbox().stats().lanes) count += lane.in_ring;
    return count;
  }

  /// Once everything is stored.
  bool is_done() const {
    if (arguments_.until == Until::kStopped) return false;
    // Nothing of a file that was no recording is worth waiting for.
    if (arguments_.until == Until::kStored || !ending_) return true;
    return counts().waiting == 0;
  }

  /// Everything is stored, and only the broker is waited for, or the person.
  void tell_waiting() {
    const Snapshot now = snapshot();
    const std::uint64_t waiting = counts().waiting;
    const std::string words =
        waiting == 0 ? "the broker has everything" : records_wait(waiting) + ": " + waiting_reason(now);
    bar_.draw("all stored, Ctrl-C is safe; " + words);
    if (!wait_telling_.is_due(real_clock_.boot_now(), now.sending)) return;
    if (!wait_telling_.is_first()) {
      if (!bar_.is_terminal() && waiting > 0) log_.info("{}", words);
      return;
    }
    log_.info("everything is stored in {}; {}", directory_, words);
    log_.info("Ctrl-C is safe: what is stored stays, and the next replay sends it; {}",
              arguments_.until == Until::kAcked ? "--until-stored ends here" : "--stay ends with it");
  }

  ReplayCounts counts() const { return replay_counts(agent_->snapshot(), agent_->pushed(), agent_->skipped()); }

  std::optional<base::Millis> left() const {
    const double done = replay_->progress();
    const auto took = real_clock_.boot_now() - began_;
    if (done < 0.02 || ended_) return std::nullopt;
    return base::Millis{static_cast<std::int64_t>(static_cast<double>(took.count()) * (1 - done) / done)};
  }

  Snapshot snapshot() const {
    Snapshot snapshot = agent_->snapshot();
    collect::SourceHealth source{.name = arguments_.driver, .open = !ended_};
    if (ended_) source.ended = arguments_.file.string() + " was read to its end";
    source.readings = replay_->readings();
    source.counters = replay_->counters();
    snapshot.sources.push_back(std::move(source));
    const auto durable = snapshot.outbox.lanes[2].durable + agent_->skipped_bulk();
    snapshot.replay = {arguments_.file.string(), ended_ ? 1.0 : replay_->progress(), durable};
    return snapshot;
  }

  void summarise() const {
    const Snapshot now = snapshot();
    if (ended_ && agent_->skipped() > 0 && agent_->pushed() == 0) {
      log_.info("this recording was replayed to its end before; --restart begins anew");
    }
    if (now.outbox.commit_report && !now.outbox.commit_report->trouble.empty()) {
      log_.warning("{}; {} committed ranges were not told", now.outbox.commit_report->trouble,
                   service::human_count(now.outbox.commit_report->untold));
    }
    if (const auto words = left_out(replay_->counters()); !words.empty()) log_.warning("{}", words);
    log_.info("{}: {} in {}{}", stopped_ ? "stopped" : "done", to_words(counts()), directory_,
              stopped_ && !ended_ ? "; the next replay goes on here" : "");
  }

  const ReplayArguments& arguments_;
  asio::io_context loop_;
  base::VirtualClock clock_;
  base::RealClock real_clock_;
  base::BootTime began_ = real_clock_.boot_now();
  service::Signals signals_;
  asio::posix::stream_descriptor signal_wait_;
  asio::steady_timer timer_;
  service::Log& log_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<collect::Replay> replay_;
  std::unique_ptr<service::StatusServer> status_server_;
  Bar bar_;
  WaitTelling wait_telling_;
  RotTelling rot_telling_;
  std::string directory_;
  base::Status ending_;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace

base::Status replay(const ReplayArguments& arguments) {
  if (arguments.stamp == ReplayArguments::Stamp::kNow && (arguments.speed == 0 || arguments.speed > 1)) {
    return base::stop_error(
        "--restamp: a recording that is replayed faster than it was made would be stamped with times to come; "
        "expected --speed of 1 at the most");
  }
  // Before anything else is opened, which could get the number of a descriptor that nobody passed.
  auto report = open_commit_report(arguments.commit_report);
  if (!report) return report.error();
  const auto values = load_values(arguments.config, Purpose::kReplay);
  if (!values) return values.error();
  // Before any thread starts, so that all inherit the mask: the settings bring the one that fetches tokens.
  auto signals = service::Signals::create();
  if (!signals) return signals.error();
  auto made = settings(*values, track::Setting::kReplay);
  if (!made) return made.error();
  made->outbox.commit_report = std::move(*report);
  service::Log log(
      STDERR_FILENO, made->log_level,
      ::isatty(STDERR_FILENO) == 1 ? service::LogFormat::kAboveBar : service::log_format_for(STDERR_FILENO));
  for (const auto& doubt : keys::msk_doubts(*values)) log.warning("{}", doubt);
  // At any other pace the recording's time says nothing of how far bulk is behind.
  if (arguments.speed != 1) made->uplink.preview.reset();
  Replaying replaying(arguments, std::move(*signals), log);
  if (auto status = replaying.start(std::move(*made)); !status) return status;
  return replaying.run();
}

}  // namespace odograph::agent
