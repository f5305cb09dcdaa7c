#include "lib/aws/msk_token.h"

#include <algorithm>
#include <cstdint>
#include <ratio>
#include <type_traits>

#include "lib/aws/encoding.h"
#include "lib/aws/plausible_time.h"
#include "lib/aws/region.h"
#include "lib/aws/sigv4.h"

namespace odograph::aws {
namespace {

using std::chrono::seconds;

// On armhf `long` and `time_t` end in 2038; these do not, and nothing here goes through those.
static_assert(sizeof(base::UtcTime::rep) == sizeof(std::int64_t));
static_assert(sizeof(seconds::rep) == sizeof(std::int64_t));
static_assert(std::is_same_v<base::UtcTime::period, std::milli>);

std::string count(seconds time) { return std::to_string(time.count()) + " s"; }

base::Status check(const MskTokenOrder& order) {
  if (!is_region(order.region)) {
    return base::stop_error("\"" + order.region + "\" has not the form of a region, such as \"eu-central-1\"");
  }
  if (!order.signing_host.empty() && !is_host_name(order.signing_host)) {
    return base::stop_error("kafka.signing_host: \"" + order.signing_host + "\" is no host's name");
  }
  const auto printable = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (order.user_agent.empty() || order.user_agent.size() > kUserAgentCharsMax ||
      !std::all_of(order.user_agent.begin(), order.user_agent.end(), printable)) {
    return base::stop_error("the user agent of a token is 1 to 256 printable ASCII characters");
  }
  if (!is_plausible(order.now, order.earliest)) {
    const std::string unbelieved =
        order.now < order.earliest ? "before this program was built (" + base::to_rfc3339(order.earliest) + ")"
                                   : "not believed of any clock (from " + base::to_rfc3339(kLatestBelieved) + " on)";
    return base::retry_error("no token is signed before the time is known: the clock says " +
                             base::to_rfc3339(order.now) + ", which is " + unbelieved);
  }
  return {};
}

/// As long as both MSK and the credentials let it be.
base::Result<seconds> lifetime_of(const Credentials& credentials, base::UtcTime issued) {
  if (!credentials.expires) return kMskTokenLifetime;
  const auto left = std::chrono::floor<seconds>(*credentials.expires - issued);
  if (left >= kMskTokenLifetimeMin) return std::min(left, kMskTokenLifetime);
  const std::string whose = "the credentials from " + credentials.source + " (" + credentials.access_key_id + ")";
  const std::string when = " at " + base::to_rfc3339(*credentials.expires);
  if (left <= seconds{0}) return base::retry_error(whose + " expired" + when + ": new ones are needed");
  return base::retry_error(whose + " expire" + when + ", in " + count(left) + "; a token takes credentials that last " +
                           count(kMskTokenLifetimeMin) + " at least");
}

}  // namespace

base::Result<MskToken> msk_token(const MskTokenOrder& order, const Credentials& credentials) {
  if (const auto sound = check(order); !sound) return sound.error();
  if (const auto sound = aws::check(credentials); !sound) return sound.error();
  const auto issued = std::chrono::floor<seconds>(order.now);
  const auto lifetime = lifetime_of(credentials, issued);
  if (!lifetime) return lifetime.error();

  Request request;
  request.host = order.signing_host.empty() ? "kafka." + order.region + ".amazonaws.com" : order.signing_host;
  std::transform(request.host.begin(), request.host.end(), request.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  request.query = {{"Action", "kafka-cluster:Connect"}};
  const Scope scope{.time = issued, .region = order.region, .service = "kafka-cluster"};
  const auto signed_url = presign(request, scope, credentials, *lifetime);
  if (!signed_url) return signed_url.error();

  const base::UtcTime expires = issued + *lifetime;
  return MskToken{.token = base64url(signed_url->url + "&User-Agent=" + percent_encode(order.user_agent)),
                  .host = request.host,
                  .scope = credential_scope(scope),
                  .issued = issued,
                  .expires = expires,
                  .lifetime = expires - order.now};
}

}  // namespace odograph::aws
