#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/vehicle/outcome.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::vehicle {

/// Where a record comes from.
struct Context {
  const wire::BatchHeader& header;  ///< Vehicle, stream, lane, boot, and whether the vehicle evaluates rules itself.
  std::int32_t partition = 0;       ///< Of raw-data-topic.
  std::int64_t offset = 0;          ///< Of the message; all its records have the same.
};

/// When a module wants to be called again though nothing comes of its vehicle.
struct Wake {
  enum class By {
    kStreamTime,  ///< Once any vehicle of the partition told of that time: the same in a replay of a backlog.
    kWallClock,   ///< Once the clock on the wall says so, and only while the partition has caught up.
  };
  base::UtcTime at{};
  By by = By::kStreamTime;
  friend bool operator==(const Wake&, const Wake&) = default;
};

/// A value of a compacted topic that concerns a vehicle (trips-topic, vehicles-topic) or all of them (geofences-topic).
struct TableRow {
  std::string_view topic;
  std::string_view key;
  std::optional<std::string_view> value;  ///< Absent: taken away.
};

/// What one part of the processor knows and decides about one vehicle: arrivals, the alert rules.
///
/// Pure: no clock, no broker, no log. Time is event time and comes with the calls; the same calls give the same outputs
/// byte for byte, whether they come live or out of a backlog, in one life of the process or in ten: `save` before a
/// crash and `load` after it lie between any two calls. All calls come from one thread. Modules of a vehicle are called
/// in the order of their factories; what an earlier one put into `outcome.trip_news` is there for the later ones.
class Module {
 public:
  virtual ~Module() = default;

  /// A record of a stored lane (alert, event, bulk) that has not been here before; each lane in its order, while the
  /// lanes do not wait for each other. Alerts, odometers and learning are made of these.
  virtual void on_history(const Context& context, const model::Record& record, Outcome& outcome) = 0;

  /// A record of any lane, previews included, whose UTC is newer than that of all before it of this vehicle. Where it
  /// is of a stored lane, `on_history` has been called with it. What is shown (map, estimates) moves by these.
  virtual void on_live(const Context& context, const model::Record& record, Outcome& outcome) = 0;

  /// The time of a `wake()` has come. `now`: stream time or wall clock, as it was asked for, at or after `wake().at`.
  virtual void on_time(const Wake& now, Outcome& outcome) = 0;

  /// A row of a table came, at the start of a partition's work once for each row there is. Rows are not part of the
  /// transaction, so the same row may come again: what follows from it must be told once, by what `save` keeps.
  virtual void on_table(const TableRow& row, Outcome& outcome) = 0;

  /// The next time to be called at; asked after every call. Nothing: never.
  virtual std::optional<Wake> wake() const = 0;

  /// Appends all that `load` needs, in a format of the module's own that only ever grows; nothing if nothing is known.
  /// Equal states give equal bytes. Bounded: some kilobytes.
  virtual void save(std::string& bytes) const = 0;

  /// Once, before any other call, with what an earlier `save` gave. `kDrop`: unreadable, the module is as made anew.
  /// `kStop`: written by a newer version.
  virtual base::Status load(std::string_view bytes) = 0;
};

/// Makes one kind of module, and holds what its vehicles share (learned speeds, rules, fences).
class Factory {
 public:
  virtual ~Factory() = default;

  /// The field of `odograph.VehicleState` that keeps its bytes: 20 arrivals, 21 rules. For ever.
  virtual std::uint32_t state_field() const = 0;

  virtual std::unique_ptr<Module> make(std::string_view vehicle_id) = 0;

  /// A row of a table that all vehicles share, before any module is called with what follows from it.
  virtual void on_shared_row(const TableRow& row) = 0;

  /// Called right before each commit: what was learnt since the last one and has to be written with it.
  virtual void before_commit(Outcome& outcome) = 0;
};

}  // namespace odograph::vehicle
