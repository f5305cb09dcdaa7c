#pragma once

#include <vector>

#include "lib/config/schema.h"

namespace odograph::agent {

/// What the agent sends to, how often, and how it comes back to brokers that were away: `kafka.*` beside those of
/// `lib/keys`.
std::vector<config::OptionSpec> kafka_options();
/// How a backlog goes out, and what is told ahead of it.
std::vector<config::OptionSpec> backlog_options();

}  // namespace odograph::agent
