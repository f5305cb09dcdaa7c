#include "agent/agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "agent/build_info.h"
#include "agent/flash_wear.h"
#include "agent/flash_words.h"
#include "agent/sample/slow_down.h"
#include "lib/base/ids.h"
#include "lib/service/human.h"

namespace odograph::agent {
namespace {

/// More records than one reading makes in a lane, but where it crosses the borders of a hundred zones at once.
constexpr std::size_t kMadeOfAReadingMax = 256;

std::size_t index_of(model::Lane lane) { return static_cast<std::size_t>(lane) - 1; }

uplink::ProducerFactory producer_factory(const kafka::ProducerOptions& options) {
  return [options] { return kafka::Producer::create(options); };
}

service::LogLevel level_of(uplink::Telling telling) {
  switch (telling) {
    case uplink::Telling::kDetail: return service::LogLevel::kDebug;
    case uplink::Telling::kNews: return service::LogLevel::kInfo;
    case uplink::Telling::kTrouble: break;
  }
  return service::LogLevel::kWarning;
}

/// The few words before the details: "broker unreachable", "broker refused the client".
std::string unreachable(const std::string& link_error) {
  if (link_error.empty()) return "connecting";
  const bool names_it = link_error.starts_with("broker ") || link_error.starts_with("no token");
  return names_it ? link_error.substr(0, link_error.find(": ")) : "broker unreachable";
}

void put_link(const uplink::Stats& link, Snapshot& snapshot) {
  std::uint64_t waiting = 0;
  for (const auto& lane : snapshot.outbox.lanes) waiting += lane.stored;
  for (const auto& lane : link.lanes) {
    snapshot.sent_records += lane.sent_records;
    snapshot.sent_bytes += lane.sent_bytes;
    snapshot.repeated_records += lane.redelivered_records;
    snapshot.poisoned_records += lane.poison_records;
  }
  snapshot.disconnects = link.disconnects;
  snapshot.previews = link.previews;
  snapshot.link_error = link.last_error;
  const auto since = std::chrono::steady_clock::now() - link.connected_since;
  const bool waits_for_link = link.held.empty() || link.trouble == uplink::Trouble::kAgain;
  if (link.trouble == uplink::Trouble::kPause) {
    snapshot.sending = Sending::kPaused;
    snapshot.sending_reason = link.last_error;
  } else if (!waits_for_link || (link.connected && !link.held.empty())) {
    snapshot.sending = Sending::kNotSending;
    snapshot.sending_reason = link.held;
  } else if (!link.connected) {
    snapshot.sending = Sending::kNotSending;
    snapshot.sending_reason = unreachable(link.last_error);
    snapshot.sending_since = std::chrono::duration_cast<base::Millis>(since);
  } else {
    snapshot.sending = waiting > 0 ? Sending::kSending : Sending::kIdle;
  }
}

/// Records that are neither durable nor counted as lost.
std::uint64_t undurable(const outbox::Stats& stats) {
  std::uint64_t count = 0;
  for (const auto& lane : stats.lanes) count += lane.made - std::min(lane.made, lane.durable + lane.ring_full);
  return count;
}

/// What ends with the process because the storage is in trouble; empty if nothing does.
std::string unstored_words(const outbox::Stats& stats) {
  const std::uint64_t unstored = undurable(stats);
  // Of a call that hangs nobody knows what comes of it: that is told at the very end.
  if (unstored == 0 || stats.trouble.empty() || stats.hanging_for) return "";
  return fmt::format("{} {} could not be stored and {} lost: {}", service::human_count(unstored),
                     unstored == 1 ? "record" : "records", unstored == 1 ? "is" : "are", stats.trouble);
}

/// What may end with the process because the medium does.
std::string undurable_words(const outbox::Stats& stats) {
  const std::uint64_t count = undurable(stats);
  const std::string why = stats.trouble.empty() ? "the medium is too slow" : stats.trouble;
  if (count == 0) return "every record is durable; " + why;
  return fmt::format("{} {} not durable and may be lost: {}", service::human_count(count),
                     count == 1 ? "record is" : "records are", why);
}

/// Mode::kAll is somebody's express wish: then nothing is sampled less often.
int factor_taken(const sample::Config& config, int factor) { return config.mode == sample::Mode::kAll ? 1 : factor; }

}  // namespace

Agent::Agent(const Settings& settings, const base::Clock& clock, service::Log& log)
    : clock_(clock),
      log_(log),
      vehicle_id_(settings.vehicle_id),
      began_(real_clock_.boot_now()),
      pipeline_(settings.pipeline),
      identity_(settings.identity),
      tokens_(settings.producer.security.tokens),
      sampling_(settings.pipeline.sample) {
  if (settings.pipeline.track.setting == track::Setting::kLive) signing_clock_ = settings.signing_clock;
}

base::Result<std::unique_ptr<Agent>> Agent::start(const Settings& settings, const base::Clock& clock,
                                                  outbox::Outbox::OnTrouble on_trouble, service::Log& log) {
  std::unique_ptr<Agent> agent(new Agent(settings, clock, log));
  auto outbox = outbox::Outbox::start(settings.outbox, clock, on_trouble);
  if (!outbox) return outbox.error();
  agent->outbox_ = std::move(*outbox);
  // Behind the outbox, which makes the directory in which its account lies too.
  agent->data_ = std::make_unique<traffic::DataKeeper>(settings.data);
  agent->flash_wear_ = flash_wear_of(settings.outbox.directory);
  agent->block_device_ = block_device_of(settings.outbox.directory);
  if (const auto before = agent->outbox_->stats().vehicle_before; !before.empty()) {
    log.warning("vehicle.id is {}, and was {} when {} was used before: records made as {} are sent as {}",
                settings.vehicle_id, before, settings.outbox.directory.string(), before, before);
  }
  auto uplink = uplink::Uplink::start(
      settings.uplink, *agent->outbox_, producer_factory(settings.producer),
      [&log](uplink::Telling telling, const std::string& line) { log.write(level_of(telling), line); });
  if (!uplink) return uplink.error();
  agent->uplink_ = std::move(*uplink);
  return agent;
}

Agent::~Agent() {
  stop_uplink();
  outbox_.reset();
}

void Agent::stop_uplink() {
  for (const auto& line : ring_full_.finish()) log_.warning("{}", line);
  // The newest records first become durable; then what is on its way gets its time; then the file is closed.
  constexpr base::Millis kLastCommit{1'000};
  const bool is_first = uplink_ != nullptr;
  const bool is_stored = !is_first || !outbox_ || outbox_->flush(kLastCommit) || waits_for_room_;
  // What goes out of memory is lost only if no acknowledgement comes either.
  const bool may_yet_be_sent = !is_stored && outbox_->stats().sends_from_memory;
  if (may_yet_be_sent) uplink_.reset();
  if (!is_stored) {
    if (const auto words = unstored_words(outbox_->stats()); !words.empty()) log_.error("{}", words);
  }
  uplink_.reset();
}

bool Agent::stop() {
  stop_uplink();
  if (outbox_->close(kStorageEndMax)) return true;
  log_.error("storage is not waited for any longer: {}", undurable_words(outbox_->stats()));
  return false;
}

void Agent::take(const model::Reading& reading) {
  made_.clear();
  set_anchor(pipeline_.on_reading(reading, clock_.utc_now(), made_));
  for (auto& made : made_) push(std::move(made));
}

void Agent::tick() {
  keep_budgets();
  made_.clear();
  set_anchor(pipeline_.on_tick(clock_.boot_now(), clock_.utc_now(), made_));
  for (auto& made : made_) push(std::move(made));
}

void Agent::push(collect::Made made) {
  if (made.lane == model::Lane::kBulk) uplink_->note_state(made.record);
  if (done_) {
    const auto& mark = (*done_)[index_of(made.lane)];
    if (mark && made.mark <= *mark) {
      if (made.lane == model::Lane::kBulk) ++skipped_bulk_;
      ++skipped_;
      return;
    }
  }
  if (waits_for_room_) {
    pending_.push_back(std::move(made));
    static_cast<void>(drain());
    return;
  }
  ++pushed_;
  if (!outbox_->push(made.lane, std::move(made.record), std::nullopt, made.rule_set)) {
    const std::string line = std::string("no room in memory for the ") + model::to_string(made.lane) +
                             " lane: records are lost and counted; " + outbox_->stats().trouble;
    for (const auto& shown : ring_full_.on_line(real_clock_.boot_now(), line)) log_.warning("{}", shown);
  }
}

bool Agent::has_room() const {
  return std::all_of(model::kStoredLanes.begin(), model::kStoredLanes.end(),
                     [&](model::Lane lane) { return outbox_->room(lane) >= kMadeOfAReadingMax; });
}

bool Agent::drain() {
  auto next = pending_.begin();
  for (; next != pending_.end() && outbox_->room(next->lane) > 0; ++next) {
    ++pushed_;
    static_cast<void>(outbox_->push(next->lane, std::move(next->record), next->mark, next->rule_set));
  }
  pending_.erase(pending_.begin(), next);
  return pending_.empty();
}

void Agent::skip_through(const outbox::SourceMarks& marks) {
  waits_for_room_ = true;
  done_ = marks;
}

bool Agent::is_behind(const model::Reading& reading) const {
  if (!done_) return false;
  return std::any_of(done_->begin(), done_->end(),
                     [&](const auto& mark) { return mark && reading.offset <= mark->offset; });
}

void Agent::set_anchor(const std::optional<track::Anchor>& anchor) {
  if (!anchor) return;
  anchor_ = anchor;
  if (signing_clock_) signing_clock_->set_anchor(*anchor);
  outbox_->set_anchor({anchor->offset, anchor->quality});
  uplink_->set_anchor({anchor->offset, anchor->quality});
}

void Agent::reconfigure(const Settings& settings) {
  sampling_ = settings.pipeline.sample;
  pipeline_.reconfigure(sample::slowed(sampling_, sampling_factor_), settings.pipeline.speed_limit);
}

std::optional<base::UtcTime> Agent::utc_now() const {
  if (!anchor_) return std::nullopt;
  return base::UtcTime{clock_.boot_now().time_since_epoch() + anchor_->offset};
}

void Agent::keep_budgets() {
  data_->tick(clock_.boot_now(), utc_now());
  auto flash = outbox_->stats().flash;
  flash.sampling_factor = factor_taken(sampling_, flash.sampling_factor);
  const auto data = data_->forecast();
  // The stricter of the two: what is not kept is neither stored nor sent.
  const int factor = std::max(flash.sampling_factor, data.taken().sampling_factor);
  if (factor != sampling_factor_) {
    sampling_factor_ = factor;
    pipeline_.set_sampling(sample::slowed(sampling_, sampling_factor_));
  }
  if (data.step != data_step_) uplink_->wait_for_company(data.taken().send_after);
  tell_steps(flash, data);
}

void Agent::tell_steps(const outbox::FlashForecast& flash, const traffic::DataForecast& data) {
  if (flash.step != flash_step_) {
    flash_step_ = flash.step;
    flash_exceeds_told_ = false;
    log_.info("flash: {} GB/year of {} allowed; positions are committed every {} s, sampled {} times less often",
              flash_gb(flash.gb_per_year), flash_gb(flash.limit_gb_per_year), flash.bulk_interval.count() / 1000,
              flash.sampling_factor);
  }
  if (flash.exceeds() && !flash_exceeds_told_) {
    flash_exceeds_told_ = true;
    log_.warning("flash: at this rate the limit will be exceeded, although all is done that can be: {} GB/year of {}",
                 flash_gb(flash.gb_per_year), flash_gb(flash.limit_gb_per_year));
  }
  if (data.step != data_step_) {
    data_step_ = data.step;
    log_.info(
        "data: {:.1f} MB this month, {:.1f} by its end at this rate, of {:.1f} allowed; positions wait {} s for "
        "company at the least, sampled {} times less often",
        static_cast<double>(data.month_bytes) / 1e6, data.forecast_bytes / 1e6, data.limit_bytes / 1e6,
        data.taken().send_after.count() / 1000, data.taken().sampling_factor);
  }
}

Snapshot Agent::snapshot() const {
  Snapshot snapshot{.version = version(), .vehicle_id = vehicle_id_};
  snapshot.uptime = real_clock_.boot_now() - began_;
  snapshot.now = clock_.boot_now();
  snapshot.time = utc_now();
  if (anchor_) snapshot.time_quality = anchor_->quality;
  snapshot.last_fix = pipeline_.last_fix();
  snapshot.outbox = outbox_->stats();
  snapshot.outbox.flash.sampling_factor = factor_taken(sampling_, snapshot.outbox.flash.sampling_factor);
  snapshot.flash_wear = flash_wear_;
  if (block_device_) snapshot.device_bytes = device_bytes(*block_device_);
  snapshot.data = data_->forecast();
  put_link(uplink_->stats(), snapshot);
  if (identity_ && tokens_) snapshot.identity = identity_status(*identity_, tokens_->state(), real_clock_.boot_now());
  const bool waits = std::any_of(snapshot.outbox.lanes.begin(), snapshot.outbox.lanes.end(),
                                 [](const auto& lane) { return lane.stored > 0; });
  if (!anchor_ && waits && snapshot.sending != Sending::kPaused) {
    snapshot.sending = Sending::kPaused;
    snapshot.sending_reason = "nothing has told the time yet";
    snapshot.sending_since = snapshot.uptime;
  }
  return snapshot;
}

}  // namespace odograph::agent
