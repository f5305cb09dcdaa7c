#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/outbox/outbox.h"
#include "lib/base/time.h"

namespace odograph::agent {

/// "17.9", "0.05": GB a year with as many digits as a small limit needs.
std::string flash_gb(double gb);

/// That `options` limit the flash to less than its commits come to where the agent runs all day; nothing where they do
/// not, and where `hold` may spare the commits.
std::optional<std::string> flash_doubt(const outbox::Options& options);

/// Why `hold` saves next to nothing, if it does: no acknowledgement comes before bulk has to be committed.
/// `send_interval`: how long bulk waits for company before it is sent.
std::optional<std::string> hold_doubt(const outbox::Options& options, base::Millis send_interval);

}  // namespace odograph::agent
