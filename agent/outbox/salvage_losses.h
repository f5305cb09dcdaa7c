#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/outbox/quarantine.h"
#include "agent/outbox/row.h"
#include "lib/model/record.h"

namespace odograph::outbox {

/// Holes that are told apart; what is beyond is told together with the one before.
inline constexpr std::size_t kHolesMax = 4096;

/// Works out from the numbers of what was salvaged which records of a stream are lost. Records are numbered densely per
/// lane and boot, so a hole between two of them is a loss of that many (or was evicted and told then: a hole that
/// eviction made is told a second time). Before the first and behind the last record of a lane there is only what was
/// known otherwise. One lane after another, each oldest first.
class SalvageLosses {
 public:
  /// What is known of the ends of a lane's table.
  struct Ends {
    bool first_is_sure = false;  ///< There was nothing before the first row that was salvaged.
    bool last_is_sure = false;   ///< Nor behind the last.
  };

  void on_row(const Row& row);
  /// How far `boot` went; from boot records, and from what was known when the file was put aside.
  void on_boot_ends(std::uint32_t boot, const model::LaneEnds& ends) { boot_ends_[boot] = ends; }

  /// After all lanes. Where a lane's end is not sure, and nobody told the last number of a boot, the loss goes from
  /// what is missing first to the greatest number there is, and counts one record: how many there were is not known.
  std::vector<model::LossReport> finish(const std::array<Ends, kLanes>& ends) const;

  /// Of a file that is gone: everything that it held, which is the newest of what was numbered.
  static std::vector<model::LossReport> all_of(const KnownOfFile& known);

  /// The newest boot that was seen or told of; 0 if none.
  std::uint32_t last_boot() const;
  /// Its last numbers, as far as they are known.
  model::LaneEnds last_ends() const;

 private:
  struct Run {
    std::uint32_t first_n = 0;
    std::uint32_t last_n = 0;
  };
  struct Lane {
    std::map<std::uint32_t, Run> boots;    ///< First and last number salvaged.
    std::vector<model::LossReport> holes;  ///< Within a boot.
  };
  std::set<std::uint32_t> boots() const;
  std::optional<std::uint32_t> told_end(model::Lane lane, std::uint32_t boot) const;

  std::array<Lane, kLanes> lanes_;
  std::map<std::uint32_t, model::LaneEnds> boot_ends_;
};

}  // namespace odograph::outbox
