#include "fleet/process/loose_producer.h"

namespace odograph::process {
namespace {

constexpr std::chrono::milliseconds kRoomWait{10};

}  // namespace

base::Status LooseProducer::send(const kafka::Outgoing& message) {
  auto status = producer_->send(message, 0);
  std::vector<kafka::Delivery> deliveries;
  const bool is_full = !status && status.error().action == base::Action::kRetry;
  if (is_full) producer_->poll(kRoomWait, deliveries);
  take(deliveries);
  return status;
}

base::Status LooseProducer::flush(std::chrono::milliseconds timeout) {
  std::vector<kafka::Delivery> deliveries;
  producer_->flush(timeout, deliveries);
  take(deliveries);
  if (!failure_.empty()) return base::stop_error(failure_);
  if (producer_->outstanding() > 0) return base::retry_error("write: no answer in time");
  return {};
}

base::Status LooseProducer::send_offsets(const std::vector<kafka::TopicPartition>& offsets, const kafka::GroupMetadata&,
                                         std::chrono::milliseconds) {
  offsets_ = offsets;
  return {};
}

base::Status LooseProducer::commit(std::chrono::milliseconds) { return commit_offsets_(std::exchange(offsets_, {})); }

/// What is written stays written.
base::Status LooseProducer::abort(std::chrono::milliseconds) {
  producer_->purge();
  return base::stop_error("abort: there is no transaction, the producer is made anew");
}

void LooseProducer::take(const std::vector<kafka::Delivery>& deliveries) {
  for (const kafka::Delivery& each : deliveries) {
    if (each.outcome != kafka::Delivery::Outcome::kStored) failure_ = each.error;
  }
  // A topic that is not there pauses a vehicle too, but is no refusal.
  if (!failure_.empty() && producer_->link().denied) refusal_ = failure_;
}

}  // namespace odograph::process
