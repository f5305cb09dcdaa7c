#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "agent/collect/recording.h"
#include "drivers/api/decoder.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace boost::asio {
class io_context;
}

namespace odograph::collect {

/// Puts the readings of a recording on the time line of a virtual clock.
///
/// The first reading that tells a time stands at one second of boot time; each further one as long after the one before
/// as the recording says. The time line never steps back, nor ahead by more than kStepMax: a reading that does is
/// passed over, and the next one is measured from the one before it. If that does not fit either, but the two odd ones
/// fit together (a receiver that knew no date until now, two recordings in one file), the time line goes on from there,
/// having stood still for one step.
class RecordedTime {
 public:
  static constexpr base::Millis kStepMax = std::chrono::days{7};

  /// Shifts every time that a reading tells, so that the first one becomes `start`; nothing: as recorded.
  explicit RecordedTime(std::optional<base::UtcTime> start) : start_(start) {}

  /// Sets `reading.received`, and its fix's time if it is shifted.
  void place(model::Reading& reading, base::VirtualClock& clock);

 private:
  void follow(base::UtcTime told, base::VirtualClock& clock);

  std::optional<base::UtcTime> start_;
  std::optional<base::UtcTime> newest_;  ///< As recorded.
  std::optional<base::UtcTime> odd_;     ///< As recorded: the last one, if it did not follow newest_.
  base::Millis shift_{0};
};

/// How far into the recording, by its own clock, the first reading beyond `offset` lies; zero if there is none. A
/// replay that goes on there and is stamped as of now starts that much before now. Reads `recording` to that place.
base::Result<base::Millis> recorded_span(Recording& recording, drivers::Decoder& decoder, std::uint64_t offset);

struct ReplayOptions {
  double speed = 0;                      ///< Times the recording's own pace; 0: as fast as possible.
  std::optional<base::UtcTime> start{};  ///< Restamp: the first reading's time becomes this.
};

/// Feeds a recording through a decoder, on the loop, at the pace that was asked for. When the receiver has no room it
/// waits and loses nothing.
class Replay {
 public:
  struct Source {
    std::unique_ptr<Recording> recording;
    std::unique_ptr<drivers::Decoder> decoder;
    ReplayOptions options{};
  };
  struct Receiver {
    std::function<void(const model::Reading&)> on_reading;
    std::function<bool()> has_room;
    int room_fd = -1;                          ///< Readable while there is room.
    std::function<void(base::Status)> on_end;  ///< Once: the recording's end, or why it was not reached.
    /// True while readings lie before the place where an earlier run stopped: those are not paced.
    std::function<bool(const model::Reading&)> is_behind;
  };

  Replay(boost::asio::io_context& loop, base::VirtualClock& clock, Source source, Receiver receiver);
  ~Replay();

  void start();
  double progress() const;  ///< 0..1, of the file.
  const drivers::DecoderCounters& counters() const;
  std::uint64_t readings() const;  ///< Made so far of the recording.

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace odograph::collect
