#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "agent/outbox/outbox.h"
#include "tests/powercut/process.h"

namespace odograph::fulldisk {

inline constexpr std::uint32_t kBootsMax = 8;

/// Says what is wrong and ends the process.
[[noreturn]] void broken(const std::string& what);

/// What all processes of a story know of the records; lies in memory that they share, so that a kill does not take it.
struct Known {
  using Lanes = std::array<std::uint64_t, outbox::kLanes>;
  std::array<Lanes, kBootsMax> durable{};  ///< The last number of each boot's lanes that was reported durable.
  Lanes acked{};                           ///< `boot << 32 | n` of the last record that was acknowledged.
  Lanes pushed{};
  std::uint64_t commits = 0;
  std::uint64_t thinned = 0, evicted = 0, deleted = 0;  ///< Of bulk.
};
/// Of a process and of those that it forks.
Known& shared_known();

/// One process of the outbox. Everything has to become durable as its policy says, and nothing else may be told.
class Trial {
 public:
  Trial(const outbox::Options& options, Known& known);

  /// `count` records, which do not compress; bulk with another `reason` than time is kept when bulk is thinned.
  void push(model::Lane lane, int count, std::uint32_t reason = model::reason::kTime);
  /// Of some 600 bytes each.
  void push_large(model::Lane lane, int count);
  void commit();
  /// Takes and acknowledges up to `chunks` chunks.
  void deliver(model::Lane lane, int chunks);
  /// Everything that is there, has to be; what is not there has to be told, or have been acknowledged.
  void check_all();
  void finish();
  outbox::Stats stats() const { return process_.loop->stats(); }

 private:
  using Records = std::map<std::uint64_t, model::Record>;
  void take_all(std::array<Records, outbox::kLanes>& came);
  void check_lane(model::Lane lane, const std::array<Records, outbox::kLanes>& came) const;
  void note();

  std::filesystem::path directory_;
  Known& known_;
  Known before_;  ///< As it was when this process began.
  powercut::Process process_;
};

}  // namespace odograph::fulldisk
