#include "fleet/process_command.h"

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <memory>

#include "fleet/arrivals/arrivals.h"
#include "fleet/link_watch.h"
#include "fleet/process_status.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/rules_module.h"
#include "lib/service/metrics.h"
#include "lib/service/metrics_server.h"
#include "lib/service/status_socket.h"
#include "lib/service/systemd.h"

namespace odograph::fleet {
namespace {

constexpr base::Millis kWindow{10'000};
constexpr std::uint64_t kTroublesMax = 50;  ///< Lines in a window.

/// What the pipelines before this one and this one counted.
process::Counters sum_of(const process::Counters& before, process::Counters now) {
  for (const process::CounterField& field : process::counter_fields()) {
    if (field.kind == process::CounterKind::kCounter) now.*field.value += before.*field.value;
  }
  return now;
}

/// The processor and what people look at while it runs.
class Service {
 public:
  Service(const ProcessCommand& command, service::Log& log) : command_(command), log_(log) {}

  base::Status start() {
    const ProcessSettings& settings = command_.settings;
    if (auto status = connect(); !status) return status;
    if (auto status = start_windows(); !status) return status;
    started_at_ = clock_.boot_now();
    summary_at_ = started_at_ + settings.summary_interval;
    if (settings.emf) begin_emf(*settings.emf);
    log_.info("processing {} from {} in group {}", topics::kRawData, settings.connect.brokers, settings.connect.group);
    return {};
  }

  base::Status step() {
    process::Notes notes;
    auto status = pipeline_->step(notes);
    tell(notes);
    io_.poll();
    io_.restart();
    const base::BootTime now = clock_.boot_now();
    if (status) status = look_at_files(now);
    if (now >= summary_at_) {
      log_.info("{}", process::summary(counters()));
      summary_at_ = now + command_.settings.summary_interval;
    }
    if (emf_ && now >= emf_->due) write_emf();
    if (watchdog_ && now >= *watchdog_) {
      static_cast<void>(systemd_.watchdog());
      watchdog_ = now + *systemd_.watchdog_interval();
    }
    return status;
  }

  base::Status finish() {
    static_cast<void>(systemd_.stopping());
    process::Notes notes;
    auto status = pipeline_->finish(notes);
    tell(notes);
    end_window();
    if (emf_) write_emf();
    log_.info("stopped: {}", process::summary(counters()));
    return status;
  }

  process::Counters counters() const { return sum_of(counted_before_, pipeline_->counters()); }

 private:
  base::Status connect() {
    const ProcessSettings& settings = command_.settings;
    watch_.emplace(settings.connect.security, clock_.boot_now());
    auto connections = process::connect(settings.connect);
    if (!connections) return connections.error();
    pipeline_ = std::make_unique<process::Pipeline>(settings.pipeline, std::move(*connections), clock_);
    // Before the rules, which are told what the trips come to.
    if (settings.arrivals) pipeline_->plug_in(arrivals::make_factory());
    if (settings.fences || !settings.alert_rules.rules.empty()) {
      pipeline_->plug_in(std::make_unique<watch::RulesFactory>(settings.alert_rules));
    }
    return {};
  }

  base::Status look_at_files(base::BootTime now) {
    const LinkWatch::News news = watch_->look(now);
    switch (news.kind) {
      case LinkWatch::News::Kind::kNone: return {};
      case LinkWatch::News::Kind::kTrouble: log_.warning("{}", news.why); return {};
      case LinkWatch::News::Kind::kGone: return base::stop_error(news.why);
      case LinkWatch::News::Kind::kRenew: break;
    }
    log_.info("reconnecting with other certificate files: {}", news.why);
    process::Notes notes;
    // What cannot be committed any more comes again.
    if (auto status = pipeline_->finish(notes); !status) notes.troubles.push_back(status.error().what);
    tell(notes);
    const process::Counters counted = counters();
    // The new member takes the group's instance name over from the old one, which goes then.
    auto status = connect();
    if (status) counted_before_ = counted;
    return status;
  }

  /// Lines for CloudWatch, and what the last one told.
  struct Emf {
    service::EmfFile file;
    ProcessStatus told;
    base::BootTime due;
  };

  ProcessStatus status() const {
    const process::ConnectOptions& connect = command_.settings.connect;
    const base::BootTime now = clock_.boot_now();
    return {.brokers = connect.brokers,
            .group = connect.group,
            .instance = connect.instance,
            .uptime = now - started_at_,
            .counters = counters(),
            .work = pipeline_->work(),
            .trouble = trouble_,
            .trouble_age = now - trouble_at_};
  }

  void begin_emf(const ProcessSettings::Emf& settings) {
    emf_.emplace(Emf{service::EmfFile(settings.file), status(), started_at_ + settings.interval});
  }

  void write_emf() {
    const ProcessSettings::Emf& settings = *command_.settings.emf;
    ProcessStatus now = status();
    service::EmfLine line{.name_space = settings.name_space,
                          .dimensions = {{"group", now.group}},
                          .metrics = emf_metrics(emf_->told, now)};
    if (!now.instance.empty()) line.dimensions.emplace_back("instance", now.instance);
    if (const auto utc = clock_.utc_now()) line.time = utc->time;
    if (const auto written = emf_->file.write(service::to_json(line)); !written)
      log_.warning("{}", written.error().what);
    emf_->told = std::move(now);
    emf_->due = clock_.boot_now() + settings.interval;
  }

  base::Status start_windows() {
    const ProcessSettings& settings = command_.settings;
    if (settings.status_socket) {
      auto server = service::StatusServer::start(io_, *settings.status_socket, [this] { return to_json(status()); });
      if (!server) return server.error();
      status_server_ = std::move(*server);
    }
    if (settings.metrics_port) {
      auto server = service::MetricsServer::start(io_, *settings.metrics_port, [this] { return metrics_.text(); });
      if (!server) return server.error();
      metrics_server_ = std::move(*server);
      log_.info("metrics on 127.0.0.1:{}", metrics_server_->port());
    }
    static_cast<void>(systemd_.ready());
    if (systemd_.watchdog_interval()) watchdog_ = clock_.boot_now();
    return {};
  }

  /// Noise on the topic must not become noise in the log: so many lines of trouble in a while, the others are counted.
  void tell(const process::Notes& notes) {
    for (const std::string& line : notes.news) log_.info("{}", line);
    if (clock_.boot_now() >= window_ends_) end_window();
    for (const std::string& line : notes.troubles) {
      if (troubles_++ < kTroublesMax) log_.warning("{}", line);
      trouble_ = line;
      trouble_at_ = clock_.boot_now();
    }
  }

  void end_window() {
    if (troubles_ > kTroublesMax) log_.warning("{} more lines like these left out", troubles_ - kTroublesMax);
    troubles_ = 0;
    window_ends_ = clock_.boot_now() + kWindow;
  }

  const ProcessCommand& command_;
  service::Log& log_;
  base::RealClock clock_;
  service::Systemd systemd_;
  boost::asio::io_context io_;
  std::optional<LinkWatch> watch_;  ///< Of what `pipeline_` was made of.
  std::unique_ptr<process::Pipeline> pipeline_;
  process::Counters counted_before_;  ///< By the pipelines that went.
  service::Metrics metrics_{[this](service::Metrics& metrics) { put_metrics(status(), metrics); }};
  std::unique_ptr<service::StatusServer> status_server_;
  std::unique_ptr<service::MetricsServer> metrics_server_;
  std::uint64_t troubles_ = 0;  ///< In the window that ends at `window_ends_`.
  base::BootTime window_ends_{};
  std::string trouble_;  ///< The last line of it.
  base::BootTime trouble_at_{};
  base::BootTime started_at_{};
  std::optional<Emf> emf_;
  base::BootTime summary_at_{};
  std::optional<base::BootTime> watchdog_;
};

base::Status write_report(const std::filesystem::path& path, const process::Counters& counters) {
  std::ofstream file(path);
  file << process::to_json(counters) << '\n';
  file.close();
  return file ? base::Status{} : base::stop_error("write the report to " + path.string() + ": cannot be written");
}

bool stop_asked(const service::Signals& signals) {
  while (const auto signal = signals.next()) {
    if (*signal == service::Signal::kStop) return true;
  }
  return false;
}

}  // namespace

base::Status run_process(const ProcessCommand& command, service::Log& log, const service::Signals& signals) {
  Service service(command, log);
  if (auto status = service.start(); !status) return status;
  base::Status outcome;
  while (outcome && !stop_asked(signals)) outcome = service.step();
  const auto finished = service.finish();
  if (outcome) outcome = finished;
  if (command.report) {
    if (auto status = write_report(*command.report, service.counters()); !status) return status;
  }
  return outcome;
}

}  // namespace odograph::fleet
