#include "fleet/process/sender.h"

#include <algorithm>

namespace odograph::process {
namespace {

constexpr base::Millis kAgainAfter{200};
/// An authorisation or a missing topic is mended by people, not by asking often.
constexpr base::Millis kPauseFor{5'000};

std::size_t size_of(const Output& output) { return output.key.size() + output.value.size(); }

}  // namespace

void Sender::add(Output output) {
  bytes_ += size_of(output);
  waiting_.push_back({std::move(output)});
}

base::Status Sender::pump(base::BootTime now, base::Millis timeout, std::vector<std::string>& notes) {
  if (auto status = make_producer(); !status) return status;
  if (failed_ && producer_->outstanding() == 0 && now >= not_before_) begin_again(now);
  if (auto status = make_producer(); !status) return status;
  if (!failed_) send_unsent(notes);
  std::vector<kafka::Delivery> deliveries;
  producer_->poll(timeout, deliveries);
  for (const kafka::Delivery& delivery : deliveries) take(delivery, now, notes);
  drop_done();
  for (std::string& line : producer_->take_log_lines()) notes.push_back(std::move(line));
  return {};
}

base::Status Sender::make_producer() {
  if (producer_) return {};
  auto made = make_producer_();
  if (!made) return made.error();
  producer_ = std::move(*made);
  return {};
}

void Sender::send_unsent(std::vector<std::string>& notes) {
  for (; next_tag_ < first_tag_ + waiting_.size(); ++next_tag_) {
    Waiting& waiting = waiting_[next_tag_ - first_tag_];
    if (waiting.state != State::kUnsent) continue;
    const Output& output = waiting.output;
    const auto status = producer_->send({output.topic, output.key, output.value, output.headers}, next_tag_);
    if (status) {
      waiting.state = State::kSent;
    } else if (status.error().action == base::Action::kDrop) {
      give_up(waiting, status.error().what, notes);
    } else {
      return;  // Its queue is full: further ones after the next reports.
    }
  }
}

void Sender::take(const kafka::Delivery& delivery, base::BootTime now, std::vector<std::string>& notes) {
  if (delivery.tag < first_tag_ || delivery.tag - first_tag_ >= waiting_.size()) return;
  Waiting& waiting = waiting_[delivery.tag - first_tag_];
  if (waiting.state != State::kSent) return;
  switch (delivery.outcome) {
    case kafka::Delivery::Outcome::kStored: waiting.state = State::kDone; return;
    case kafka::Delivery::Outcome::kPoison: give_up(waiting, delivery.error, notes); return;
    case kafka::Delivery::Outcome::kAgain:
    case kafka::Delivery::Outcome::kPause: break;
  }
  const bool pause = delivery.outcome == kafka::Delivery::Outcome::kPause;
  if (!failed_) notes.push_back("write to " + waiting.output.topic + ": " + delivery.error + "; sending it again");
  failed_ = true;
  not_before_ = std::max(not_before_, now + (pause ? kPauseFor : kAgainAfter));
  waiting.state = State::kUnsent;
}

/// Nothing is under way: what is not done goes again, oldest first, through a new handle if the old one is spent.
void Sender::begin_again(base::BootTime now) {
  if (producer_->link().fatal) producer_.reset();
  for (std::size_t i = 0; i < next_tag_ - first_tag_; ++i) {
    if (waiting_[i].state == State::kDone) continue;
    waiting_[i].state = State::kUnsent;
    ++counts_.resends;
  }
  next_tag_ = first_tag_;
  failed_ = false;
  not_before_ = now;
}

void Sender::give_up(Waiting& waiting, const std::string& why, std::vector<std::string>& notes) {
  notes.push_back("write to " + waiting.output.topic + ": " + why + "; given up");
  ++counts_.refused;
  waiting.state = State::kDone;
}

void Sender::drop_done() {
  while (!waiting_.empty() && waiting_.front().state == State::kDone) {
    bytes_ -= size_of(waiting_.front().output);
    waiting_.pop_front();
    ++first_tag_;
  }
  next_tag_ = std::max(next_tag_, first_tag_);
}

}  // namespace odograph::process
