#pragma once

#include <string>

#include "lib/base/result.h"

namespace odograph::outbox {

/// What kind of trouble the file is in: what the storage loop does next depends on this alone.
enum class Trouble {
  kIo,          ///< The medium failed; the same again may succeed.
  kReadonly,    ///< File, directory or mount cannot be written.
  kFull,        ///< No room: the cap, or the file system.
  kInUse,       ///< Another process holds the lock.
  kMissing,     ///< The data directory is not there.
  kNotOurs,     ///< Another program's database, or of a newer schema. Never touched.
  kCorrupt,     ///< Ours by its name, but its structure is broken, or it is no database at all.
  kUnreadable,  ///< The medium refuses to give back what it was given.
};

/// What of the file the trouble is in.
enum class Part { kDatabase, kWal };

struct Failure {
  Trouble trouble = Trouble::kIo;
  std::string what;  ///< One line: what was attempted, on which path, why it failed.
  Part part = Part::kDatabase;
};

/// For callers outside this folder: only what is not ours needs a person (`kStop`).
inline base::Error to_error(const Failure& failure) {
  return failure.trouble == Trouble::kNotOurs ? base::stop_error(failure.what) : base::retry_error(failure.what);
}

}  // namespace odograph::outbox
