#include "drivers/nmea/nmea_decoder.h"

namespace odograph::nmea {

void NmeaDecoder::feed(std::string_view bytes, base::BootTime now, drivers::Batch& batch) {
  framer_.feed(bytes, now);
  Frame frame;
  while (framer_.next(frame)) {
    switch (parse_sentence(frame, zero_position_, memory_, sentence_)) {
      case Parsed::kTold: grouper_.add(sentence_, frame, batch); break;
      case Parsed::kFlawed:
        ++counters_.malformed;
        grouper_.add(sentence_, frame, batch);
        break;
      case Parsed::kSilent: break;
      case Parsed::kUnknown: ++counters_.unknown_type; break;
      case Parsed::kMalformed: ++counters_.malformed; break;
    }
  }
}

void NmeaDecoder::finish(base::BootTime /*now*/, drivers::Batch& batch) {
  if (closing_ == Closing::kRecording) framer_.drop_partial();
  grouper_.close(framer_.offset(), batch);
}

void NmeaDecoder::reset() {
  framer_.drop_partial();
  grouper_.reset();
}

}  // namespace odograph::nmea
