#include "fleet/eta/knowledge.h"

#include <algorithm>

namespace odograph::eta {

void Knowledge::drove(const Stretch& stretch, base::UtcTime at) {
  const Piece& piece = stretch.piece;
  correction.learn(piece, at, stretch.took_s, stretch.profile_s);
  learned.profile.learn(piece, at, stretch.metres, stretch.took_s);
  if (changes == nullptr) return;
  changes->fleet = true;
  changes->cells.insert({piece.cell, piece.coarse, piece.area});
  changes->slots.insert(Profile::slot_of(at));
}

void Knowledge::stood(const PlannedStop& stop, double stood_s) {
  learned.dwell.learn(stop, stood_s);
  if (changes == nullptr) return;
  changes->fleet = true;
  changes->stops.insert(stop.stop_id);
}

void Knowledge::arrived(double predicted_s, double actual_s, std::size_t stays) {
  learned.bands.learn(predicted_s, actual_s, stays);
  if (changes == nullptr) return;
  changes->fleet = true;
  const std::size_t of_stays = std::min(stays, Bands::kStays - 1);
  const std::size_t horizon = Bands::between(predicted_s).first;
  changes->bands.insert({{of_stays, horizon}, {of_stays, horizon + 1}});
}

}  // namespace odograph::eta
