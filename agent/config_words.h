#pragma once

#include <string>

#include "lib/config/values.h"

namespace odograph::agent {

/// What the agent would do with this configuration, in one sentence without its full stop: "truck-17 would read gps
/// (nmea, /dev/ttyUSB0), keep up to 256MiB in /var/lib/odograph, ...". `values` are sound.
std::string in_words(const config::Values& values);

}  // namespace odograph::agent
