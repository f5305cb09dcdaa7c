// What the store may use of the disk, and how it comes to have it. store.cpp opens it.
#include <algorithm>
#include <cstdlib>

#include "agent/outbox/quarantine.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {

// A full disk deadlocks WAL: what would free pages needs room in the WAL. So both files have all the blocks that they
// may ever need before there is anything in them, and the database never wants more.
std::optional<Failure> Store::hold_room() {
  auto application = database_->value("PRAGMA application_id");
  if (auto* failed = std::get_if<Failure>(&application)) return *failed;
  if (where_.vfs.empty()) {
    reservation_.emplace(where_.directory, where_.settings.disk);
    database_->on_truncated([this] {
      reservation_->renew();
      room_ = reservation_->room();
    });
  }
  if (auto failed = set_cap(where_.cap_bytes)) return failed;
  const bool is_new = std::get<std::string>(application) == "0";
  const auto least = is_beside_quarantine() ? kCapBytesBesideQuarantine : kCapBytesMin;
  if (!is_new || room_.reserved != Reserved::kPart || room_.cap >= std::min(least, room_.wanted)) return {};
  return Failure{Trouble::kFull, "outbox " + where_.directory.string() + ": the disk has room for " +
                                     std::to_string(room_.cap >> 10) + " KiB, too little to begin: " +
                                     std::to_string(std::min(least, room_.wanted) >> 10) + " KiB are needed"};
}

bool Store::is_beside_quarantine() const { return !find_quarantines(where_.directory).paths.empty(); }

// A file that is larger already keeps its size; eviction brings its use down to the cap.
std::optional<Failure> Store::set_cap(std::uint64_t cap_bytes) {
  where_.cap_bytes = cap_bytes;
  room_ = {cap_bytes, cap_bytes, Reserved::kNone, {}};
  if (reservation_) {
    auto pages = database_->value("PRAGMA page_count");
    if (auto* failed = std::get_if<Failure>(&pages)) return *failed;
    const std::uint64_t used = std::strtoull(std::get<std::string>(pages).c_str(), nullptr, 10) * page_bytes_;
    using Others = Reservation::Wish::Others;
    // What a broken file's place needs comes before the share of others: only it brings that one's records out.
    const auto others = is_beside_quarantine() ? Others::kAreLeftNothing : Others::kAreLeftTheirShare;
    reservation_->take({cap_bytes, used, others});
    room_ = reservation_->room();
  }
  return database_->exec("PRAGMA max_page_count=" + std::to_string(room_.cap / page_bytes_));
}

}  // namespace odograph::outbox
