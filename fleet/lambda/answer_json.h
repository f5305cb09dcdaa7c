#pragma once

#include <string>

#include "fleet/lambda/function.h"
#include "lib/base/result.h"

namespace odograph::lambda {

/// What Lambda takes as an answer of a function that was called and waited for (6 MB), with some room.
inline constexpr std::size_t kAnswerBytesMax = 6'000'000;

/// The answer as one JSON object: `messages`, `alerts`, `dead_letters` and, where the caller keeps it, `state`.
///
/// An alert: `key`, `value` (base64, the bytes on alerts-topic), `headers`, and `alert`, the same in words. A dead
/// letter: `reason`, `source_topic`, `source_partition`, `source_offset`, `key` and `value`, both base64. `kDrop` if it
/// is larger than `kAnswerBytesMax`.
base::Result<std::string> to_json(const Answer& answer);

/// Without what was written elsewhere: how many alerts and dead letters there were, for an answer that is too large.
std::string counts_json(const Answer& answer);

/// What the runtime API wants to know of a failure: `errorMessage`, `errorType`, an empty `stackTrace`.
std::string to_json(const base::Error& error);

/// "Odograph.Unavailable", "Odograph.BadEvent", "Odograph.Misconfigured".
std::string error_type(base::Action action);

}  // namespace odograph::lambda
