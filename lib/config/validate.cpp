// The second half of Loader: what was found against what is declared.
#include <algorithm>

#include "lib/base/assert.h"
#include "lib/config/check.h"
#include "lib/config/loader.h"
#include "lib/config/notation.h"

namespace odograph::config {

void Loader::declare_groups() {
  for (const GroupSpec& group : schema_.groups) {
    auto& items = items_[group.key];
    const std::string brackets = "[[" + group.key + "]]";
    if (items.size() > group.count_max) {
      const auto first_too_many = std::next(items.begin(), static_cast<std::ptrdiff_t>(group.count_max));
      add_problem(first_too_many->second, "expected at most " + std::to_string(group.count_max) + " " + brackets);
      drop_items_from(group, first_too_many->first);
    }
    if (items.size() < group.count_min) {
      add_problem(missing(group.key), "expected at least " + std::to_string(group.count_min) + " " + brackets +
                                          ", found " + std::to_string(items.size()));
    }
    std::size_t expected = 0;
    for (const auto& [index, opened] : items) {
      // Only --set can name a number; in a file they follow each other.
      if (index != expected++) {
        add_problem(opened, "there is no " + item_key(group.key, expected - 1, "") + " before it");
        drop_items_from(group, index);
        break;
      }
      declare_item(group, index);
    }
    values_.put_count(group.key, items.size());
  }
}

/// What they hold is not looked at: that they are there is the problem.
void Loader::drop_items_from(const GroupSpec& group, std::size_t index) {
  unsound_.insert(group.key);
  auto& items = items_[group.key];
  items.erase(items.lower_bound(index), items.end());
  std::erase_if(found_, [&](const auto& entry) {
    const KeyParts parts = split_key(schema_, entry.first);
    return parts.group == &group && parts.index >= index;
  });
}

void Loader::declare_item(const GroupSpec& group, std::size_t index) {
  const auto declare = [&](const OptionSpec& option) {
    declared_.push_back({item_key(group.key, index, option.key), &option});
  };
  for (const OptionSpec& option : group.options) declare(option);
  if (group.selector.empty()) return;
  if (const VariantSpec* variant = variant_of(group, index)) {
    for (const OptionSpec& option : variant->options) declare(option);
    return;
  }
  for (const VariantSpec& variant : group.variants) {
    for (const OptionSpec& option : variant.options) tolerated_.insert(item_key(group.key, index, option.key));
  }
}

const VariantSpec* Loader::variant_of(const GroupSpec& group, std::size_t index) const {
  if (group.selector.empty()) return nullptr;
  const OptionSpec* selector = find_option(item_key(group.key, index, group.selector));
  ODOGRAPH_ASSERT(selector != nullptr);
  const auto found = found_.find(item_key(group.key, index, group.selector));
  std::string name = selector->default_value.value_or("");
  if (found != found_.end()) {
    const auto* text = std::get_if<std::string>(&found->second.node.what);
    name = text == nullptr ? "" : *text;
  }
  std::vector<std::string> names;
  for (const VariantSpec& candidate : group.variants) names.push_back(candidate.name);
  // One that was mistyped is the problem of its own; what it would take is looked at all the same.
  const std::string meant = nearest_word(name, names);
  const auto variant = std::find_if(group.variants.begin(), group.variants.end(),
                                    [&](const VariantSpec& candidate) { return candidate.name == meant; });
  return variant == group.variants.end() ? nullptr : &*variant;
}

void Loader::check_unknown(const std::string& key, const Found& found) {
  if (tolerated_.contains(key)) return;
  const Where at = where(found.origin, found.place, key);
  const auto* list = std::get_if<std::vector<Node>>(&found.node.what);
  for (const GroupSpec& group : schema_.groups) {
    if (group.key != key) continue;
    if (list == nullptr || !list->empty()) {
      add_problem(at, "expected tables headed [[" + key + "]], found " + describe(found.node));
    }
    return;
  }
  const auto under = [&](const OptionSpec& option) { return option.key.starts_with(key + "."); };
  if (std::any_of(schema_.options.begin(), schema_.options.end(), under)) {
    add_problem(at, "expected a table headed [" + key + "], found " + describe(found.node));
    return;
  }
  add_problem(at, unknown(key));
}

void Loader::check_found() {
  std::map<std::string, const OptionSpec*> declared;
  for (const Declared& at : declared_) declared.emplace(at.key, at.option);

  std::vector<const std::map<std::string, Found>::value_type*> in_order;
  for (const auto& entry : found_) in_order.push_back(&entry);
  std::stable_sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) {
    const bool a_is_set = a->second.origin.from == Origin::From::kSet;
    const bool b_is_set = b->second.origin.from == Origin::From::kSet;
    return a_is_set != b_is_set ? b_is_set : a->second.place < b->second.place;
  });
  for (const auto* entry : in_order) {
    const auto& [key, found] = *entry;
    const auto at = declared.find(key);
    if (at == declared.end()) {
      check_unknown(key, found);
      continue;
    }
    const OptionSpec& option = *at->second;
    const auto value = check_value(option, found.node);
    if (!value) {
      refuse(key, option, found);
      continue;
    }
    values_.put(key, {option.type, option.reload, value, found.origin});
  }
}

void Loader::refuse(const std::string& key, const OptionSpec& option, const Found& found) {
  unsound_.insert(key);
  const std::vector<BadItem> bad = bad_items(option, found.node);
  if (bad.empty()) {
    add_problem(where(found.origin, found.place, key),
                "expected " + expectation(option) + ", found " + describe(found.node));
  }
  for (const BadItem& item : bad) {
    add_problem(where(found.origin, item.node->place, key + "[" + std::to_string(item.index) + "]"),
                "expected " + item_expectation(option) + ", found " + describe(*item.node));
  }
}

void Loader::fill_in() {
  for (const Declared& at : declared_) {
    if (found_.contains(at.key)) continue;
    const OptionSpec& option = *at.option;
    Values::Entry entry{option.type, option.reload, std::nullopt, {}};
    if (option.required) {
      const KeyParts parts = split_key(schema_, at.key);
      Where place = missing(at.key);
      std::string hint;
      if (parts.group != nullptr) {
        place = items_[parts.group->key][parts.index];
        place.text += "." + option.key;
      } else if (const auto dot = at.key.rfind('.'); place.part == Where::Part::kMissing && dot != std::string::npos) {
        hint = "; there is no [" + at.key.substr(0, dot) + "]";
      }
      unsound_.insert(at.key);
      add_problem(place, "missing, expected " + expectation(option) + hint);
    } else if (option.default_value) {
      entry.value = schema_value(option, *option.default_value);
    }
    values_.put(at.key, std::move(entry));
  }
}

void Loader::check_unique() {
  for (const GroupSpec& group : schema_.groups) {
    if (group.unique.empty()) continue;
    std::set<std::string> seen;
    for (const auto& [index, opened] : items_[group.key]) {
      const std::string key = item_key(group.key, index, group.unique);
      const auto found = found_.find(key);
      if (found == found_.end()) continue;
      const auto* text = std::get_if<std::string>(&found->second.node.what);
      if (text == nullptr || seen.insert(*text).second) continue;
      unsound_.insert(key);
      add_problem(where(found->second.origin, found->second.place, key),
                  "expected a value that no other [[" + group.key + "]] has, found " + quote(*text) + " again");
    }
  }
}

/// Sound is what has a value, or may have none, and for a table or group everything in it.
bool Loader::is_sound(const std::string& key) const {
  const auto first = unsound_.lower_bound(key);
  if (first != unsound_.end() && *first == key) return false;
  const auto inside = unsound_.lower_bound(key + ".");
  return inside == unsound_.end() || !inside->starts_with(key + ".");
}

/// Where `key` was set, else where something was that it does not go together with.
Loader::Where Loader::where_set(const std::string& key, const Relation& relation) const {
  std::vector<std::string> keys = {key};
  keys.insert(keys.end(), relation.keys.begin(), relation.keys.end());
  for (const std::string& one : keys) {
    const auto found = found_.find(one);
    if (found != found_.end()) return where(found->second.origin, found->second.place, key);
  }
  const KeyParts parts = split_key(schema_, key);
  const auto items = parts.group == nullptr ? items_.end() : items_.find(parts.group->key);
  if (items == items_.end()) return missing(key);
  const auto item = items->second.find(parts.index);
  if (item == items->second.end()) return missing(key);
  Where place = item->second;
  if (!parts.option.empty()) place.text += "." + parts.option;
  return place;
}

void Loader::check_relations() {
  for (const Relation& relation : schema_.relations) {
    const bool all_sound =
        std::all_of(relation.keys.begin(), relation.keys.end(), [&](const auto& key) { return is_sound(key); });
    if (!all_sound || (!relation.group.empty() && unsound_.contains(relation.group))) continue;
    const std::size_t count = relation.group.empty() ? 1 : values_.count(relation.group);
    for (std::size_t item = 0; item < count; ++item) {
      if (!relation.group.empty() && !is_sound(item_key(relation.group, item, ""))) continue;
      for (const Misfit& misfit : relation.check(values_, item)) {
        add_problem(where_set(misfit.key, relation), misfit.what);
      }
    }
  }
}

}  // namespace odograph::config
