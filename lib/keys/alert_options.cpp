#include <string>
#include <utility>

#include "lib/keys/alert_rules.h"
#include "lib/keys/service.h"

namespace odograph::keys {
namespace {

using config::OptionSpec;
using config::Type;
using config::VariantSpec;

OptionSpec duration(std::string key, std::string default_value, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kDuration,
          .default_value = std::move(default_value),
          .max = "7d",
          .doc = std::move(doc)};
}

OptionSpec number(std::string key, std::string default_value, std::string unit, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kNumber,
          .default_value = std::move(default_value),
          .unit = std::move(unit),
          .min = "0.0",
          .max = "1000000.0",
          .doc = std::move(doc)};
}

/// A number that may be negative and need not be there.
OptionSpec bound(std::string key, std::string example, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kNumber,
          .min = "-1000000.0",
          .max = "1000000.0",
          .doc = std::move(doc),
          .example = std::move(example)};
}

OptionSpec signal(std::string example) {
  return {.key = "signal",
          .required = true,
          .aliases = {"sensor", "name", "source"},
          .doc = "Which signal, as it is called in the records.",
          .example = std::move(example)};
}

OptionSpec optional_signal(std::string key, std::string default_value, std::string doc) {
  return {.key = std::move(key), .default_value = std::move(default_value), .doc = std::move(doc)};
}

OptionSpec severity(std::string default_value) {
  return {.key = "severity",
          .default_value = std::move(default_value),
          .one_of = {"info", "minor", "warning", "major", "critical"},
          .aliases = {"level", "priority"},
          .doc = "Of its alerts, at least."};
}

/// How steady it has to be; the defaults differ from rule to rule.
struct Steadiness {
  std::string min_duration;
  std::string clear_duration;
  std::string count = "0";
  std::string reopen = "1min";
  std::string flap_cycles = "3";
  std::string expiry = "24h";
};

std::vector<OptionSpec> life(const Steadiness& defaults) {
  OptionSpec count{.key = "count",
                   .type = Type::kInteger,
                   .default_value = defaults.count,
                   .min = "0",
                   .max = "1000",
                   .doc = "Or for so many looks in a row, raising and clearing alike; 0: by the durations alone."};
  OptionSpec cycles{
      .key = "flap_cycles",
      .type = Type::kInteger,
      .default_value = defaults.flap_cycles,
      .min = "0",
      .max = "20",
      .doc = "After so many ends within flap_window the next alert is held until it is stable; 0: never."};
  OptionSpec gap = duration("gap", "10min", "A longer silence counts for none of the durations.");
  gap.min = "1ms";
  return {duration("min_duration", defaults.min_duration, "It must have held this long before it is raised."),
          duration("clear_duration", defaults.clear_duration, "And have been over this long before it is cleared."),
          std::move(count),
          std::move(gap),
          duration("update_interval", "1min", "What gets worse is told at most once in this time."),
          duration("reopen", defaults.reopen, "Again so soon after it was cleared: the same alert goes on; 0s: never."),
          std::move(cycles),
          duration("flap_window", "10min", "See flap_cycles."),
          duration("flap_stable", "10min", "A held alert is cleared after so long without a relapse."),
          duration("expiry", defaults.expiry, "Cleared as expired if nothing more is known for so long; 0s: never.")};
}

VariantSpec variant(std::string name, std::string doc, std::vector<OptionSpec> own, const Steadiness& defaults) {
  VariantSpec spec{.name = std::move(name), .doc = std::move(doc), .options = std::move(own)};
  for (OptionSpec& option : life(defaults)) spec.options.push_back(std::move(option));
  return spec;
}

std::vector<VariantSpec> signal_variants() {
  const std::string unit = "the signal's";
  return {
      variant(
          "temperature", "A temperature outside of its range.",
          {signal("cargo_temperature"), bound("min", "2.0", "The lowest that is right."),
           bound("max", "8.0", "The highest that is right."),
           number("hysteresis", "0.5", unit, "Right again only inside by this much."),
           number("at_once", "5.0", unit, "Beyond by more it is raised without waiting; 0: never."),
           optional_signal("door_signal", "", "While this one is above 0 it has to hold for door_duration."),
           duration("door_duration", "15min", "See door_signal."),
           duration("critical_after", "30min", "Critical once it has lasted this long; 0s: never."), severity("major")},
          {"5min", "5min"}),
      variant("power", "Supply or battery below what is needed.",
              {signal("battery_percent"), bound("min", "20.0", "The least that is right."),
               bound("max", "32.0", "The most that is right."),
               number("hysteresis", "1.0", unit, "Right again only inside by this much."), severity("major")},
              {"10s", "1min"}),
      variant("fuel", "A level that falls at rest.",
              {signal("fuel_percent"), number("drop", "8.0", unit, "By so much"),
               duration("window", "5min", "within this time,"), number("rest_kmh", "2.0", "km/h", "below this speed."),
               severity("major")},
              {"1min", "0s", "2", "0s"}),
      variant("sensor_fault", "A sensor that cannot be believed.",
              {signal("cargo_temperature"), duration("missing", "10min", "No reading for so long, though others come."),
               duration("stuck", "6h", "The same to the last bit for so long; 0s: it may be."),
               bound("jump", "20.0", "Farther than this from one reading to the next."),
               bound("min", "-40.0", "Below no sound sensor reads."),
               bound("max", "85.0", "Above no sound sensor reads."), severity("minor")},
              {"0s", "1min"}),
  };
}

std::vector<VariantSpec> motion_variants() {
  OptionSpec fence{.key = "fence", .required = true, .doc = "Which one: an id of a [[fence]].", .example = "depot"};
  OptionSpec when{.key = "when",
                  .default_value = "inside",
                  .one_of = {"inside", "outside"},
                  .doc = "The alert lasts while the vehicle is there."};
  OptionSpec many{.key = "major_count",
                  .type = Type::kInteger,
                  .default_value = "3",
                  .min = "1",
                  .max = "20",
                  .doc = "So many within major_window: major."};
  OptionSpec satellites{.key = "satellites_min",
                        .type = Type::kInteger,
                        .default_value = "5",
                        .min = "0",
                        .max = "60",
                        .doc = "With fewer in its last fix the sky was not good, and nothing is raised."};
  return {
      variant("geofence", "In or out of a fence; driving through one is told too.",
              {std::move(fence), std::move(when),
               number("hysteresis_m", "25.0", "m", "Out only when outside by more than this."),
               duration("crossing", "2min", "Two fixes further apart say nothing of the way between them."),
               severity("info")},
              {"15s", "15s", "2"}),
      variant("harsh_motion", "Hard acceleration, braking, cornering.",
              {number("acceleration", "3.0", "m/s2", "From here on."),
               number("braking", "4.0", "m/s2", "From here on."), number("cornering", "4.4", "m/s2", "From here on."),
               number("min_kmh", "10.0", "km/h", "Slower than this nothing counts as acceleration or braking,"),
               number("cornering_min_kmh", "30.0", "km/h", "or as cornering."),
               duration("pair_max", "2s", "Two fixes further apart say nothing."),
               optional_signal("forward_signal", "", "In m/s2, forward positive: instead of the change of speed."),
               optional_signal("sideways_signal", "", "In m/s2: instead of speed times change of course."),
               std::move(many), duration("major_window", "10min", "See major_count.")},
              {"0s", "0s", "0", "0s", "0"}),
      variant("idling", "The engine runs and the vehicle stands.",
              {number("rest_kmh", "2.0", "km/h", "Below it stands,"),
               number("moving_kmh", "5.0", "km/h", "from here on it moves."),
               optional_signal("ignition_signal", "ignition", "Above 0: on."),
               optional_signal("rpm_signal", "engine_rpm", "Above 0: the engine runs; it has the last word."),
               duration("valid", "10min", "A word about the engine counts for so long."), severity("minor")},
              {"10min", "10s"}),
      variant(
          "offline", "Nothing was heard, by the clock on the wall; only once all that was sent has been read.",
          {duration("after", "10min", "For so long, or"),
           duration("interval", "0s", "three times this, at which the vehicle means to send."),
           number("moving_kmh", "5.0", "km/h", "From here on it was moving when it fell silent: major, else minor.")},
          {.min_duration = "0s", .clear_duration = "0s", .expiry = "0s"}),
      variant("position_lost", "The receiver went blind under a good sky.",
              {std::move(satellites), optional_signal("supply_signal", "", "The receiver's supply: only"),
               number("supply_min", "0.0", "the signal's", "from here on it is missed."), severity("major")},
              {"1min", "30s"}),
  };
}

OptionSpec notice() {
  return duration(
      "notice", "11min",
      "Before the arrival: from then on P50 alone decides, earlier it has to be the surer; 0s: always P50.");
}

std::vector<VariantSpec> trip_variants() {
  return {
      variant("off_route", "Off the line that its trip planned.", {severity("minor")}, {"2min", "30s"}),
      variant("delay", "A stop will be reached late, or has been passed over.",
              {duration("raise", "5min", "Expected (P50) later than the end of its window, or its plan, by more."),
               duration("clear", "2min", "By less."), duration("major", "15min", "Major by more than this,"),
               duration("critical", "30min", "critical by more than this."), notice()},
              {"1min", "3min"}),
      variant("at_risk", "A stop may be reached late: P90 is, P50 is not, or not surely.",
              {duration("late", "5min", "Expected later by more it is a delay, once that is sure, and this is over."),
               notice()},
              {"1min", "3min"}),
  };
}

OptionSpec list(std::string key, std::string doc, std::string example) {
  return {.key = std::move(key),
          .type = Type::kTextList,
          .default_value = "[]",
          .doc = std::move(doc),
          .example = std::move(example)};
}

config::GroupSpec rule_group() {
  config::GroupSpec group{
      .key = "rule",
      .doc =
          "An alert rule. Of those of one kind for one signal or fence a vehicle has the one that names it, else the "
          "one that names a group of it, else the one that names nobody.",
      .count_max = 1000,
      .options = {{.key = "kind",
                   .required = true,
                   .aliases = {"type", "rule"},
                   .doc = "What it watches.",
                   .example = "temperature"},
                  {.key = "enabled",
                   .type = Type::kBoolean,
                   .default_value = "true",
                   .doc = "false: whom it concerns goes without."},
                  list("vehicles", "Only these.", R"(["truck-17"])"),
                  list("groups", "Only the vehicles of these.", R"(["reefers"])"),
                  list("only_in", "It holds only inside of these fences,", R"(["depot"])"),
                  list("except_in", "and not inside of these.", R"(["depot"])")},
      .selector = "kind",
      .aliases = {"rules", "alert", "alerts"}};
  for (auto* variants : {&signal_variants, &motion_variants, &trip_variants}) {
    for (VariantSpec& each : variants()) group.variants.push_back(std::move(each));
  }
  return group;
}

}  // namespace

std::vector<config::GroupSpec> alert_groups() {
  return {rule_group(),
          {.key = "fence",
           .doc = "An area with a name, for rules: a polygon, or a circle.",
           .count_max = 1000,
           .options = {id_option("id", "Names it in rules and alerts.", "depot"),
                       {.key = "outline",
                        .type = Type::kPositions,
                        .aliases = {"polygon", "points", "corners", "coordinates", "shape"},
                        .doc = "Corners as [latitude, longitude], at least three; it closes by itself.",
                        .example = "[[47.10, 8.20], [47.10, 8.30], [47.20, 8.30]]"},
                       {.key = "centre",
                        .type = Type::kPositions,
                        .min = "1",
                        .max = "1",
                        .aliases = {"center", "position", "middle"},
                        .doc = "Or the middle of a circle,",
                        .example = "[[47.10, 8.20]]"},
                       {.key = "radius_m",
                        .type = Type::kInteger,
                        .unit = "m",
                        .min = "10",
                        .max = "100000",
                        .aliases = {"radius"},
                        .doc = "and how far it reaches.",
                        .example = "200"}},
           .unique = "id",
           .aliases = {"fences", "geofences"}},
          {.key = "group",
           .doc = "Vehicles under one name, for rules.",
           .count_max = 1000,
           .options = {id_option("id", "Its name.", "reefers"),
                       {.key = "vehicles",
                        .type = Type::kTextList,
                        .required = true,
                        .doc = "Who belongs to it.",
                        .example = R"(["truck-17", "truck-18"])"}},
           .unique = "id",
           .aliases = {"groups", "fleet"}}};
}

}  // namespace odograph::keys
