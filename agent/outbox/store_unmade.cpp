// A file whose first making was cut short. store.cpp opens it.
#include "agent/outbox/quarantine.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

}  // namespace

// SQLite writes the first page of a new file under a rollback journal. Where the flush of that page fails, it takes
// the page back and the journal away, and a part of the page may stay on the medium all the same. After a power cut
// that is what there is, with nothing to mend it by. Nobody was told of such a file: tables and records come later,
// into a WAL. So it is made again; quarantine and salvage are for files that held something.
std::optional<Failure> Store::check_or_make_again() {
  auto failed = check_ours();
  if (!failed || failed->trouble != Trouble::kCorrupt || !is_unmade()) return failed;
  database_.reset();
  if (auto refused = Database::remove(path(), where_.vfs)) return refused;
  if (auto refused = open_database()) return refused;
  if (where_.repairs != nullptr) ++where_.repairs->files_made_again;
  return check_ours();
}

/// Whole sectors, no more than the first page, and no WAL: that holds no table. Unless a file was here that had come to
/// a stream, and did not go to quarantine: it has been cut short, which is told.
bool Store::is_unmade() const {
  const auto bytes = database_->file_bytes();
  if (!bytes || *bytes > where_.settings.page_bytes || *bytes % kSectorBytes != 0) return false;
  if (Database::exists(path() += "-wal", where_.vfs)) return false;
  const auto stream = where_.vfs.empty() ? read_stream_beside(where_.directory) : std::nullopt;
  if (!stream) return true;
  for (const auto& quarantine : find_quarantines(where_.directory).paths) {
    if (read_known(quarantine).stream_id == stream) return true;
  }
  return false;
}

}  // namespace odograph::outbox
