#include "fleet/watch/recorded.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/ids.h"

namespace odograph::watch {
namespace {

using nlohmann::json;

/// Signals come as decimal numbers; so many places keep what 64 bits hold of them.
constexpr int kSignalDecimals = 6;
constexpr double kSignalMax = 1e12;

constexpr std::pair<const char*, std::uint32_t> kFlags[] = {
    {"hdop_bad", model::flag::kHdopBad},
    {"jump", model::flag::kJump},
    {"latched", model::flag::kLatched},
    {"simulated", model::flag::kSimulated},
    {"time_uncertain", model::flag::kTimeUncertain},
    {"time_backwards", model::flag::kTimeBackwards},
};

/// A JSON object of which each member must be of its kind where it is there.
class Line {
 public:
  explicit Line(const json& object) : object_(object) {}

  std::optional<double> number(const char* name, double most) {
    const json* value = member(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number() && std::abs(value->get<double>()) <= most) return value->get<double>();
    return complain<double>(name, "expected a number");
  }
  std::optional<std::string> text(const char* name) {
    const json* value = member(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    return complain<std::string>(name, "expected a text");
  }
  const json* member(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  template <class T>
  std::optional<T> complain(const char* name, const char* why) {
    if (complaint_.empty()) complaint_ = std::string(name) + ": " + why;
    return std::nullopt;
  }
  const std::string& complaint() const { return complaint_; }

 private:
  const json& object_;
  std::string complaint_;
};

std::optional<std::int32_t> scaled(std::optional<double> value, double scale) {
  if (!value) return std::nullopt;
  return static_cast<std::int32_t>(std::lround(*value * scale));
}

void read_fix(Line& line, model::Record& record) {
  const auto lat = line.number("lat", 90);
  const auto lon = line.number("lon", 180);
  if (lat && lon) record.position = model::Position{*scaled(lat, 1e7), *scaled(lon, 1e7)};
  record.speed_cmps = scaled(line.number("speed", 1'000'000), 100);
  record.course_cdeg = scaled(line.number("track", 360), 100);
  record.satellites = scaled(line.number("satellites", 1'000), 1);
  if (const auto mode = line.number("mode", 3)) {
    if (*mode < 1) {
      line.complain<int>("mode", "expected 1 to 3");
    } else {
      record.mode = static_cast<model::FixMode>(static_cast<int>(*mode));
    }
  }
  const json* flags = line.member("flags");
  if (flags == nullptr || !flags->is_array()) return;
  for (const auto& [name, bit] : kFlags) {
    for (const json& flag : *flags) record.flags |= flag == name ? bit : 0U;
  }
}

void read_signals(Line& line, model::Record& record) {
  const json* signals = line.member("signals");
  if (signals == nullptr) return;
  if (!signals->is_object()) {
    line.complain<int>("signals", "expected an object");
    return;
  }
  for (const auto& [name, value] : signals->items()) {
    if (!value.is_number() || std::abs(value.get<double>()) > kSignalMax) {
      line.complain<int>("signals", "expected numbers");
      return;
    }
    auto def = std::make_shared<model::SignalDef>(model::SignalDef{name, "", kSignalDecimals});
    record.signals.push_back({std::move(def), std::llround(value.get<double>() * 1e6)});
  }
}

}  // namespace

base::Result<std::optional<Recorded>> parse_recorded(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return base::drop_error("expected a JSON object");
  Line line(object);
  Recorded recorded;
  recorded.vehicle_id = line.text("vehicle_id").value_or("");
  if (line.complaint().empty() && !base::is_vehicle_id(recorded.vehicle_id)) {
    return base::drop_error("vehicle_id: missing, or no vehicle's");
  }
  recorded.stream_id = line.text("stream_id").value_or("");
  recorded.boot = static_cast<std::uint32_t>(line.number("boot", 4'294'967'295.0).value_or(0));
  recorded.record.n = static_cast<std::uint32_t>(line.number("n", 4'294'967'295.0).value_or(0));
  const auto lane = line.text("lane");
  const auto time = line.text("time");
  if (time) {
    recorded.record.utc = base::from_rfc3339(*time);
    if (!recorded.record.utc) return base::drop_error("time: expected RFC 3339");
  }
  read_fix(line, recorded.record);
  read_signals(line, recorded.record);
  if (!line.complaint().empty()) return base::drop_error(line.complaint());
  if (!lane) return base::drop_error("lane: missing; expected lines of `odograph-fleet decode --topic raw-data-topic`");
  if (*lane != model::to_string(model::Lane::kBulk) || !recorded.record.utc) return std::optional<Recorded>();
  return std::optional(std::move(recorded));
}

}  // namespace odograph::watch
