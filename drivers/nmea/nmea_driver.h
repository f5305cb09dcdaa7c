#pragma once

#include <sys/types.h>

#include <optional>

#include "drivers/api/driver.h"
#include "drivers/nmea/device.h"
#include "drivers/nmea/nmea_decoder.h"

namespace odograph::nmea {

/// Name, options and makers of this driver, for the driver table.
const drivers::DriverInfo& driver_info();

/// A GNSS receiver on a serial port, a pty, a FIFO, a file or TCP.
///
/// A file that ends is taken up where it ended when it is opened again, from its beginning if it has become shorter.
class NmeaDriver final : public drivers::Driver {
 public:
  struct Settings {
    DeviceAddress device;
    std::int64_t baud = 9600;  ///< Serial ports only.
    DecoderSettings decoder;   ///< With Closing::kLive.
  };
  explicit NmeaDriver(Settings settings) : settings_(std::move(settings)), decoder_(settings_.decoder) {}

  base::Result<base::UniqueFd> open() override;

  /// Reads at most kReadBytesMax a call, so that a file or a fast peer cannot hold up the others. Hang-up and a refused
  /// connection are `kRetry`, the end of a regular file is `kStop`; the epoch that was open is closed first. A driver
  /// whose file is opened again goes on where it ended.
  base::Status read(int fd, base::BootTime now, drivers::Batch& batch) override;

  std::optional<base::BootTime> next_deadline() const override { return decoder_.next_deadline(); }
  base::Status on_deadline(int fd, base::BootTime now, drivers::Batch& batch) override;
  drivers::DecoderCounters counters() const override { return decoder_.counters(); }

  static constexpr std::size_t kReadBytesMax = 64 * 1024;

 private:
  std::string name() const;

  Settings settings_;
  NmeaDecoder decoder_;
  unsigned attempts_ = 0;  ///< TCP: connections begun.
  bool is_file_ = false;
  off_t file_offset_ = 0;  ///< Regular files: what was read of it.
};

}  // namespace odograph::nmea
