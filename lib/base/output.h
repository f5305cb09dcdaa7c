#pragma once

#include <cstdio>

#include "lib/base/result.h"

namespace odograph::base {

/// What a program makes of a failed write to what others read, from the write's errno. Success if the reader has gone
/// (EPIPE, as with `| head`): there is nobody left to complain to. Else `kStop`: a full disk must not look like the
/// end.
Status output_failed(int error);

/// Writes out what stdio still holds for `out`: the last thing before a program calls itself done. As `output_failed`
/// if this or any write before it failed.
Status finish_output(std::FILE* out);

}  // namespace odograph::base
