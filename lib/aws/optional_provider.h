#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/aws/credentials.h"
#include "lib/aws/providers.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// A provider that may not be configured on this machine.
class OptionalProvider : public CredentialProvider {
 public:
  /// Nothing if it is not configured, without any question asked. Configured and failing is an error.
  virtual base::Result<std::optional<Credentials>> fetch_if_configured() = 0;
  /// For people: "environment (AWS_ACCESS_KEY_ID is not set)".
  virtual std::string what_is_missing() const = 0;

  /// `kStop` if it is not configured.
  base::Result<Credentials> fetch() final;
};

std::unique_ptr<OptionalProvider> make_environment_provider(const Surroundings& surroundings);
std::unique_ptr<OptionalProvider> make_web_identity_provider(const ProviderOptions& options,
                                                             const Surroundings& surroundings);
std::unique_ptr<OptionalProvider> make_profile_provider(const ProviderOptions& options,
                                                        const Surroundings& surroundings);
std::unique_ptr<OptionalProvider> make_process_provider(const ProviderOptions& options);
std::unique_ptr<OptionalProvider> make_container_provider(const Surroundings& surroundings);
std::unique_ptr<OptionalProvider> make_imds_provider(const ProviderOptions& options, const Surroundings& surroundings);

/// AWS IoT Core; `options` were checked by `make_provider`.
std::unique_ptr<CredentialProvider> make_iot_provider(const ProviderOptions& options, const Surroundings& surroundings);
/// `kStop` if one of the options of IoT Core is missing or malformed.
base::Status check_iot(const IotOptions& options);

/// Asks `links` in their order; the first configured one answers, for this and all later fetches.
std::unique_ptr<CredentialProvider> make_chain(std::vector<std::unique_ptr<OptionalProvider>> links);

/// One line: 1 to 128 printable characters; for what goes into URLs and headers.
bool is_name(std::string_view text, std::string_view beside_letters_and_digits);

}  // namespace odograph::aws
