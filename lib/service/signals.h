#pragma once

#include <optional>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace odograph::service {

enum class Signal {
  kStop,    ///< SIGTERM or SIGINT.
  kReload,  ///< SIGHUP.
};

/// Signals as a descriptor that poll(2) or Asio waits on (signalfd(2)).
///
/// Blocks the three signals in the calling thread and ignores SIGPIPE: make it in `main` before any thread starts, so
/// that all inherit the mask. They stay blocked when it is gone: what comes during the shutdown must not cut it short.
class Signals {
 public:
  static base::Result<Signals> create();

  int fd() const { return fd_.get(); }  ///< Readable while a signal waits.
  std::optional<Signal> next() const;   ///< Nothing if none waits; never blocks.

 private:
  explicit Signals(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::UniqueFd fd_;
};

}  // namespace odograph::service
