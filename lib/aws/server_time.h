#pragma once

#include <mutex>
#include <optional>

#include "lib/aws/http_client.h"
#include "lib/base/time.h"

namespace odograph::aws {

/// A time that a verified server told, tied to the boot clock.
struct ServerTime {
  base::UtcTime utc;         ///< The best guess at `at`.
  base::Millis uncertainty;  ///< The true time is this near: half a second of the date's grain, half the round trip.
  base::BootTime at;         ///< When the answer had come.
};

/// Passes requests on, and keeps the time of the newest verified answer, whatever its status: a refusal for a wrong
/// clock brings the right time along. Any thread.
class TimeHearingHttp final : public HttpClient {
 public:
  /// Both must live longer than this.
  TimeHearingHttp(HttpClient& inner, const base::Clock& clock) : inner_(inner), clock_(clock) {}
  base::Result<HttpAnswer> send(const HttpRequest& request) override;
  std::optional<ServerTime> heard() const;

 private:
  HttpClient& inner_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<ServerTime> heard_;
};

}  // namespace odograph::aws
