#pragma once

#include <string>
#include <string_view>

#include "fleet/eta/bands.h"
#include "fleet/eta/correction.h"
#include "fleet/eta/dwell.h"
#include "fleet/eta/profile.h"

namespace odograph::eta {

/// What a fleet has learnt and keeps: how fast the roads are, how long its stops take, how good its predictions were.
struct Learned {
  Profile profile;
  Dwell dwell;
  Bands bands;
};

/// Text: the first line is "odograph-eta 1", then one fact a line in a fixed order; the same bytes for the same
/// contents.
std::string to_text(const Learned& learned);

/// The reverse. `kStop` if it was written in another version, `kDrop` naming line and field if a line is wrong; all or
/// nothing.
base::Result<Learned> from_text(std::string_view text);

}  // namespace odograph::eta
