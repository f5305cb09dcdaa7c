#include "lib/config/render.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "lib/base/assert.h"
#include "lib/config/check.h"

namespace odograph::config {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kOriginColumn = 44;

std::string table_of(const std::string& key) {
  const auto dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}
std::string name_of(const std::string& key) { return key.substr(key.rfind('.') + 1); }

/// The tables of the options in the order of their first option; the root comes first, as TOML wants it.
std::vector<std::string> tables_of(const std::vector<OptionSpec>& options) {
  std::vector<std::string> tables = {""};
  for (const OptionSpec& option : options) {
    const std::string table = table_of(option.key);
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  }
  return tables;
}

/// Comment lines of at most `kColumns`, broken at blanks.
std::string comment(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string row = "#";
    for (std::string word; words >> word;) {
      if (row.size() > 1 && row.size() + 1 + word.size() > kColumns) {
        out += row + "\n";
        row = "#";
      }
      row += " " + word;
    }
    out += row + "\n";
  }
  return out;
}

// ---- print_config

std::string printed(const std::string& name, const Values::Entry& entry) {
  if (!entry.value) return "# " + name + " is not set\n";
  std::string line = name + " = " + to_toml(*entry.value);
  if (line.size() < kOriginColumn) line.resize(kOriginColumn, ' ');
  return line + "  # " + to_string(entry.origin) + "\n";
}

std::string printed_items(const GroupSpec& group, const Values& values) {
  std::string out;
  if (values.count(group.key) == 0) out = "\n# no [[" + group.key + "]]\n";
  for (std::size_t i = 0; i < values.count(group.key); ++i) {
    out += "\n[[" + group.key + "]]\n";
    const Values item = values.item(group.key, i);
    const auto print = [&](const OptionSpec& option) { out += printed(option.key, item.entries().at(option.key)); };
    for (const OptionSpec& option : group.options) print(option);
    for (const VariantSpec& variant : group.variants) {
      if (variant.name != item.text(group.selector)) continue;
      for (const OptionSpec& option : variant.options) print(option);
    }
  }
  return out;
}

// ---- example

std::string facts(const OptionSpec& option) {
  std::string out = "Takes " + expectation(option) + ".";
  if (option.required) out += " Required.";
  if (!option.required && !option.default_value) out += " Not set by default.";
  if (option.default_value) out += " Default: " + to_toml(schema_value(option, *option.default_value)) + ".";
  if (option.default_value && !option.example.empty()) {
    out += " Example: " + to_toml(schema_value(option, option.example)) + ".";
  }
  return out + (option.reload == Reload::kOnReload ? " Taken over on reload." : "");
}

enum class Shown { kActive, kCommentedOut };

std::string explained(const OptionSpec& option, Shown shown) {
  // Without a default there is nothing else to show.
  ODOGRAPH_ASSERT(option.default_value || !option.example.empty());
  const std::string value = to_toml(schema_value(option, option.default_value.value_or(option.example)));
  const bool active = shown == Shown::kActive && option.required;
  return comment(option.doc) + comment(facts(option)) + (active ? "" : "#") + name_of(option.key) + " = " + value +
         "\n";
}

std::string explained_item(const GroupSpec& group, const VariantSpec* variant, Shown shown) {
  std::string out = variant == nullptr ? "" : "\n" + comment(variant->doc);
  out += std::string(shown == Shown::kActive ? "" : "#") + "[[" + group.key + "]]\n";
  for (const OptionSpec& option : group.options) {
    if (variant == nullptr || option.key != group.selector) {
      out += explained(option, shown) + "\n";
      continue;
    }
    OptionSpec selector = option;
    selector.default_value = std::nullopt;
    selector.required = true;
    selector.example = variant->name;
    out += explained(selector, shown) + "\n";
  }
  if (variant == nullptr) return out;
  for (const OptionSpec& option : variant->options) out += explained(option, shown) + "\n";
  return out;
}

std::string explained_group(const GroupSpec& group) {
  std::string out = "\n" + comment(group.doc);
  if (group.variants.empty()) {
    return out + explained_item(group, nullptr, group.count_min > 0 ? Shown::kActive : Shown::kCommentedOut);
  }
  for (const VariantSpec& variant : group.variants) {
    const bool needed = group.count_min > 0 && &variant == &group.variants.front();
    out += explained_item(group, &variant, needed ? Shown::kActive : Shown::kCommentedOut);
  }
  return out;
}

}  // namespace

std::string print_config(const Schema& schema, const Values& values) {
  std::string out;
  for (const std::string& table : tables_of(schema.options)) {
    if (!table.empty()) out += (out.empty() ? "[" : "\n[") + table + "]\n";
    for (const OptionSpec& option : schema.options) {
      if (table_of(option.key) == table) out += printed(name_of(option.key), values.entries().at(option.key));
    }
  }
  for (const GroupSpec& group : schema.groups) out += printed_items(group, values);
  return out;
}

std::string example(const Schema& incomplete) {
  const Schema schema = completed(incomplete);
  std::string out = comment(schema.title);
  for (const std::string& table : tables_of(schema.options)) {
    if (!table.empty()) out += "\n";
    for (const SectionSpec& section : schema.sections) {
      if (section.key == table) out += comment(section.doc);
    }
    out += table.empty() ? "\n" : "[" + table + "]\n";
    for (const OptionSpec& option : schema.options) {
      if (table_of(option.key) == table) out += explained(option, Shown::kActive) + "\n";
    }
  }
  for (const GroupSpec& group : schema.groups) out += explained_group(group);
  return out;
}

}  // namespace odograph::config
