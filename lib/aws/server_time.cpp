#include "lib/aws/server_time.h"

namespace odograph::aws {

base::Result<HttpAnswer> TimeHearingHttp::send(const HttpRequest& request) {
  auto answer = inner_.send(request);
  if (!answer || !answer->time || !answer->time->is_verified) return answer;
  // The date was cut to seconds, somewhere between question and answer.
  constexpr base::Millis kHalfGrain{500};
  const base::Millis half_trip = answer->time->round_trip / 2;
  const ServerTime told = {answer->time->date + kHalfGrain + half_trip, kHalfGrain + half_trip, clock_.boot_now()};
  const std::lock_guard lock(mutex_);
  heard_ = told;
  return answer;
}

std::optional<ServerTime> TimeHearingHttp::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

}  // namespace odograph::aws
