#pragma once

#include <vector>

#include "lib/config/schema.h"

namespace odograph::keys {

/// kafka.region and kafka.signing_host: for what an MSK token is signed.
std::vector<config::OptionSpec> msk_options();

}  // namespace odograph::keys
