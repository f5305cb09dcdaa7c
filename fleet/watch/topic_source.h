#pragma once

#include <functional>
#include <iosfwd>

#include "fleet/watch/try_command.h"
#include "lib/kafka/admin.h"
#include "lib/kafka/consumer.h"

namespace odograph::watch {

/// What it takes to read raw-data-topic; all of it outlives the source.
struct TopicReader {
  kafka::Admin& admin;
  kafka::Consumer& consumer;  ///< Without a group.
  std::ostream& log;          ///< Messages that cannot be read.
  std::function<bool()> stopped;
};

/// All that raw-data-topic holds now.
TrialSource recorded_topic(const TopicReader& reader);

}  // namespace odograph::watch
