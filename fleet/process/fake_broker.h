#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/kafka/producer.h"

namespace odograph::process {

/// A broker in a test's hands: keeps what it was sent and reports what it is told to.
struct FakeBroker {
  std::vector<std::string> sent;          ///< Values, in order, over all handles.
  std::vector<std::uint64_t> unreported;  ///< Tags, of the newest handle.
  std::vector<kafka::Delivery> reports;
  std::size_t queue_max = 100;
  bool fatal = false;
  int handles = 0;

  void report(kafka::Delivery::Outcome outcome) {
    for (const auto tag : unreported)
      reports.push_back({tag, outcome, outcome == kafka::Delivery::Outcome::kStored ? "" : "reason"});
    unreported.clear();
  }
};

/// A handle to that broker; a new one begins without a fatal error.
class FakeProducer final : public kafka::Producer {
 public:
  explicit FakeProducer(FakeBroker& broker) : broker_(broker) {
    broker_.fatal = false;
    ++broker_.handles;
  }
  base::Status send(const kafka::Outgoing& message, std::uint64_t tag) override {
    if (message.value == "huge") return base::drop_error("too large");
    if (broker_.unreported.size() >= broker_.queue_max) return base::retry_error("queue full");
    broker_.sent.emplace_back(message.value);
    broker_.unreported.push_back(tag);
    return {};
  }
  void poll(std::chrono::milliseconds, std::vector<kafka::Delivery>& deliveries) override {
    deliveries.insert(deliveries.end(), broker_.reports.begin(), broker_.reports.end());
    broker_.reports.clear();
  }
  int event_fd() const override { return -1; }
  std::size_t outstanding() const override { return broker_.unreported.size() + broker_.reports.size(); }
  kafka::LinkState link() const override { return {.fatal = broker_.fatal}; }
  std::vector<std::string> take_log_lines() override { return {}; }
  void purge() override {}
  void flush(std::chrono::milliseconds, std::vector<kafka::Delivery>&) override {}

 private:
  FakeBroker& broker_;
};

}  // namespace odograph::process
