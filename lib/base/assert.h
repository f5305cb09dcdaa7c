#pragma once

namespace odograph::base {

/// Prints the failed condition with its place on stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace odograph::base

/// For our own mistakes only, never for input; stays on in release. An expression of type void.
#define ODOGRAPH_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::odograph::base::assertion_failed(#condition, __FILE__, __LINE__))
