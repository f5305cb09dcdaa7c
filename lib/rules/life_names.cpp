#include "lib/rules/life.h"

namespace odograph::rules {

const char* to_string(RuleKind kind) {
  switch (kind) {
    case RuleKind::kTemperature: return "temperature";
    case RuleKind::kSensorFault: return "sensor_fault";
    case RuleKind::kGeofence: return "geofence";
    case RuleKind::kHarshMotion: return "harsh_motion";
    case RuleKind::kIdling: return "idling";
    case RuleKind::kOffline: return "offline";
    case RuleKind::kPositionLost: return "position_lost";
    case RuleKind::kPower: return "power";
    case RuleKind::kFuel: return "fuel";
    case RuleKind::kOffRoute: return "off_route";
    case RuleKind::kDelay: return "delay";
    case RuleKind::kAtRisk: return "at_risk";
  }
  return "unknown";
}

const char* to_string(Cause cause) {
  switch (cause) {
    case Cause::kNone: return "";
    case Cause::kAbove: return "above";
    case Cause::kBelow: return "below";
    case Cause::kMissing: return "missing";
    case Cause::kStuck: return "stuck";
    case Cause::kJump: return "jump";
    case Cause::kOutOfRange: return "out_of_range";
    case Cause::kInside: return "inside";
    case Cause::kOutside: return "outside";
    case Cause::kCrossed: return "crossed";
    case Cause::kAtRest: return "at_rest";
    case Cause::kMoving: return "moving";
    case Cause::kNoFix: return "no_fix";
    case Cause::kNoRecords: return "no_records";
    case Cause::kDrop: return "drop";
    case Cause::kWindowPassed: return "window_passed";
    case Cause::kExpectedLate: return "expected_late";
  }
  return "unknown";
}

const char* to_string(Phase phase) {
  switch (phase) {
    case Phase::kRaised: return "raised";
    case Phase::kUpdated: return "updated";
    case Phase::kCleared: return "cleared";
  }
  return "unknown";
}

const char* to_string(Ending ending) {
  switch (ending) {
    case Ending::kNone: return "none";
    case Ending::kRecovered: return "recovered";
    case Ending::kLeftScope: return "left_scope";
    case Ending::kExpired: return "expired";
    case Ending::kSuperseded: return "superseded";
    case Ending::kTripEnded: return "trip_ended";
    case Ending::kArrived: return "arrived";
  }
  return "unknown";
}

}  // namespace odograph::rules
