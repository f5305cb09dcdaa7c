#pragma once

#include <optional>
#include <string_view>

#include "drivers/api/decoder.h"
#include "drivers/nmea/epoch_grouper.h"
#include "drivers/nmea/framing.h"
#include "drivers/nmea/sentence.h"

namespace odograph::nmea {

/// How a decoder treats its source.
struct DecoderSettings {
  MissingChecksum missing_checksum = MissingChecksum::kRefuse;
  ZeroPosition zero_position = ZeroPosition::kVoid;
  Closing closing = Closing::kRecording;
  base::Millis silence{150};  ///< kLive: the shortest silence that closes an epoch.
};

/// NMEA 0183 as one model::Fix for each epoch: RMC, GGA, GNS, GLL, VTG, GSA, GST and ZDA, from any talker.
///
/// `Reading::offset` is where the sentence begins that starts the next epoch, so that a source which is taken up again
/// there gives the next epoch whole; for the last epoch it is the end of what was fed. `Reading::received` is when the
/// epoch's first sentence with a time began. No sentence costs an allocation once the batch has its size.
class NmeaDecoder final : public drivers::Decoder {
 public:
  explicit NmeaDecoder(const DecoderSettings& settings)
      : zero_position_(settings.zero_position),
        closing_(settings.closing),
        framer_(settings.missing_checksum, counters_),
        grouper_(settings.closing, settings.silence, counters_) {}
  NmeaDecoder(const NmeaDecoder&) = delete;
  NmeaDecoder& operator=(const NmeaDecoder&) = delete;

  void feed(std::string_view bytes, base::BootTime now, drivers::Batch& batch) override;

  /// Closes the open epoch. At the end of a recording the beginning of a sentence is given up; live, its end may yet
  /// come.
  void finish(base::BootTime now, drivers::Batch& batch) override;

  void reset() override;
  std::optional<base::BootTime> next_deadline() const override { return grouper_.next_deadline(); }
  const drivers::DecoderCounters& counters() const override { return counters_; }

 private:
  ZeroPosition zero_position_;
  Closing closing_;
  drivers::DecoderCounters counters_;
  Framer framer_;
  EpochGrouper grouper_;
  Memory memory_;
  Sentence sentence_;
};

}  // namespace odograph::nmea
