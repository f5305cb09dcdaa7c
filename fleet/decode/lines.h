#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/consumer.h"

namespace odograph::decode {

enum class Place {
  kLeftOut,
  kShown,  ///< `topic`, `partition`, `offset` and, where there is one, `timestamp` come first in every line.
};

/// `kStop` with the names of those that there are if `topic` is none whose messages `lines_of` can read.
base::Status check_readable(const std::string& topic);

/// One message of one of our topics as JSON: a line a record for raw data and a line a report for processed data, the
/// same one whether it came by itself or in a pack; else one line; a tombstone is its key and `"deleted": true`.
/// `kDrop` if the bytes are not what the topic carries; `kStop` if the topic is not readable.
base::Result<std::vector<std::string>> lines_of(const kafka::Message& message, Place place);

}  // namespace odograph::decode
