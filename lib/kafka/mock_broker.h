#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"

namespace odograph::kafka {

/// Most partitions that one topic of the mock may have; its memory is bounded per partition.
inline constexpr int kMockPartitionsMax = 100;

/// librdkafka's mock cluster with one broker, on a port of 127.0.0.1 of its own choosing, which other processes can
/// use.
///
/// For looking and for injected protocol errors: it keeps about 5 MiB or 100,000 message sets a partition and drops
/// the oldest, forgets all when it ends, stores a retried message twice and proves nothing about transactions. A topic
/// that nobody created comes to be at its first use, with 4 partitions.
class MockBroker {
 public:
  /// `kStop` if the library cannot start it.
  static base::Result<std::unique_ptr<MockBroker>> create();
  virtual ~MockBroker() = default;

  /// "127.0.0.1:port"; also what its metadata names.
  virtual std::string brokers() const = 0;

  /// `kStop` if the topic exists already, or unless 1 <= `partitions` <= kMockPartitionsMax.
  virtual base::Status create_topic(const std::string& name, int partitions) = 0;
};

}  // namespace odograph::kafka
