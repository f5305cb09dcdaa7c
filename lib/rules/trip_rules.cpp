#include "lib/rules/trip_rules.h"

#include <algorithm>

namespace odograph::rules {
namespace {

std::int64_t seconds(base::Millis time) { return time.count() / 1'000; }

/// Whether an arrival later than `limit` is sure enough to be told that long before it; `limit` lies before P50.
bool is_sure(const TripWord& word, EventTime limit, base::Millis notice) {
  const std::int64_t notice_s = seconds(notice);
  const std::int64_t early_s = std::min(seconds(word.p50 - word.at) - notice_s, notice_s);
  if (notice_s == 0 || early_s <= 0 || word.at > limit) return true;
  // In whole seconds no product comes near the end of the range, whatever the band.
  const std::int64_t margin_s = seconds(word.p50 - word.p10) * 2 * early_s / notice_s;
  return word.p50 - std::chrono::seconds(margin_s) > limit;
}

}  // namespace

RouteRule::RouteRule(const RuleSpec& spec)
    : Rule(RuleKind::kOffRoute, spec.life, {"", 0}), config_(std::get<RouteConfig>(spec.config)) {}

void RouteRule::on_record(const Seen& seen, Told& told) {
  if (!seen.position) return;
  Rule::look("",
             {.time = seen.time,
              .standing = off_ ? Standing::kBeyond : Standing::kWithin,
              .severity = config_.severity,
              .cause = Cause::kOutside,
              .position = seen.position},
             told);
}

void RouteRule::on_trip(const TripWord& word, Told& told) {
  if (word.kind == TripWord::Kind::kOffRoute) off_ = true;
  if (word.kind == TripWord::Kind::kOnRoute) off_ = false;
  if (word.kind != TripWord::Kind::kEnded) return;
  off_ = false;
  end_all(word.at, Ending::kTripEnded, told);
}

DelayRule::DelayRule(const RuleSpec& spec)
    : Rule(RuleKind::kDelay, spec.life, {"s", 0}), config_(std::get<DelayConfig>(spec.config)) {}

void DelayRule::on_trip(const TripWord& word, Told& told) {
  switch (word.kind) {
    case TripWord::Kind::kEstimate: return judge(word, told);
    case TripWord::Kind::kArrived:
    case TripWord::Kind::kPassed:
      if (Life* life = find(word.stop_id); life != nullptr && word.due) life->set_value(seconds(word.at - *word.due));
      return end(word.stop_id, word.at, Ending::kArrived, told);
    case TripWord::Kind::kOffRoute: off_ = true; return;
    case TripWord::Kind::kOnRoute: off_ = false; return;
    case TripWord::Kind::kRevised: return end_but(word.stops_left, word.at, Ending::kSuperseded, told);
    case TripWord::Kind::kEnded: off_ = false; return end_all(word.at, Ending::kTripEnded, told);
  }
}

void DelayRule::judge(const TripWord& word, Told& told) {
  if (!word.due) return;
  const base::Millis late = word.p50 - *word.due;
  const bool is_certain = word.at - *word.due > config_.raise;
  if (off_ && !is_certain && word.p90 - word.p10 > config_.raise) return;
  Look look{.time = word.at,
            .severity = late > config_.critical ? model::Severity::kCritical
                        : late > config_.major  ? model::Severity::kMajor
                                                : model::Severity::kWarning,
            .cause = word.at > *word.due ? Cause::kWindowPassed : Cause::kExpectedLate,
            .value = seconds(late),
            .limit = seconds(config_.raise),
            .excess = late.count()};
  const Life* life = find(word.stop_id);
  const bool is_told = life != nullptr && life->active();
  if (late > config_.raise) {
    const bool counts = is_told || is_sure(word, *word.due + config_.raise, config_.notice);
    look.standing = counts ? Standing::kBeyond : Standing::kBetween;
  } else if (late >= config_.clear) {
    look.standing = Standing::kBetween;
  }
  Rule::look(word.stop_id, look, told);
}

AtRiskRule::AtRiskRule(const RuleSpec& spec)
    : Rule(RuleKind::kAtRisk, spec.life, {"s", 0}), config_(std::get<AtRiskConfig>(spec.config)) {}

void AtRiskRule::on_trip(const TripWord& word, Told& told) {
  using Kind = TripWord::Kind;
  if (word.kind == Kind::kEnded) return end_all(word.at, Ending::kTripEnded, told);
  if (word.kind == Kind::kRevised) return end_but(word.stops_left, word.at, Ending::kSuperseded, told);
  if (word.kind == Kind::kArrived || word.kind == Kind::kPassed) {
    return end(word.stop_id, word.at, Ending::kArrived, told);
  }
  if (word.kind != Kind::kEstimate || !word.due) return;
  const bool is_late = word.p50 - *word.due > config_.late;
  if (is_late && is_sure(word, *word.due + config_.late, config_.notice)) {
    return end(word.stop_id, word.at, Ending::kSuperseded, told);
  }
  const base::Millis at_worst = word.p90 - *word.due;
  Look look{.time = word.at,
            .severity = model::Severity::kInfo,
            .cause = Cause::kExpectedLate,
            .value = seconds(at_worst),
            .excess = at_worst.count()};
  const bool may_be = word.p50 <= *word.due || is_late;
  if (at_worst > base::Millis(0)) look.standing = may_be ? Standing::kBeyond : Standing::kBetween;
  Rule::look(word.stop_id, look, told);
}

}  // namespace odograph::rules
