#include "fleet/dispatch/fence_commands.h"

#include <algorithm>
#include <iomanip>
#include <ostream>

#include "fleet/fences/fence_row.h"
#include "fleet/topics/topic_table.h"

namespace odograph::dispatch {
namespace {

constexpr std::chrono::milliseconds kWriteWithin{30'000};

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

void tell(const FencePlan& plan, const FenceTimes& times, std::ostream& out) {
  for (const std::string& note : plan.notes) out << note << '\n';
  if (plan.past == 0) return;
  out << plural(plan.past, "change") << " from before " << base::to_rfc3339(soonest(times.now))
      << ": records of that time that are judged already stay so, and a backlog that is read again gives other "
         "alerts\n";
}

std::string shape(const fences::FenceVersion& version) {
  if (!version.area) return "ended";
  if (version.area->outline.empty()) return "circle of " + std::to_string(version.area->radius_m) + " m";
  return plural(version.area->outline.size(), "corner");
}

std::string alert(const fences::FenceVersion& version) {
  if (!version.alert) return "";
  const fences::FenceAlert& alert = *version.alert;
  std::string text = alert.when == rules::GeofenceConfig::When::kOutside ? "outside, " : "inside, ";
  text += model::to_string(alert.severity);
  if (!alert.vehicles.empty()) text += ", " + plural(alert.vehicles.size(), "vehicle");
  if (!alert.groups.empty()) text += ", " + plural(alert.groups.size(), "group");
  return text;
}

void print_table(const FencesInForce& in_force, std::ostream& out) {
  std::size_t width = 5;
  for (const auto& [id, row] : in_force.rows) width = std::max(width, id.size());
  const auto cell = [&out](const std::string& text, std::size_t size) {
    out << std::left << std::setw(static_cast<int>(size) + 2) << text;
  };
  cell("fence", width);
  out << "valid from                area                alert\n";
  for (const auto& [id, row] : in_force.rows) {
    for (const fences::FenceVersion& version : row.versions) {
      cell(id, width);
      cell(base::to_rfc3339(version.valid_from), 24);
      if (alert(version).empty()) {
        out << shape(version) << '\n';
      } else {
        cell(shape(version), 18);
        out << alert(version) << '\n';
      }
    }
  }
}

}  // namespace

base::Result<FencesInForce> read_fences_in_force(const Broker& broker) {
  auto table = read_table(topics::kGeofences, broker);
  if (!table) return table.error();
  FencesInForce in_force;
  for (const auto& [id, value] : *table) {
    auto row = fences::from_message(id, value);
    if (row) {
      in_force.rows[id] = *std::move(row);
    } else {
      in_force.unreadable[id] = row.error().what;
    }
  }
  return in_force;
}

base::Status put_fences(const fences::FenceFile& file, const PutFences& how, const Broker& broker, std::ostream& out) {
  const auto in_force = read_fences_in_force(broker);
  if (!in_force) return in_force.error();
  const auto plan = plan_fences(*in_force, file.fences, how.times);
  if (!plan) return plan.error();
  if (how.dry_run == DryRun::kNo) {
    if (auto status = write_all(topics::kGeofences, plan->writes, broker, kWriteWithin); !status) return status;
  }
  out << plural(file.fences.size(), "feature") << ": " << plan->fresh << " new, " << plan->changed << " changed, "
      << plan->ended << " ended, " << plan->unchanged << " as they were\n"
      << plural(plan->writes.size(), "fence") << (how.dry_run == DryRun::kYes ? " would be" : "") << " written\n";
  tell(*plan, how.times, out);
  if (file.unused.empty()) return {};
  out << "properties that are not looked at:";
  for (const std::string& name : file.unused) out << ' ' << name;
  out << '\n';
  return {};
}

base::Status list_fences(ListOptions::Format format, const Broker& broker, std::ostream& out, std::ostream& err) {
  const auto in_force = read_fences_in_force(broker);
  if (!in_force) return in_force.error();
  if (format == ListOptions::Format::kJson) {
    out << fences::to_geojson(in_force->rows);
  } else if (in_force->rows.empty()) {
    out << "no fences are in force\n";
  } else {
    print_table(*in_force, out);
  }
  for (const auto& [id, why] : in_force->unreadable) err << "fence " << id << " cannot be read: " << why << '\n';
  return {};
}

base::Status remove_fences(const std::vector<std::string>& ids, const FenceTimes& times, const Broker& broker,
                           std::ostream& out) {
  const auto in_force = read_fences_in_force(broker);
  if (!in_force) return in_force.error();
  const auto plan = plan_removal(*in_force, ids, times);
  if (!plan) return plan.error();
  if (auto status = write_all(topics::kGeofences, plan->writes, broker, kWriteWithin); !status) return status;
  out << plural(plan->ended, "fence") << (plan->ended == 1 ? " ends" : " end") << " at "
      << base::to_rfc3339(times.valid_from.value_or(soonest(times.now))) << '\n';
  tell(*plan, times, out);
  return {};
}

}  // namespace odograph::dispatch
