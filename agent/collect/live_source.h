#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "drivers/api/driver.h"
#include "lib/base/time.h"

namespace boost::asio {
class io_context;
}

namespace odograph::collect {

/// How a source is doing, for status and metrics.
struct SourceHealth {
  std::string name;
  bool open = false;
  std::string trouble;  ///< Why it is not open, or why it was last closed; empty if never.
  std::string ended;    ///< That all of it was read and nothing more will come, as of a file; else empty.
  std::optional<base::BootTime> last_reading;
  std::uint64_t readings = 0;
  std::uint64_t reopened = 0;
  drivers::DecoderCounters counters;
};

/// How long to wait before the next attempt to open a device: 1 s, doubled up to 60 s; `failures` counts from 1.
base::Millis reopen_after(unsigned failures);

/// One configured source on the loop: opens the device, waits for bytes and deadlines, and opens it again with back-off
/// when it goes away or cannot be waited for. A regular file is read to its end, a little each turn of the loop, and
/// then left. Everything happens on the loop's thread.
class LiveSource {
 public:
  /// Gets every batch that holds readings; must not keep references into it.
  using OnBatch = std::function<void(drivers::Batch&)>;

  /// False while a file had better wait before its next reading.
  using HasRoom = std::function<bool()>;

  /// What is read, under the name that the configuration gives it.
  struct Device {
    std::string name;
    std::unique_ptr<drivers::Driver> driver;
    HasRoom has_room{};  ///< Asked for regular files only; nothing: there always is.
  };

  LiveSource(boost::asio::io_context& loop, const base::Clock& clock, Device device, OnBatch on_batch);
  ~LiveSource();  ///< Closes the device; nothing is called afterwards.

  void start();
  SourceHealth health() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace odograph::collect
