#pragma once

#include <string>

namespace odograph::cli {

/// "0.1.0", of the project in CMakeLists.txt.
std::string version();

}  // namespace odograph::cli
