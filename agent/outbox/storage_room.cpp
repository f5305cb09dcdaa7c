// How much of the disk the storage loop's file may take, which changes while it runs.
#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

using base::BootTime;

/// What is salvaged makes room at once; what others leave free is looked for seldom.
std::optional<BootTime> StorageLoop::room_due(BootTime now) {
  if (!store_) return {};
  const Room& room = store_->room();
  const std::uint64_t wanted = cap_beside(options_.cap_bytes, salvager_.quarantines().bytes);
  if (room.reserved != Reserved::kPart) room_at_.reset();
  if (room.reserved == Reserved::kPart && !room_at_) room_at_ = now + kRoomAgainAfter;
  const bool is_time = room_at_ && *room_at_ <= now;
  if (wanted == room.wanted && !is_time) return room_at_;
  if (is_time) room_at_ = now + kRoomAgainAfter;
  // What fails here fails the next commit too, which deals with it.
  if (!store_->set_cap(wanted)) cap_bytes_ = store_->room().cap;
  return store_->room().reserved == Reserved::kPart ? room_at_ : std::nullopt;
}

}  // namespace odograph::outbox
