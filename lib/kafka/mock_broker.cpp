#include "lib/kafka/mock_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <utility>

namespace odograph::kafka {
namespace {

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
struct ClusterDeleter {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;
using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, ClusterDeleter>;

class RdMockBroker final : public MockBroker {
 public:
  RdMockBroker(Handle handle, Cluster cluster) : handle_(std::move(handle)), cluster_(std::move(cluster)) {}

  std::string brokers() const override { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

  base::Status create_topic(const std::string& name, int partitions) override {
    if (partitions < 1 || partitions > kMockPartitionsMax) {
      return base::stop_error("create topic " + name + " on the mock broker: " + std::to_string(partitions) +
                              " partitions; 1 to " + std::to_string(kMockPartitionsMax) + " are possible");
    }
    const rd_kafka_resp_err_t error = rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return base::stop_error("create topic " + name + " on the mock broker: " + rd_kafka_err2str(error));
    }
    return {};
  }

 private:
  Handle handle_;
  Cluster cluster_;  // After handle_: the cluster goes first, as the library wants it.
};

}  // namespace

base::Result<std::unique_ptr<MockBroker>> MockBroker::create() {
  std::array<char, 256> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  // The handle only carries the cluster and never talks to a broker; what it would log is of no use to anybody.
  rd_kafka_conf_set_log_cb(conf, nullptr);
  Handle handle(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size()));
  if (!handle) {
    rd_kafka_conf_destroy(conf);
    return base::stop_error(std::string("start the mock broker: ") + why.data());
  }
  Cluster cluster(rd_kafka_mock_cluster_new(handle.get(), 1));
  if (!cluster) return base::stop_error("start the mock broker: librdkafka refused");
  return std::unique_ptr<MockBroker>(std::make_unique<RdMockBroker>(std::move(handle), std::move(cluster)));
}

}  // namespace odograph::kafka
