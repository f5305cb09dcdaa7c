#include "lib/rules/fence.h"
#include "lib/rules/speed_limit.h"

namespace odograph::rules {

bool contains(const Zone& zone, const model::Position& position) { return contains(zone.outline, position); }

}  // namespace odograph::rules
