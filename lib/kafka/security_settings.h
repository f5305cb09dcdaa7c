#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/security.h"

namespace odograph::kafka {

/// librdkafka's names and values, in the order in which they are set.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// What `security` is in librdkafka's words. `kStop`, naming option and file: a file that is missing, unreadable or no
/// PEM of its kind, a key that `aws::check_key_file` refuses or that has a passphrase, a certificate without key, a
/// protocol that this build does not have.
base::Result<Settings> security_settings(const Security& security);

/// `what` with the file put in for which librdkafka names only its own setting ("ssl.key.location failed: ...").
std::string name_file(std::string what, const Security& security);

}  // namespace odograph::kafka
