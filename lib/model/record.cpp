#include "lib/model/record.h"

namespace odograph::model {

const char* to_string(Lane lane) {
  switch (lane) {
    case Lane::kAlert: return "alert";
    case Lane::kEvent: return "event";
    case Lane::kBulk: return "bulk";
    case Lane::kLive: return "live";
  }
  return "unknown";
}

const char* to_string(TimeQuality quality) {
  switch (quality) {
    case TimeQuality::kNone: return "none";
    case TimeQuality::kRtc: return "rtc";
    case TimeQuality::kNtp: return "ntp";
    case TimeQuality::kGnss: return "gnss";
  }
  return "unknown";
}

const char* to_string(EventKind kind) {
  switch (kind) {
    case EventKind::kOverspeed: return "overspeed";
    case EventKind::kPanic: return "panic";
    case EventKind::kFault: return "fault";
    case EventKind::kBoot: return "boot";
    case EventKind::kLoss: return "loss";
  }
  return "unknown";
}

const char* to_string(EventPhase phase) {
  switch (phase) {
    case EventPhase::kInstant: return "instant";
    case EventPhase::kStart: return "start";
    case EventPhase::kUpdate: return "update";
    case EventPhase::kEnd: return "end";
  }
  return "unknown";
}

const char* to_string(Severity severity) {
  switch (severity) {
    case Severity::kInfo: return "info";
    case Severity::kMinor: return "minor";
    case Severity::kWarning: return "warning";
    case Severity::kMajor: return "major";
    case Severity::kCritical: return "critical";
  }
  return "unknown";
}

const char* to_string(EndReason reason) {
  switch (reason) {
    case EndReason::kNone: return "none";
    case EndReason::kRecovered: return "recovered";
    case EndReason::kLeftScope: return "left_scope";
    case EndReason::kExpired: return "expired";
  }
  return "unknown";
}

const char* to_string(LossReason reason) {
  switch (reason) {
    case LossReason::kEvictedSpace: return "evicted_space";
    case LossReason::kEvictedBudget: return "evicted_budget";
    case LossReason::kThinned: return "thinned";
    case LossReason::kCorrupt: return "corrupt";
    case LossReason::kRingFull: return "ring_full";
  }
  return "unknown";
}

}  // namespace odograph::model
