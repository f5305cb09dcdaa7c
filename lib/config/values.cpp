#include "lib/config/values.h"

#include <set>

#include "lib/base/assert.h"
#include "lib/base/url_password.h"
#include "lib/config/notation.h"

namespace odograph::config {
namespace {

struct ToToml {
  std::string operator()(const std::string& value) const { return quote(value); }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return format_number(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(base::Millis value) const { return quote(format_duration(value)); }
  std::string operator()(std::uint64_t value) const { return quote(format_bytes(value)); }
  std::string operator()(const std::vector<std::string>& list) const {
    std::string out;
    for (const std::string& text : list) out += (out.empty() ? "" : ", ") + quote(text);
    return "[" + out + "]";
  }
  std::string operator()(const std::vector<LatLon>& list) const {
    std::string out;
    for (const LatLon& at : list) {
      out += (out.empty() ? "[" : ", [") + format_number(at.lat) + ", " + format_number(at.lon) + "]";
    }
    return "[" + out + "]";
  }
};

std::string describe(const Values::Entry* entry) {
  if (entry == nullptr || !entry->value) return "unset";
  const auto* text = std::get_if<std::string>(&*entry->value);
  return text != nullptr ? quote(base::without_password(*text)) : to_toml(*entry->value);
}

}  // namespace

std::string to_toml(const Value& value) { return std::visit(ToToml{}, value); }

std::string to_string(const Origin& origin) {
  switch (origin.from) {
    case Origin::From::kDefault: return "default";
    case Origin::From::kFile: return origin.file + ":" + std::to_string(origin.line);
    case Origin::From::kSet: return "--set";
  }
  return "";
}

const Values::Entry& Values::entry(std::string_view key) const {
  const auto found = entries_.find(key);
  ODOGRAPH_ASSERT(found != entries_.end());
  return found->second;
}

template <class T>
const T& Values::get(std::string_view key, Type type) const {
  const Entry& at = entry(key);
  ODOGRAPH_ASSERT(at.type == type);
  ODOGRAPH_ASSERT(at.value.has_value());
  const T* value = std::get_if<T>(&*at.value);
  ODOGRAPH_ASSERT(value != nullptr);
  return *value;
}

bool Values::has(std::string_view key) const { return entry(key).value.has_value(); }
const std::string& Values::text(std::string_view key) const { return get<std::string>(key, Type::kText); }
std::filesystem::path Values::path(std::string_view key) const { return get<std::string>(key, Type::kPath); }
std::int64_t Values::integer(std::string_view key) const { return get<std::int64_t>(key, Type::kInteger); }
double Values::number(std::string_view key) const { return get<double>(key, Type::kNumber); }
bool Values::boolean(std::string_view key) const { return get<bool>(key, Type::kBoolean); }
base::Millis Values::duration(std::string_view key) const { return get<base::Millis>(key, Type::kDuration); }
std::uint64_t Values::bytes(std::string_view key) const { return get<std::uint64_t>(key, Type::kBytes); }
const std::vector<std::string>& Values::text_list(std::string_view key) const {
  return get<std::vector<std::string>>(key, Type::kTextList);
}
const std::vector<LatLon>& Values::positions(std::string_view key) const {
  return get<std::vector<LatLon>>(key, Type::kPositions);
}

const Origin& Values::origin(std::string_view key) const { return entry(key).origin; }

std::size_t Values::count(std::string_view group) const {
  const auto found = counts_.find(group);
  ODOGRAPH_ASSERT(found != counts_.end());
  return found->second;
}

Values Values::item(std::string_view group, std::size_t index) const {
  ODOGRAPH_ASSERT(index < count(group));
  const std::string prefix = item_key(group, index, "") + ".";
  Values out;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
    out.put(at->first.substr(prefix.size()), at->second);
  }
  return out;
}

Diff diff(const Values& before, const Values& after) {
  std::set<std::string> keys;
  for (const auto& [key, entry] : before.entries()) keys.insert(key);
  for (const auto& [key, entry] : after.entries()) keys.insert(key);

  Diff out;
  for (const std::string& key : keys) {
    const auto old_at = before.entries().find(key);
    const auto new_at = after.entries().find(key);
    const Values::Entry* old_entry = old_at == before.entries().end() ? nullptr : &old_at->second;
    const Values::Entry* new_entry = new_at == after.entries().end() ? nullptr : &new_at->second;
    Change change{key, describe(old_entry), describe(new_entry)};
    if (change.from == change.to) continue;
    const Reload reload = new_entry != nullptr ? new_entry->reload : old_entry->reload;
    (reload == Reload::kOnReload ? out.on_reload : out.needs_restart).push_back(std::move(change));
  }
  return out;
}

}  // namespace odograph::config
