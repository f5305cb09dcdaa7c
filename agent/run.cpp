#include "agent/run.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <memory>
#include <vector>

#include "agent/agent.h"
#include "agent/metrics.h"
#include "agent/rot_telling.h"
#include "agent/source_options.h"
#include "lib/service/human.h"
#include "lib/service/metrics_server.h"
#include "lib/service/signals.h"
#include "lib/service/status_socket.h"
#include "lib/service/systemd.h"

namespace odograph::agent {
namespace {

namespace asio = boost::asio;

constexpr base::Millis kMetricsAgainAfter = std::chrono::minutes{1};

/// Everything of a running agent, on one loop.
class Running {
 public:
  Running(ConfigArguments arguments, config::Values values, service::Signals signals, service::Log& log)
      : arguments_(std::move(arguments)),
        values_(std::move(values)),
        signals_(std::move(signals)),
        signal_wait_(loop_, signals_.fd()),
        timer_(loop_),
        log_(log) {}

  ~Running() {
    // The descriptor belongs to `signals_`.
    signal_wait_.release();
  }

  base::Status start(const Settings& settings) {
    auto agent = Agent::start(settings, clock_, outbox::Outbox::OnTrouble::kKeepTrying, log_);
    if (!agent) return agent.error();
    agent_ = std::move(*agent);
    if (auto status = add_sources(); !status) return status;
    auto status_server =
        service::StatusServer::start(loop_, settings.status_socket, [this] { return to_json(snapshot()) + "\n"; });
    // Without it the vehicle still does its work.
    if (status_server) {
      status_server_ = std::move(*status_server);
    } else {
      log_.error("{}; `odograph-agent status` will not tell of this agent", status_server.error().what);
    }
    if (settings.metrics) metrics_port_ = settings.metrics_port;
    return {};
  }

  void run() {
    for (auto& source : sources_) source->start();
    wait_signal();
    tick();
    log_.info("running as {}", agent_->snapshot().vehicle_id);
    tell(systemd_.ready());
    loop_.run();
    tell(systemd_.stopping());
    log_.info("stopping");
    sources_.clear();
    metrics_server_.reset();
    const bool is_stopped = agent_->stop();
    status_server_.reset();
    if (!is_stopped) end_without_storage();
    agent_.reset();
    log_.info("stopped");
  }

 private:
  /// A thread is in a call that may never come back: nothing that it uses can be destroyed.
  [[noreturn]] void end_without_storage() {
    log_.error("stopped without storage");
    std::_Exit(EXIT_FAILURE);
  }

  base::Status add_sources() {
    for (std::size_t i = 0; i < values_.count("source"); ++i) {
      const auto item = values_.item("source", i);
      const auto* info = find_driver(item.text("driver"));
      auto driver = info->make_driver(DriverOptions(*info, item));
      if (!driver) return base::stop_error("source " + item.text("name") + ": " + driver.error().what);
      sources_.push_back(std::make_unique<collect::LiveSource>(
          loop_, clock_,
          collect::LiveSource::Device{item.text("name"), std::move(*driver), [this] { return agent_->has_room(); }},
          [this](drivers::Batch& batch) {
            for (const auto& reading : batch.readings) agent_->take(reading);
          }));
    }
    for (const auto& doubt : doubts(values_)) log_.warning("{}", doubt);
    return {};
  }

  /// Whoever has the port may go: it is tried again. Without metrics the vehicle still does its work.
  void serve_metrics() {
    if (!metrics_port_ || metrics_server_ || (metrics_at_ && clock_.boot_now() < *metrics_at_)) return;
    metrics_at_ = clock_.boot_now() + kMetricsAgainAfter;
    auto server = service::MetricsServer::start(loop_, *metrics_port_, [this] { return metrics_.text(); });
    if (!server) {
      if (metrics_trouble_.empty()) log_.warning("{}; going on without, and trying again", server.error().what);
      metrics_trouble_ = server.error().what;
      return;
    }
    metrics_trouble_.clear();
    metrics_server_ = std::move(*server);
    log_.info("metrics on http://127.0.0.1:{}/metrics", metrics_server_->port());
  }

  Snapshot snapshot() const {
    Snapshot snapshot = agent_->snapshot();
    for (const auto& source : sources_) snapshot.sources.push_back(source->health());
    snapshot.metrics_trouble = metrics_trouble_;
    return snapshot;
  }

  void wait_signal() {
    signal_wait_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
      if (error) return;
      while (const auto signal = signals_.next()) {
        if (*signal == service::Signal::kStop) return loop_.stop();
        reload();
      }
      wait_signal();
    });
  }

  /// Once a second, and in time for the service manager's watchdog.
  void tick() {
    agent_->tick();
    serve_metrics();
    tell(systemd_.watchdog());
    log_troubles();
    timer_.expires_after(std::chrono::seconds{1});
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) tick();
    });
  }

  /// One line when something goes wrong, or is well again; not one a second.
  void log_troubles() {
    const Snapshot now = snapshot();
    tell_change(now.outbox.trouble, storage_trouble_, "storage");
    if (now.outbox.commit_report) tell_change(now.outbox.commit_report->trouble, report_trouble_, "commit report");
    tell_change(now.outbox.durability_reason, durability_trouble_, "storage: durability is best effort");
    for (const auto& line : rot_telling_.news(now.outbox)) log_.warning("{}", line);
    source_troubles_.resize(now.sources.size());
    for (std::size_t i = 0; i < now.sources.size(); ++i) {
      const auto& source = now.sources[i];
      if (source.ended.empty()) {
        tell_change(source.trouble, source_troubles_[i], "source " + source.name);
      } else if (source_troubles_[i] != source.ended) {
        log_.info("source {}: {}, {} readings", source.name, source.ended, service::human_count(source.readings));
        source_troubles_[i] = source.ended;
      }
    }
  }

  void tell_change(const std::string& now, std::string& before, const std::string& of) {
    if (now == before) return;
    if (now.empty()) {
      log_.info("{}: well again", of);
    } else {
      log_.warning("{}: {}", of, now);
    }
    before = now;
  }

  void reload() {
    tell(systemd_.reloading());
    const auto values = load_values(arguments_, Purpose::kRun);
    const auto next = values ? settings(*values, track::Setting::kLive) : base::Result<Settings>(values.error());
    if (!next) {
      log_.error("reload: nothing is changed: {}", next.error().what);
    } else {
      take_over(*values, *next);
    }
    tell(systemd_.ready());
  }

  void take_over(const config::Values& values, const Settings& next) {
    const auto changes = config::diff(values_, values);
    for (const auto& change : changes.needs_restart) {
      log_.warning("reload: {} = {} needs a restart; it stays {}", change.key, change.to, change.from);
    }
    for (const auto& change : changes.on_reload)
      log_.info("reload: {} = {}, was {}", change.key, change.to, change.from);
    agent_->reconfigure(next);
    log_.set_level(next.log_level);
    values_ = values;
  }

  void tell(const base::Status& status) {
    if (!status) log_.debug("{}", status.error().what);
  }

  ConfigArguments arguments_;
  config::Values values_;
  asio::io_context loop_;
  base::RealClock clock_;
  service::Signals signals_;
  asio::posix::stream_descriptor signal_wait_;
  asio::steady_timer timer_;
  service::Log& log_;
  service::Systemd systemd_;
  std::unique_ptr<Agent> agent_;
  std::vector<std::unique_ptr<collect::LiveSource>> sources_;
  std::unique_ptr<service::StatusServer> status_server_;
  service::Metrics metrics_{[this](service::Metrics& metrics) { put_metrics(snapshot(), metrics); }};
  std::optional<std::uint16_t> metrics_port_;  ///< Nothing: metrics are off.
  std::optional<base::BootTime> metrics_at_;   ///< When its port is tried again.
  std::string metrics_trouble_;
  std::unique_ptr<service::MetricsServer> metrics_server_;
  std::string storage_trouble_;
  std::string report_trouble_;
  std::string durability_trouble_;
  RotTelling rot_telling_;
  std::vector<std::string> source_troubles_;
};

}  // namespace

base::Status run(const RunArguments& arguments) {
  // Before anything else is opened, which could get the number of a descriptor that nobody passed.
  auto report = open_commit_report(arguments.commit_report);
  if (!report) return report.error();
  auto values = load_values(arguments.config, Purpose::kRun);
  if (!values) return values.error();
  // Before any thread starts, so that all inherit the mask: the settings bring the one that fetches tokens.
  auto signals = service::Signals::create();
  if (!signals) return signals.error();
  auto made = settings(*values, track::Setting::kLive);
  if (!made) return made.error();
  made->outbox.commit_report = std::move(*report);
  service::Log log(STDERR_FILENO, made->log_level, service::log_format_for(STDERR_FILENO));
  Running running(arguments.config, std::move(*values), std::move(*signals), log);
  if (auto status = running.start(*made); !status) return status;
  running.run();
  return {};
}

}  // namespace odograph::agent
