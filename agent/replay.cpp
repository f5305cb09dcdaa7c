#include "agent/replay.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <memory>

#include "agent/agent.h"
#include "agent/collect/recording.h"
#include "agent/collect/replay.h"
#include "agent/source_options.h"
#include "lib/base/ids.h"
#include "lib/service/human.h"
#include "lib/service/signals.h"
#include "lib/service/status_socket.h"

namespace odograph::agent {
namespace {

namespace asio = boost::asio;
using Until = ReplayArguments::Until;

constexpr base::Millis kLookEvery{50};

/// The progress bar on stderr, where a person watches.
class Bar {
 public:
  void draw(const service::Progress& progress) {
    if (!is_terminal_) return;
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    std::fprintf(stderr, "\r%s\x1b[K", service::progress_line(progress, known ? size.ws_col - 1U : 79U).c_str());
    drawn_ = true;
  }
  void end() {
    if (drawn_) std::fputc('\n', stderr);
    drawn_ = false;
  }

 private:
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
    const auto* driver = find_driver(arguments_.driver);
    if (driver == nullptr) return base::stop_error("--driver: no driver is called " + arguments_.driver);
    auto recording = collect::Recording::open(arguments_.file);
    if (!recording) return recording.error();
    settings.outbox.source_key = driver_key((*recording)->fingerprint());
    settings.outbox.source_restart = arguments_.from == ReplayArguments::From::kBeginning;
    // The recording can wait: rather tell and stop than lose.
    auto agent = Agent::start(settings, clock_, outbox::Outbox::OnTrouble::kFail, log_);
    if (!agent) return agent.error();
    agent_ = std::move(*agent);
    const auto marks = agent_->outbox().source_marks();
    agent_->skip_through(marks);
    collect::ReplayOptions options{.speed = arguments_.speed};
    if (arguments_.stamp == ReplayArguments::Stamp::kNow) {
      const auto begin = now_less_what_is_behind(*driver, marks);
      if (!begin) return begin.error();
      options.start = *begin;
    }
    collect::Replay::Source source{std::move(*recording), driver->make_decoder(DriverOptions(*driver)), options};
    replay_ = std::make_unique<collect::Replay>(loop_, clock_, std::move(source), receiver());
    auto server =
        service::StatusServer::start(loop_, settings.status_socket, [this] { return to_json(snapshot()) + "\n"; });
    if (server) status_server_ = std::move(*server);
    if (!server) log_.warning("{}; `odograph-agent status` will not work", server.error().what);
    return {};
  }

  base::Status run() {
    wait_signal();
    replay_->start();
    look();
    loop_.run();
    bar_.end();
    auto outcome = ending_;
    summarise();
    replay_.reset();
    agent_.reset();
    status_server_.reset();
    return outcome;
  }

 private:
  std::string driver_key(std::uint64_t fingerprint) const {
    return fmt::format("replay/{}/{}", arguments_.driver, base::to_hex16(fingerprint));
  }

  base::Result<base::UtcTime> now_less_what_is_behind(const drivers::DriverInfo& driver,
                                                      const outbox::SourceMarks& marks) {
    const auto now = std::chrono::floor<base::Millis>(std::chrono::system_clock::now());
    std::uint64_t behind = 0;
    for (const auto& mark : marks) behind = std::max(behind, mark ? mark->offset : 0);
    if (behind == 0) return base::UtcTime{now};
    auto recording = collect::Recording::open(arguments_.file);
    if (!recording) return recording.error();
    const auto decoder = driver.make_decoder(DriverOptions(driver));
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
    bar_.draw({.fraction = replay_->progress(), .left = left(), .label = arguments_.file.filename().string()});
    if (ended_ && agent_->drain() && is_done()) return loop_.stop();
    timer_.expires_after(kLookEvery);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) look();
    });
  }

  bool is_done() const {
    if (arguments_.until == Until::kStopped) return false;
    std::uint64_t in_ring = 0;
    std::uint64_t stored = 0;
    for (const auto& lane : agent_->outbox().stats().lanes) {
      in_ring += lane.in_ring;
      stored += lane.stored;
    }
    return in_ring == 0 && (arguments_.until == Until::kStored || stored == 0);
  }

  std::optional<base::Millis> left() const {
    const double done = replay_->progress();
    const auto took = real_clock_.boot_now() - began_;
    if (done < 0.02 || ended_) return std::nullopt;
    return base::Millis{static_cast<std::int64_t>(static_cast<double>(took.count()) * (1 - done) / done)};
  }

  Snapshot snapshot() const {
    Snapshot snapshot = agent_->snapshot();
    collect::SourceHealth source{.name = arguments_.driver, .open = !ended_};
    source.counters = replay_->counters();
    snapshot.sources.push_back(std::move(source));
    const auto durable = snapshot.outbox.lanes[2].durable + agent_->skipped_bulk();
    snapshot.replay = {arguments_.file.string(), ended_ ? 1.0 : replay_->progress(), durable};
    return snapshot;
  }

  void summarise() const {
    const Snapshot now = snapshot();
    std::uint64_t made = 0;
    std::uint64_t waiting = 0;
    for (const auto& lane : now.outbox.lanes) {
      made += lane.made;
      waiting += lane.stored + lane.in_ring;
    }
    if (ended_ && agent_->skipped_bulk() > 0 && now.outbox.lanes[2].made == 0) {
      log_.info("this recording was replayed to its end before; --restart begins anew");
    }
    if (now.outbox.commit_report && !now.outbox.commit_report->trouble.empty()) {
      log_.warning("{}; {} committed ranges were not told", now.outbox.commit_report->trouble,
                   service::human_count(now.outbox.commit_report->untold));
    }
    log_.info("{}: {} records made, {} durable, {} wait for the broker{}", stopped_ ? "stopped" : "done",
              service::human_count(made), service::human_count(now.replay->durable), service::human_count(waiting),
              stopped_ ? "; the next replay goes on here" : "");
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
  base::Status ending_;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace

base::Status replay(const ReplayArguments& arguments) {
  // Before anything else is opened, which could get the number of a descriptor that nobody passed.
  auto report = open_commit_report(arguments.commit_report);
  if (!report) return report.error();
  auto made = load_settings(arguments.config, Purpose::kReplay);
  if (!made) return made.error();
  made->outbox.commit_report = std::move(*report);
  // Before any thread starts, so that all inherit the mask.
  auto signals = service::Signals::create();
  if (!signals) return signals.error();
  service::Log log(STDERR_FILENO, made->log_level, service::log_format_for(STDERR_FILENO));
  // At any other pace the recording's time says nothing of how far bulk is behind.
  if (arguments.speed != 1) made->uplink.preview.reset();
  Replaying replaying(arguments, std::move(*signals), log);
  if (auto status = replaying.start(std::move(*made)); !status) return status;
  return replaying.run();
}

}  // namespace odograph::agent
