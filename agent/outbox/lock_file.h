#pragma once

#include <filesystem>
#include <variant>

#include "agent/outbox/failure.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {

/// Takes `outbox.lock` in `directory`, so that one process at a time has the file; the lock goes with the descriptor.
/// The process is named in it, for the one that comes second.
std::variant<base::UniqueFd, Failure> take_lock(const std::filesystem::path& directory);

/// What an errno about the data directory means.
Failure directory_failure(const std::filesystem::path& directory, int error);

/// Makes the names in `directory` durable. An errno, or 0; a file system that cannot do this for a directory is not an
/// error, as there is nothing to be done about it.
int flush_directory(const std::filesystem::path& directory);

/// Makes the next read of the file `path`, if there is one, come from the medium, as far as the kernel does that.
void forget_cached(const std::filesystem::path& path);

}  // namespace odograph::outbox
