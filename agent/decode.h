#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/model/reading.h"

namespace odograph::agent {

/// One reading as a JSON object without the newline. Names and units as in gpsd's TPV where it has one: `time` (RFC
/// 3339 UTC, ms), `mode`, `lat`, `lon` (degrees, 7 decimals), `altMSL` (m), `speed` (m/s), `track` (degrees), `hdop`,
/// `uSat`; a signal has `signal`, `value`, `unit`. What was not told is left out.
std::string to_json(const model::Reading& reading);

struct DecodeArguments {
  std::filesystem::path file;  ///< "-" for standard input; a pipe will do.
  std::string driver = "nmea";
  std::vector<std::string> options;  ///< KEY=VALUE of the driver.
};

/// Prints what a driver makes of a recording, one JSON object a line. `kStop`, after everything good before it, if the
/// recording cannot be read to its end or holds no sentence, if `out` cannot be written, or if there is no such driver
/// or option. Success if whoever reads `out` has gone. Sentences that tell nothing are a note on `err`.
base::Status decode(const DecodeArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace odograph::agent
