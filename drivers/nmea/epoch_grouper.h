#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "drivers/api/decoder.h"
#include "drivers/nmea/day_keeper.h"
#include "drivers/nmea/epoch.h"
#include "drivers/nmea/framing.h"
#include "drivers/nmea/sentence.h"
#include "lib/base/time.h"

namespace odograph::nmea {

/// When an epoch is complete.
enum class Closing : std::uint8_t {
  kRecording,  ///< When another instant is told, or at the end; so that it depends on the bytes alone.
  kLive,       ///< Also with the sentence that has ended the last epochs, or after silence.
};

/// Groups sentences into epochs: one reading for each instant, however many sentences and talkers tell it.
///
/// The time of day is an instant's name. Sentences without one (GSA and VTG always, others when the receiver has no
/// time) belong to the epoch that is open when they come; with none open they wait for the next. So do a GSA and VTG
/// that come after a sentence which, in an epoch before, came after them: SiRF receivers tell GGA every few seconds,
/// then GSA, then RMC, and their GSA is the coming RMC's. A sentence without a time whose type the open epoch already
/// holds begins an epoch without time, so that a receiver without a clock is seen too. ZDA and GST add to an epoch but
/// begin none: they say nothing of a position, and some receivers send the ZDA of a second that is yet to come. A
/// sentence for an instant that was closed a moment ago is late: counted, and left out. A receiver that tells an
/// instant again in the same talker's next GGA is latched; so is, live, one that tells a closed instant from its
/// beginning. The epoch then carries `Fix::latched`. One thread.
class EpochGrouper {
 public:
  /// `counters` outlives it; only `late` is counted here. `silence`: kLive only, see `next_deadline`.
  EpochGrouper(Closing closing, base::Millis silence, drivers::DecoderCounters& counters)
      : closing_(closing), silence_(silence), counters_(counters) {}

  /// Adds one sentence; appends the epoch that it ends, if it does.
  void add(const Sentence& sentence, const Frame& frame, drivers::Batch& batch);

  /// Closes the open epoch, if there is one. `offset`: up to where the source was used.
  void close(std::uint64_t offset, drivers::Batch& batch);

  /// Forgets the open epoch and the closed instants: what comes next is another stream.
  void reset();

  /// Live and with an epoch open: a silence after the last sentence, which is the one given or 30 % of the period, what
  /// is longer.
  std::optional<base::BootTime> next_deadline() const;

 private:
  static bool same(const Instant& a, const Instant& b);

  void clear();
  void merge(const Sentence& sentence, const Frame& frame);
  void open(const Instant& instant, const Frame& frame);
  bool was_closed(const Instant& instant) const;
  bool repeats_closed(const Sentence& sentence) const;
  bool starts_epoch(const Sentence& sentence) const;
  bool goes_on(const Sentence& sentence) const;
  /// Kept out of `add`, which most often has no use for it.
  [[gnu::noinline]] bool begin(const Sentence& sentence, const Frame& frame, drivers::Batch& batch);
  void note_gga(const Sentence& sentence);
  void note_order(const Sentence& sentence);
  bool is_ahead(const Sentence& sentence) const;
  void tell_time(model::Fix& fix);
  void learn_end();
  void forget_end();
  bool ends_as_learnt() const;
  base::Millis silence() const;

  static constexpr std::size_t kRecent = 4;  ///< Closed instants that are remembered.
  static constexpr int kEpochsToLearn = 5;   ///< Equal ends before one is relied on.
  static constexpr base::Millis kPeriodMax{10'000};

  Closing closing_;
  base::Millis silence_;
  drivers::DecoderCounters& counters_;
  DayKeeper days_;

  Epoch epoch_;
  bool open_ = false;
  bool latched_ = false;
  Instant instant_;               ///< Of the open epoch.
  Instant early_date_;            ///< Of the last ZDA whose epoch was not open.
  base::BootTime received_;       ///< When its first sentence with a time began.
  base::BootTime last_sentence_;  ///< When the last sentence of any kind began.

  std::array<Instant, kRecent> recent_{};
  std::size_t recent_count_ = 0;  ///< All that were ever closed; the ring holds the last kRecent.
  Epoch last_epoch_;              ///< kLive: the epoch closed last.

  /// For GSA and VTG, by Type: which types with a time came behind it within an epoch. Bits by Type; of a source's
  /// whole life, since the order is the receiver's.
  std::array<std::uint32_t, kTypes> behind_{};
  std::uint32_t in_epoch_ = 0;  ///< Types that the open epoch holds, as bits.
  Epoch ahead_;                 ///< What was told of the epoch after the open one.
  bool has_ahead_ = false;

  std::uint16_t gga_talker_ = 0;  ///< Of the last GGA with a time.
  Maybe<std::int32_t> gga_time_ms_;

  /// kLive: how an epoch ended: its last sentence and how many it had.
  struct End {
    Type type = Type::kRmc;
    std::uint16_t talker = 0;
    int sentences = 0;
    friend bool operator==(const End&, const End&) = default;
  };
  End end_;  ///< Of the open epoch, so far.
  End learnt_end_;
  int equal_ends_ = 0;          ///< How many epochs in a row ended like `learnt_end_`.
  bool closed_by_end_ = false;  ///< The last epoch was closed by its learnt end, and no other was opened since.
  base::Millis period_{1'000};
};

}  // namespace odograph::nmea
