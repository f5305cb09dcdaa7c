#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "agent/track/trusted_time.h"
#include "lib/base/time.h"

namespace odograph::agent {

/// The time to sign tokens by on a vehicle: the receiver's where the kernel does not say that the system's clock is
/// kept right. Any thread.
class SigningClock final : public base::Clock {
 public:
  /// `system` is asked for everything that the receiver does not tell.
  explicit SigningClock(std::unique_ptr<const base::Clock> system) : system_(std::move(system)) {}

  base::BootTime boot_now() const override { return system_->boot_now(); }
  std::optional<base::SystemUtc> utc_now() const override;

  /// What the vehicle knows of the time; counts if a receiver told it.
  void set_anchor(const track::Anchor& anchor);

 private:
  const std::unique_ptr<const base::Clock> system_;
  mutable std::mutex mutex_;
  std::optional<base::Millis> offset_;  ///< From time since boot to UTC.
};

}  // namespace odograph::agent
