#pragma once

// For the tests of this folder: librdkafka's own broker in this process, and waits with deadlines.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/assert.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {

/// One mock broker on a port of its own. It takes what comes, without a look at sequence numbers.
class MockCluster {
 public:
  MockCluster() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    char text[256];
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    ODOGRAPH_ASSERT(client_ != nullptr);
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    ODOGRAPH_ASSERT(cluster_ != nullptr);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void create(const std::string& topic, int partitions) {
    rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1);
  }
  void set_up(bool up) { up ? rd_kafka_mock_broker_set_up(cluster_, 1) : rd_kafka_mock_broker_set_down(cluster_, 1); }
  void set_topic_error(const std::string& topic, rd_kafka_resp_err_t code) {
    rd_kafka_mock_topic_set_error(cluster_, topic.c_str(), code);
  }
  /// The next requests of that kind (0 = Produce) are answered so.
  void push_errors(std::int16_t api, const std::vector<rd_kafka_resp_err_t>& codes) {
    rd_kafka_mock_push_request_errors_array(cluster_, api, codes.size(), codes.data());
  }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

inline constexpr std::chrono::seconds kPatience{30};

/// Quick in everything that production is patient about.
inline ProducerOptions quick_options(const std::string& brokers) {
  ProducerOptions options;
  options.brokers = brokers;
  options.client_id = "test";
  options.linger = std::chrono::milliseconds{1};
  options.overrides = {{"reconnect.backoff.ms", "50"},
                       {"reconnect.backoff.max.ms", "200"},
                       {"retry.backoff.ms", "20"},
                       {"socket.connection.setup.timeout.ms", "1000"},
                       {"topic.metadata.propagation.max.ms", "300"},
                       {"statistics.interval.ms", "200"}};
  return options;
}

/// Polls until `done` or the patience ends; says which.
inline bool poll_until(Producer& producer, std::vector<Delivery>& deliveries, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    producer.poll(std::chrono::milliseconds{20}, deliveries);
  }
  return true;
}

}  // namespace odograph::kafka
