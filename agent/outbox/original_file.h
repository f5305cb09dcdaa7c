#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "agent/outbox/failure.h"

namespace odograph::outbox {

// A file in quarantine that has not even the header of a database may be anybody's, put there by mistake. Salvage
// writes into it to read it, so what is overwritten is kept beside it until it is known whose file it was.

/// Where the last one in which nothing of ours was found is kept, in the data directory.
inline constexpr const char* kKeptFolder = "unrecognised";

/// Keeps the first `bytes` bytes of `file`, and that it was `size` bytes long. Nothing is done if that was done before.
std::optional<Failure> keep_original(const std::filesystem::path& file, std::uint64_t size, std::uint64_t bytes);
/// Whether there is something to be put back.
bool has_original(const std::filesystem::path& quarantine);

/// Puts back what was overwritten, and moves the quarantine to kKeptFolder beside it; what lay there before is removed.
/// Nobody has the file open. Returns where it is now; nothing if that cannot be done.
std::optional<std::filesystem::path> give_back_original(const std::filesystem::path& quarantine);

}  // namespace odograph::outbox
