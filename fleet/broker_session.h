#pragma once

#include <functional>
#include <string>

#include "fleet/dispatch/table_topic.h"
#include "fleet/fleet_config.h"

namespace odograph::fleet {

/// Does `work` with a broker to read tables from and write them to, until it is done or a signal says stop; returns the
/// program's exit code, having told on stderr what went wrong.
int with_broker(const ConfigSource& source, const std::string& client_id,
                const std::function<base::Status(const dispatch::Broker&)>& work);

}  // namespace odograph::fleet
