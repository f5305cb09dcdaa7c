#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "drivers/api/decoder.h"
#include "drivers/nmea/scan.h"
#include "lib/base/time.h"

namespace odograph::nmea {

/// What becomes of a line that ends without `*hh`.
enum class MissingChecksum : std::uint8_t { kRefuse, kAccept };

/// A sound sentence: checksum right, or none where that is accepted. Holds until the next call of the framer.
struct Frame {
  char lead = '$';                 ///< `$`, or `!` for an encapsulated sentence (AIS).
  std::string_view text;           ///< Between `$` and `*`, both excluded.
  const Scan* scan = nullptr;      ///< Its commas.
  std::uint64_t begin_offset = 0;  ///< Of `$` in the source.
  std::uint64_t end_offset = 0;    ///< Behind the checksum, or at the line's end where there is none.
  base::BootTime begun;            ///< When `$` came.
};

/// Finds the sentences in a stream that may be cut anywhere and hold anything.
///
/// A sentence begins at every `$` or `!`, also inside another one (whose beginning was cut off), and is complete with
/// the second digit of its checksum, so that CR, LF, CRLF or nothing at all may follow. Control characters and bytes
/// from 0x80 on end it. Never reads or keeps more than kSentenceBytesMax of a sentence. One thread.
class Framer {
 public:
  /// `counters` outlives the framer, which counts everything in it but malformed, unknown and late sentences.
  Framer(MissingChecksum missing_checksum, drivers::DecoderCounters& counters)
      : missing_checksum_(missing_checksum), counters_(counters) {}

  /// Gives it the source's next bytes, which stay where they are until `next` has said no.
  void feed(std::string_view bytes, base::BootTime now);

  /// The next sound sentence; false when the bytes are used up and a beginning, if there is one, has been kept.
  bool next(Frame& frame);

  /// Gives up a sentence whose end will not come; its bytes count as garbage.
  void drop_partial();

  /// Up to where everything was dealt with: the beginning of a half received sentence, else the end of what was fed.
  std::uint64_t offset() const;

 private:
  enum class Step : std::uint8_t { kFrame, kDropped, kNeedMore };

  Step step_input(Frame& frame);
  Step step_carry(Frame& frame);
  Step judge(std::string_view bytes, std::size_t& used, Frame& frame);
  Step judge_checksum(std::string_view bytes, std::size_t& used);
  void hunt();

  MissingChecksum missing_checksum_;
  drivers::DecoderCounters& counters_;
  Scan scan_;
  std::string_view input_;          ///< What of the last feed is not yet dealt with.
  std::uint64_t input_offset_ = 0;  ///< Of its first byte in the source.
  base::BootTime input_time_;
  std::array<char, kSentenceBytesMax> carry_{};  ///< The beginning of a sentence whose end was not yet fed.
  std::size_t carried_ = 0;
  base::BootTime carry_time_;
};

}  // namespace odograph::nmea
