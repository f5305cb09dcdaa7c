#pragma once

#include <filesystem>
#include <optional>

#include "agent/outbox/database.h"
#include "agent/outbox/failure.h"

namespace odograph::outbox {

/// Copies the files of `database`, as they are, into `folder` and flushes them: through its own descriptors, so that it
/// serves where their names are gone. Nothing may be in a transaction.
std::optional<Failure> copy_files(const Database& database, const std::filesystem::path& folder);

}  // namespace odograph::outbox
