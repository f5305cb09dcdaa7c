#pragma once

#include <string>

#include "lib/config/schema.h"
#include "lib/config/values.h"

namespace odograph::config {

/// Every option with its value and where it came from, as TOML with comments; loading it gives the same values.
std::string print_config(const Schema& schema, const Values& values);

/// A file that explains every key: what it does, unit, range, default. As it stands it sets what is required and leaves
/// the rest to the defaults; each default stands behind a `#` without a blank, ready to be taken out.
std::string example(const Schema& schema);

}  // namespace odograph::config
