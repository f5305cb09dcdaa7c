#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/time.h"
#include "lib/config/schema.h"

namespace odograph::config {

/// Degrees, WGS 84; north and east positive; |lat| <= 90, |lon| <= 180.
struct LatLon {
  double lat = 0;
  double lon = 0;
  friend bool operator==(const LatLon&, const LatLon&) = default;
};

using Value = std::variant<std::string, std::int64_t, double, bool, base::Millis, std::uint64_t,
                           std::vector<std::string>, std::vector<LatLon>>;

/// As TOML writes it.
std::string to_toml(const Value& value);

/// Where a value came from.
struct Origin {
  enum class From { kDefault, kFile, kSet } from = From::kDefault;
  std::string file;
  std::uint32_t line = 0;
};
std::string to_string(const Origin& origin);  ///< "default", "agent.toml:12", "--set"

/// A configuration that was validated whole, defaults filled in. Immutable; any thread may read it.
///
/// Keys are full: "kafka.brokers", "source.0.device". Asking for a key that the schema does not declare, for another
/// type than it declares, or for an option that is unset (`has` tells), is our own mistake and ends the program.
class Values {
 public:
  struct Entry {
    Type type = Type::kText;
    Reload reload = Reload::kNeedsRestart;
    std::optional<Value> value;
    Origin origin;
  };

  /// False for an option without default that nobody set.
  bool has(std::string_view key) const;
  const std::string& text(std::string_view key) const;
  std::filesystem::path path(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  bool boolean(std::string_view key) const;
  base::Millis duration(std::string_view key) const;
  std::uint64_t bytes(std::string_view key) const;
  const std::vector<std::string>& text_list(std::string_view key) const;
  const std::vector<LatLon>& positions(std::string_view key) const;

  const Origin& origin(std::string_view key) const;
  /// Number of `[[group]]` tables.
  std::size_t count(std::string_view group) const;
  /// One `[[group]]` table by itself: its keys are without the group's name ("device").
  Values item(std::string_view group, std::size_t index) const;

  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

  /// For `load`, which fills them.
  void put(std::string key, Entry entry) { entries_.insert_or_assign(std::move(key), std::move(entry)); }
  void put_count(std::string group, std::size_t count) { counts_.insert_or_assign(std::move(group), count); }

 private:
  const Entry& entry(std::string_view key) const;
  template <class T>
  const T& get(std::string_view key, Type type) const;

  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, std::size_t, std::less<>> counts_;
};

/// One key whose value differs; `from` and `to` as TOML, "unset" where there is none.
struct Change {
  std::string key;
  std::string from;
  std::string to;
  friend bool operator==(const Change&, const Change&) = default;
};

/// What a reload would change; keys in alphabetical order. Where a value came from makes no difference.
struct Diff {
  std::vector<Change> on_reload;
  std::vector<Change> needs_restart;
};
Diff diff(const Values& before, const Values& after);

}  // namespace odograph::config
