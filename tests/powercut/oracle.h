#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/outbox/outbox.h"
#include "tests/powercut/records.h"

namespace odograph::powercut {

inline constexpr std::size_t kLanes = 3;

/// Hears what the outbox promises and what it hands out, through all the cuts of a run, and finds the first thing that
/// does not fit:
///
/// - a record that was reported durable is handed out or named by a loss record (I1), with what was pushed (I2, I3),
///   and no more are missing than the loss records count, whatever they name;
/// - chunks of a lane come in order (I4); n is dense per lane and boot, and never names two records (I6);
/// - a source mark is neither ahead of the records nor behind those reported durable;
/// - losses in the ring are counted, and told at most once; nothing is found corrupt;
/// - the stream stays; a boot record tells the ends of the boot before; made = durable + lost + waiting (I10).
class Oracle {
 public:
  Oracle(Weather weather, Bulk bulk) : weather_(weather), bulk_(bulk) {}

  /// Empty while everything fits.
  const std::string& wrong() const { return wrong_; }
  void found_wrong(std::string what);

  // What the harness does, in this order.
  void process_started();
  void opened(const outbox::Stats& stats, const outbox::SourceMarks& marks);
  void pushed(model::Lane lane, std::uint32_t serial, bool taken);
  /// After every step, whether the power is still on or not.
  void promised(const outbox::Stats& stats);
  /// Everything pushed so far was said to be durable.
  void flushed();
  void handed(const outbox::Chunk& chunk);
  void rewound(model::Lane lane) { last_id_[index(lane)] = 0; }
  /// All that is stored was handed out since `opened`.
  void drained();
  void finishing() { process_.tried_to_end_cleanly = true; }
  void finished() { process_.is_clean = true; }
  void process_ended();

  std::uint64_t handed_again() const { return handed_again_; }
  std::uint64_t sent_first() const { return sent_first_; }
  std::uint64_t evicted() const { return evicted_; }
  std::uint64_t thinned() const { return thinned_; }
  std::uint64_t ring_losses_told() const { return ring_losses_told_; }

 private:
  struct Process {
    std::uint32_t boot = 0;  ///< 0 until it had the file.
    std::array<std::vector<std::uint32_t>, kLanes> taken;
    std::array<std::uint64_t, kLanes> refused{};
    std::array<std::uint64_t, kLanes> durable{};  ///< The last n that was reported so.
    std::array<std::size_t, kLanes> flushed{};    ///< How many of `taken`.
    bool tried_to_end_cleanly = false;
    bool is_clean = false;
  };
  /// What is known of one n.
  struct Number {
    bool is_lost = false;
    bool is_handed = false;
    model::Record record;
  };
  using Numbers = std::map<std::uint32_t, std::vector<Number>>;  ///< By boot; n is the place and 1.

  static std::size_t index(model::Lane lane) { return static_cast<std::size_t>(lane) - 1; }
  const Process* process_of(std::uint32_t boot) const;
  Number& number(std::size_t lane, std::uint32_t boot, std::uint32_t n);
  void handed(const outbox::Chunk& chunk, const model::Record& record);
  void check_loss(const model::LossReport& loss);
  void check_boot(const model::BootReport& report);
  bool waits_to_tell() const;
  void check_numbers(std::size_t lane, std::uint32_t boot);
  void check_marks();

  /// Records of it may come, and be acknowledged, that the file has never had.
  bool is_sent_first(std::size_t lane) const { return bulk_ == Bulk::kSent && lane == index(model::Lane::kBulk); }

  Weather weather_;
  Bulk bulk_;
  std::string wrong_;
  std::uint64_t stream_id_ = 0;
  bool has_promised_ = false;
  Process process_;
  std::map<std::uint32_t, Process> ended_;  ///< By boot.
  std::array<Numbers, kLanes> numbers_;
  std::map<std::uint32_t, model::LaneEnds> ends_;  ///< As the boot after told them.
  std::map<std::uint32_t, std::array<std::uint64_t, kLanes>> told_;
  std::array<std::uint64_t, kLanes> last_id_{};
  outbox::SourceMarks marks_;
  std::array<bool, kLanes> has_evicted_{};
  std::uint64_t handed_again_ = 0;
  std::uint64_t sent_first_ = 0;
  std::uint64_t evicted_ = 0;
  std::uint64_t thinned_ = 0;
  std::map<std::uint32_t, std::array<std::uint64_t, kLanes>> lost_told_;  ///< By boot.
  std::uint64_t ring_losses_told_ = 0;
};

}  // namespace odograph::powercut
