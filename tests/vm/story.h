#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/outbox/outbox.h"
#include "lib/base/result.h"
#include "tests/powercut/oracle.h"

namespace odograph::vm {

/// A line of EventLog's.
struct Event {
  char kind = ' ';
  std::uint64_t stream_id = 0;                              ///< O
  std::uint32_t boot = 0;                                   ///< O
  std::uint32_t boot_nonce = 0;                             ///< O
  model::Lane lane = model::Lane::kBulk;                    ///< P
  std::uint32_t serial = 0;                                 ///< P
  bool taken = true;                                        ///< P; false if an R follows.
  std::array<std::uint64_t, powercut::kLanes> durable{};    ///< S
  std::array<std::uint64_t, powercut::kLanes> ring_full{};  ///< S
  outbox::Chunk chunk;                                      ///< H
  std::string text;                                         ///< T, N: the line.
};

/// What the writers did and were told, as an oracle can be told it.
class Story {
 public:
  /// `kStop` for a line that EventLog does not write.
  static base::Result<Story> read(const std::filesystem::path& path);
  const std::vector<Event>& events() const { return events_; }

 private:
  std::vector<Event> events_;
};

/// Tells an oracle a story up to a point, which ascends.
class Teller {
 public:
  enum class Promises {
    kCount,    ///< What was said to be durable must be there.
    kMayBreak  ///< The disk lied: what is there must be right, but may be less.
  };
  Teller(const Story& story, Promises promises) : story_(story), promises_(promises) {}

  /// Everything of the first `lines` lines has happened.
  void go_to(std::size_t lines);
  /// The oracle as it is before a process that got the boot number `next_boot` opens what the disk holds: the lines up
  /// to `possible` may have happened too, but what they promise was not yet said.
  powercut::Oracle before_boot(std::uint32_t next_boot, std::size_t possible) const;

 private:
  static void tell_made(const Event& event, powercut::Oracle& oracle);
  void tell_promised(const Event& event);
  void end_process(powercut::Oracle& oracle) const;

  const Story& story_;
  Promises promises_;
  powercut::Oracle oracle_{powercut::Weather::kFair, powercut::Bulk::kStored};
  outbox::Stats stats_;  ///< What the running process said last; boot 0 if there is none.
  std::size_t told_ = 0;
};

}  // namespace odograph::vm
