#pragma once

#include <filesystem>

#include "agent/outbox/memory_stream.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {

/// Of an agent that sends out of memory what no file takes.
inline Options sending(const std::filesystem::path& directory) {
  Options options = Rig::plain(directory);
  options.source_key.clear();
  options.vehicle_id = "truck-17";
  options.send_from_memory = true;
  return options;
}

}  // namespace odograph::outbox
