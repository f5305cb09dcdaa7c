#pragma once

#include <string>

#include "lib/base/time.h"

namespace odograph::agent {

/// "0.1.0", of the project in CMakeLists.txt.
std::string version();

/// The day of the newest change that this program was built from: no time before it can be true on a vehicle.
base::UtcTime build_date();

}  // namespace odograph::agent
