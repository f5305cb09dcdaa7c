#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/socket_meter.h"
#include "lib/kafka/connect_gate.h"
#include "lib/kafka/security.h"

namespace odograph::kafka {

struct ProducerOptions {
  std::string brokers;  ///< "host:port,host:port"
  std::string client_id;
  Security security;
  std::chrono::milliseconds linger{50};
  /// The longest wait between two tries to connect that librdkafka makes by itself; at least a second. With a gate it
  /// is the gate that keeps brokers from being asked too often, and librdkafka asks the gate.
  std::chrono::milliseconds reconnect_backoff_max{10'000};
  /// When this client may connect, over all its handles; none: whenever librdkafka wants to.
  std::shared_ptr<ConnectGate> gate;
  /// A broker that leaves a request unanswered for so long is gone, and so is a connection that is not made. Longer
  /// than a message takes on the slowest link.
  std::chrono::milliseconds answer_timeout{30'000};
  std::size_t queue_bytes_max = 8 << 20;  ///< librdkafka's own queue; the window is the caller's.
  std::size_t message_bytes_max = 1'000'000;
  /// librdkafka's names; they have the last word. For tests and odd brokers.
  std::vector<std::pair<std::string, std::string>> overrides;
  std::shared_ptr<base::SocketMeter> meter{};  ///< Counts what goes over the connections; null: nobody does.
};

/// What is to be sent. Key and value are views: they are copied by `send`.
struct Outgoing {
  std::string topic;
  std::string_view key;    ///< Empty: none.
  std::string_view value;  ///< Without data (`{}`): a tombstone.
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::int32_t> partition{};  ///< Absent: by the key.
};

/// What became of one message.
struct Delivery {
  std::uint64_t tag = 0;  ///< As given to `send`.
  enum class Outcome {
    kStored,  ///< Acknowledged by all in-sync replicas.
    kAgain,   ///< Not or perhaps stored; send it again with this handle drained, or with a new one.
    kPause,   ///< Authorisation, unknown topic: nothing wrong with the message; wait long, then again.
    kPoison,  ///< This message will never be taken (too large).
  } outcome = Outcome::kStored;
  std::string error;  ///< Empty with kStored.
};

/// What is known of the connection, for status and logs.
struct LinkState {
  bool connected = false;         ///< A broker is there; known within some seconds, also while nothing is sent.
  std::string last_error;         ///< One line, empty if none yet.
  bool fatal = false;             ///< Destroy this handle and make a new one.
  std::uint64_t disconnects = 0;  ///< How often `connected` went false.
  bool denied = false;            ///< What is fatal is that this identity may not do it: wait long.
  unsigned refusals = 0;          ///< Tries to connect that failed at who this client is, since one did not.
  /// For whoever keeps this state: all connections ended without a word, or a cause was told and they did not end yet.
  enum class Ending { kNone, kSilent, kCause } ending = Ending::kNone;
  /// Make a new handle although this one may work: its certificate files are others now, or were taken away.
  bool outdated = false;
  std::string files;  ///< What is to be said of those files, one line; empty while they are what it was made of.
};

/// An idempotent producer with the settings of the design (acks=all, one request in flight, no local time-out,
/// murmur2_random, no Kafka compression, gapless: a refused message makes the handle fatal, so that none overtakes it).
/// One thread uses it; librdkafka's threads only enqueue.
class Producer {
 public:
  /// `kStop` if a setting or a certificate file is wrong, naming it; an unreachable broker is no error.
  static base::Result<std::unique_ptr<Producer>> create(const ProducerOptions& options);
  virtual ~Producer() = default;

  /// `tag` comes back in the report. `kRetry` while the queue is full; `kDrop` if the message can never be sent (too
  /// large, an impossible topic name). Whatever else stands against it (topic unknown, handle fatal) comes as a report.
  virtual base::Status send(const Outgoing& message, std::uint64_t tag) = 0;

  /// Waits at most `timeout` for something to happen, then appends all reports that are there.
  virtual void poll(std::chrono::milliseconds timeout, std::vector<Delivery>& deliveries) = 0;

  /// Becomes readable when `poll` has something to do.
  virtual int event_fd() const = 0;

  /// Sent and not yet reported.
  virtual std::size_t outstanding() const = 0;

  virtual LinkState link() const = 0;

  /// What librdkafka had to say since the last call, at most 64 lines; never printed by itself.
  virtual std::vector<std::string> take_log_lines() = 0;

  /// Gives up what is outstanding: all of it is reported by the next polls, as kAgain.
  virtual void purge() = 0;

  /// Waits until nothing is outstanding or the time is up; reports go to `deliveries`.
  virtual void flush(std::chrono::milliseconds timeout, std::vector<Delivery>& deliveries) = 0;
};

}  // namespace odograph::kafka
