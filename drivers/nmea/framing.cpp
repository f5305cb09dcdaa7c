#include "drivers/nmea/framing.h"

#include <algorithm>
#include <cstring>

#include "lib/base/assert.h"

namespace odograph::nmea {
namespace {

/// 0..15, or -1 for what is no hex digit; either case is read.
int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const char lower = static_cast<char>(byte | 0x20);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

}  // namespace

void Framer::feed(std::string_view bytes, base::BootTime now) {
  ODOGRAPH_ASSERT(input_.empty());
  input_ = bytes;
  input_time_ = now;
  counters_.bytes += bytes.size();
}

bool Framer::next(Frame& frame) {
  while (!input_.empty()) {
    const Step step = carried_ != 0 ? step_carry(frame) : step_input(frame);
    if (step == Step::kFrame) return true;
  }
  return false;
}

void Framer::drop_partial() {
  counters_.garbage_bytes += carried_;
  carried_ = 0;
}

std::uint64_t Framer::offset() const { return input_offset_ - carried_; }

/// Skips to the next `$` or `!`. Line ends belong to the sentence before and are no garbage.
void Framer::hunt() {
  std::size_t at = 0;
  for (; at < input_.size(); ++at) {
    const char byte = input_[at];
    if (byte == '$' || byte == '!') break;
    if (byte != '\r' && byte != '\n') ++counters_.garbage_bytes;
  }
  input_.remove_prefix(at);
  input_offset_ += at;
}

Framer::Step Framer::step_input(Frame& frame) {
  hunt();
  if (input_.empty()) return Step::kNeedMore;
  std::size_t used = 0;
  const Step step = judge(input_, used, frame);
  if (step == Step::kNeedMore) {
    std::memcpy(carry_.data(), input_.data(), input_.size());
    carried_ = input_.size();
    carry_time_ = input_time_;
    used = input_.size();
  } else if (step == Step::kFrame) {
    frame.begin_offset = input_offset_;
    frame.end_offset = input_offset_ + used;
    frame.begun = input_time_;
  }
  input_.remove_prefix(used);
  input_offset_ += used;
  return step;
}

Framer::Step Framer::step_carry(Frame& frame) {
  const std::size_t taken = std::min(carry_.size() - carried_, input_.size());
  std::memcpy(carry_.data() + carried_, input_.data(), taken);
  std::size_t used = 0;
  const Step step = judge({carry_.data(), carried_ + taken}, used, frame);
  if (step == Step::kNeedMore) {
    // A full carry has always been judged, so that this was all of the input.
    ODOGRAPH_ASSERT(taken == input_.size());
    carried_ += taken;
    used = taken;
  } else {
    // What was carried gave no verdict, so that the verdict ends at or behind it.
    ODOGRAPH_ASSERT(used >= carried_);
    if (step == Step::kFrame) {
      frame.begin_offset = input_offset_ - carried_;
      frame.end_offset = frame.begin_offset + used;
      frame.begun = carry_time_;
    }
    used -= carried_;
    carried_ = 0;
  }
  input_.remove_prefix(used);
  input_offset_ += used;
  return step;
}

/// `bytes` begins at `$`; `used`: how many of them the verdict covers.
Framer::Step Framer::judge(std::string_view bytes, std::size_t& used, Frame& frame) {
  nmea::scan<NativeBlock>(bytes.data() + 1, bytes.data() + bytes.size(), scan_);
  used = 1 + scan_.length;
  frame.lead = bytes.front();
  frame.text = bytes.substr(1, scan_.length);
  frame.scan = &scan_;
  switch (scan_.end) {
    case ScanEnd::kStar: return judge_checksum(bytes, used);
    case ScanEnd::kNeedMore: return Step::kNeedMore;
    case ScanEnd::kTooLong: ++counters_.too_long; return Step::kDropped;
    case ScanEnd::kLineEnd:
      if (missing_checksum_ == MissingChecksum::kAccept) {
        ++counters_.sentences;
        return Step::kFrame;
      }
      ++counters_.no_checksum;
      return Step::kDropped;
    case ScanEnd::kRestart:
    case ScanEnd::kNoise: break;
  }
  counters_.garbage_bytes += used;
  return Step::kDropped;
}

Framer::Step Framer::judge_checksum(std::string_view bytes, std::size_t& used) {
  ++used;  // The star.
  int told = 0;
  for (int digit = 0; digit < 2; ++digit) {
    if (used == bytes.size()) return Step::kNeedMore;
    const int value = hex_digit(bytes[used]);
    if (value < 0) {
      ++counters_.bad_checksum;
      return Step::kDropped;
    }
    told = told * 16 + value;
    ++used;
  }
  if (told != scan_.sum) {
    ++counters_.bad_checksum;
    return Step::kDropped;
  }
  ++counters_.sentences;
  return Step::kFrame;
}

}  // namespace odograph::nmea
