#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fleet/process/processor.h"
#include "lib/base/time.h"
#include "lib/kafka/producer.h"

namespace odograph::process {

/// Gets outputs to the broker in order, each at least once, however often the broker or the handle fails. One thread.
class Sender {
 public:
  static constexpr std::size_t kOutputsMax = 10'000;
  static constexpr std::size_t kBytesMax = 4 << 20;

  using MakeProducer = std::function<base::Result<std::unique_ptr<kafka::Producer>>()>;
  struct Counts {
    std::uint64_t resends = 0;
    std::uint64_t refused = 0;  ///< Outputs that the broker will never take; given up.
  };

  explicit Sender(MakeProducer make_producer) : make_producer_(std::move(make_producer)) {}

  /// False once kOutputsMax or kBytesMax wait; `add` takes more all the same: one input's outputs belong together.
  bool has_room() const { return waiting_.size() < kOutputsMax && bytes_ < kBytesMax; }
  bool is_empty() const { return waiting_.empty(); }
  void add(Output output);

  /// Sends what can be sent and takes the broker's word, waiting at most `timeout` for one. `kStop` if no producer can
  /// be made (bad settings). What it says goes to `notes`.
  base::Status pump(base::BootTime now, base::Millis timeout, std::vector<std::string>& notes);

  const Counts& counts() const { return counts_; }

 private:
  enum class State { kUnsent, kSent, kDone };
  struct Waiting {
    Output output;
    State state = State::kUnsent;
  };

  base::Status make_producer();
  void send_unsent(std::vector<std::string>& notes);
  void take(const kafka::Delivery& delivery, base::BootTime now, std::vector<std::string>& notes);
  void begin_again(base::BootTime now);
  void give_up(Waiting& waiting, const std::string& why, std::vector<std::string>& notes);
  void drop_done();

  MakeProducer make_producer_;
  std::unique_ptr<kafka::Producer> producer_;
  std::deque<Waiting> waiting_;  ///< The tag of waiting_[i] is first_tag_ + i.
  std::uint64_t first_tag_ = 0;
  std::uint64_t next_tag_ = 0;  ///< The first that was never handed to the producer since it last began again.
  std::size_t bytes_ = 0;
  bool failed_ = false;  ///< Something has to be sent again, once nothing is under way any more.
  base::BootTime not_before_{};
  Counts counts_;
};

}  // namespace odograph::process
