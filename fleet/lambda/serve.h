#pragma once

#include <functional>
#include <string>

#include "fleet/lambda/function.h"
#include "fleet/lambda/runtime_api.h"
#include "lib/base/result.h"

namespace odograph::lambda {

/// A line for the log.
using Tell = std::function<void(const std::string& line)>;

/// Takes invocations and answers them, one after the other, until the runtime API is gone; the error says why. An
/// invocation that failed is told as such, and the next one is taken.
base::Error serve(const RuntimeApi& api, Function& function, const Tell& tell);

}  // namespace odograph::lambda
