#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "agent/outbox/outbox.h"
#include "lib/model/record.h"
#include "tests/vm/story.h"

namespace odograph::vm {

/// What the outbox made of a directory.
struct Found {
  std::string wrong;  ///< The first thing that does not fit; empty if all does.
  std::uint64_t stream_id = 0;
  std::uint32_t boot = 0;                 ///< That this look was.
  std::uint32_t boot_nonce = 0;           ///< Of it.
  std::uint64_t records = 0;              ///< Handed out, without the outbox's own and those of this look.
  std::string damage;                     ///< What SQLite's integrity_check says of the file; empty if it is sound.
  std::optional<model::BootReport> told;  ///< By the boot record of this look.
};

/// Opens the outbox in `directory` with the real storage loop, asks an oracle about everything that it hands out,
/// commits something new, ends it in order, and has SQLite check the whole file.
///
/// `teller` stands where the power went, `possible` is the next line that certainly had not happened then.
Found check(const std::filesystem::path& directory, const Teller& teller, std::size_t possible);

/// The same for a file that may lack anything, be damaged, or be a new one: it must work, and each record must be as it
/// was pushed.
/// `visit` gets everything that is handed out.
using Visit = std::function<void(const outbox::Chunk& chunk, const model::Record& record)>;
Found check_works(const std::filesystem::path& directory, const Visit& visit);

}  // namespace odograph::vm
