#include "drivers/nmea/nmea_driver.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace odograph::nmea {
namespace {

using drivers::DriverOption;
using drivers::OptionType;

constexpr std::string_view kDeviceAliases[] = {"port", "path", "host", "address", "tty", "file", "url"};
constexpr std::string_view kBaudAliases[] = {"speed", "bps", "bitrate"};

constexpr std::array kOptions = {
    DriverOption{.name = "device",
                 .type = OptionType::kText,
                 .default_value = "",
                 .required = true,
                 .one_of = {},
                 .doc = "A serial port (\"/dev/ttyUSB0\"), a pty, a FIFO, a file, or \"tcp://host:port\".",
                 .aliases = kDeviceAliases},
    DriverOption{.name = "baud",
                 .type = OptionType::kInteger,
                 .default_value = "9600",
                 .min = 4'800,
                 .max = 921'600,
                 .one_of = {},
                 .doc = "Serial ports: 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600; 8N1.",
                 .aliases = kBaudAliases},
    DriverOption{.name = "require_checksum",
                 .type = OptionType::kBoolean,
                 .default_value = "true",
                 .one_of = {},
                 .doc = "Refuse sentences without a checksum. Only some receivers of the 1990s need false."},
    DriverOption{.name = "accept_zero_position",
                 .type = OptionType::kBoolean,
                 .default_value = "false",
                 .one_of = {},
                 .doc = "Believe exactly 0 N 0 E, which receivers without a fix like to tell."},
    DriverOption{.name = "silence_ms",
                 .type = OptionType::kInteger,
                 .default_value = "150",
                 .min = 20,
                 .max = 10'000,
                 .one_of = {},
                 .doc = "An epoch is complete after this silence, or 30 % of the receiver's period if that is longer."},
};

DecoderSettings decoder_settings(const drivers::SourceOptions& options, Closing closing) {
  return {.missing_checksum = options.boolean("require_checksum") ? MissingChecksum::kRefuse : MissingChecksum::kAccept,
          .zero_position = options.boolean("accept_zero_position") ? ZeroPosition::kValid : ZeroPosition::kVoid,
          .closing = closing,
          .silence = base::Millis{options.integer("silence_ms")}};
}

base::Result<std::unique_ptr<drivers::Driver>> make_driver(const drivers::SourceOptions& options) {
  auto device = parse_device(options.text("device"));
  if (!device) return device.error();
  const std::int64_t baud = options.integer("baud");
  if (auto known = check_baud_rate(baud); !known) return known.error();
  return std::unique_ptr<drivers::Driver>(std::make_unique<NmeaDriver>(
      NmeaDriver::Settings{std::move(*device), baud, decoder_settings(options, Closing::kLive)}));
}

std::unique_ptr<drivers::Decoder> make_decoder(const drivers::SourceOptions& options) {
  return std::make_unique<NmeaDecoder>(decoder_settings(options, Closing::kRecording));
}

}  // namespace

const drivers::DriverInfo& driver_info() {
  static constexpr drivers::DriverInfo kInfo = {
      .name = "nmea",
      .summary = "GNSS receivers that speak NMEA 0183: serial port, pty, file or TCP",
      .options = kOptions,
      .make_driver = make_driver,
      .make_decoder = make_decoder,
  };
  return kInfo;
}

std::string NmeaDriver::name() const {
  return settings_.device.path.empty() ? settings_.device.host + " port " + settings_.device.service
                                       : settings_.device.path;
}

base::Result<base::UniqueFd> NmeaDriver::open() {
  decoder_.reset();
  if (settings_.device.path.empty()) return open_tcp(settings_.device, attempts_++);
  auto fd = open_path(settings_.device.path, settings_.baud);
  if (!fd) return fd;
  struct stat status {};
  is_file_ = fstat(fd->get(), &status) == 0 && S_ISREG(status.st_mode);
  if (is_file_) {
    if (status.st_size < file_offset_) file_offset_ = 0;
    if (lseek(fd->get(), file_offset_, SEEK_SET) < 0) {
      return base::retry_error("seek in " + name() + ": " + std::generic_category().message(errno));
    }
  }
  return fd;
}

base::Status NmeaDriver::read(int fd, base::BootTime now, drivers::Batch& batch) {
  std::array<char, 4096> buffer{};
  for (std::size_t total = 0; total < kReadBytesMax;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) {
      decoder_.feed({buffer.data(), static_cast<std::size_t>(got)}, now, batch);
      if (is_file_) file_offset_ += got;
      total += static_cast<std::size_t>(got);
      continue;
    }
    const int error = got == 0 ? 0 : errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) return {};
    decoder_.finish(now, batch);
    if (error == 0 && is_file_) return base::stop_error(name() + " was read to its end");
    return base::retry_error(name() + (error == 0 ? " ended" : ": " + std::generic_category().message(error)));
  }
  return {};
}

base::Status NmeaDriver::on_deadline(int /*fd*/, base::BootTime now, drivers::Batch& batch) {
  decoder_.finish(now, batch);
  return {};
}

}  // namespace odograph::nmea
