#include "lib/config/loader.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "lib/base/assert.h"
#include "lib/config/check.h"
#include "lib/config/notation.h"
#include "lib/config/suggest.h"

namespace odograph::config {
namespace {

// A key that is longer is nobody's; the line that tells of it stays readable.
constexpr std::size_t kShownKeyBytesMax = 120;

const OptionSpec* find_in(const std::vector<OptionSpec>& options, const std::string& key) {
  const auto at = std::find_if(options.begin(), options.end(), [&](const OptionSpec& o) { return o.key == key; });
  return at == options.end() ? nullptr : &*at;
}

bool is_key(const std::string& text) {
  const auto is_printable = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kShownKeyBytesMax && std::all_of(text.begin(), text.end(), is_printable);
}

bool is_under(const std::string& key, const std::string& table) { return key.starts_with(table + "."); }

std::string ticked(const std::string& key) { return "`" + key + "`"; }

/// "rules.zone.0" -> "rules.zone": of a key outside the groups, whose numbers come from tables nobody knows.
std::string without_numbers(const std::string& key) {
  std::string out;
  for (std::size_t at = 0; at < key.size();) {
    const std::size_t dot = std::min(key.find('.', at), key.size());
    const std::string part = key.substr(at, dot - at);
    const bool is_number = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) out += (out.empty() ? "" : ".") + part;
    at = dot + 1;
  }
  return out;
}

/// A table that options live in: "kafka" for "kafka.brokers".
bool is_section(const Schema& schema, const std::string& key) {
  return std::any_of(schema.options.begin(), schema.options.end(),
                     [&](const OptionSpec& option) { return is_under(option.key, key); });
}

}  // namespace

KeyParts split_key(const Schema& schema, const std::string& key) {
  for (const GroupSpec& group : schema.groups) {
    if (!is_under(key, group.key)) continue;
    KeyParts parts{&group, 0, ""};
    const char* const begin = key.data() + group.key.size() + 1;
    const char* const end = key.data() + key.size();
    const auto [rest, failure] = std::from_chars(begin, end, parts.index);
    if (failure != std::errc{} || (rest != end && *rest != '.')) break;
    if (rest != end) parts.option.assign(rest + 1, end);
    return parts;
  }
  return {nullptr, 0, key};
}

void Loader::add_problem(const Where& where, const std::string& what) {
  if (problems_.size() < kProblemsMax) {
    problems_.push_back({where, what});
  } else {
    ++problems_left_out_;
  }
}

Loader::Where Loader::where(const Origin& origin, Place place, const std::string& key) const {
  const std::string colon_key = key.empty() ? "" : ": " + key.substr(0, kShownKeyBytesMax);
  if (origin.from == Origin::From::kSet) return {Where::Part::kSet, {}, "--set" + colon_key};
  const std::string line_and_column = ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  return {Where::Part::kFile, place, file_name_ + line_and_column + colon_key};
}

const OptionSpec* Loader::find_option(const std::string& key) const {
  const KeyParts parts = split_key(schema_, key);
  if (parts.group == nullptr) return find_in(schema_.options, key);
  if (const OptionSpec* option = find_in(parts.group->options, parts.option)) return option;
  for (const VariantSpec& variant : parts.group->variants) {
    if (const OptionSpec* option = find_in(variant.options, parts.option)) return option;
  }
  return nullptr;
}

std::vector<Candidate> Loader::candidates(const KeyParts& around) const {
  std::vector<Candidate> known;
  const auto add = [&](const std::string& key, const std::vector<std::string>& aliases, const std::string& shown) {
    known.push_back({key, aliases, shown});
  };
  for (const SectionSpec& section : schema_.sections) add(section.key, section.aliases, ticked(section.key));
  for (const OptionSpec& option : schema_.options) {
    add(option.key, option.aliases, ticked(option.key));
    for (auto dot = option.key.find('.'); dot != std::string::npos; dot = option.key.find('.', dot + 1)) {
      add(option.key.substr(0, dot), {}, ticked(option.key.substr(0, dot)));
    }
  }
  for (const GroupSpec& group : schema_.groups) {
    const std::string brackets = "[[" + group.key + "]]";
    add(group.key, group.aliases, brackets);
    if (&group == around.group) continue;
    const auto add_options = [&](const std::vector<OptionSpec>& options) {
      for (const OptionSpec& option : options) {
        add(group.key + "." + option.key, option.aliases, ticked(option.key) + " in " + brackets);
      }
    };
    add_options(group.options);
    for (const VariantSpec& variant : group.variants) add_options(variant.options);
  }
  if (around.group == nullptr) return known;
  const std::string prefix = item_key(around.group->key, around.index, "") + ".";
  for (const Declared& declared : declared_) {
    if (declared.key.starts_with(prefix)) add(declared.key, declared.option->aliases, ticked(declared.key));
  }
  return known;
}

std::string Loader::unknown(const std::string& key) const {
  if (problems_.size() >= kProblemsMax) return "unknown key";  // It will not be shown.
  const KeyParts parts = split_key(schema_, key);
  std::string what = "unknown key";
  if (parts.group != nullptr) {
    if (const VariantSpec* variant = variant_of(*parts.group, parts.index)) {
      what += " for " + parts.group->selector + " = " + quote(variant->name);
    }
  }
  const std::vector<Candidate> known = candidates(parts);
  const Candidate* near = nearest(parts.group != nullptr ? key : without_numbers(key), known);
  return what + (near == nullptr ? what_there_is(parts, key) : ", did you mean " + near->shown + "?");
}

/// For a word that is near to none: what its table takes, or which tables there are.
std::string Loader::what_there_is(const KeyParts& parts, const std::string& key) const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  const auto told = [&](const std::string& beginning) {
    std::string words;
    for (const std::string& name : names) words += (words.empty() ? beginning : ", ") + name;
    return words;
  };
  if (parts.group != nullptr) {
    const std::string item = item_key(parts.group->key, parts.index, "");
    for (const Declared& declared : declared_) {
      if (is_under(declared.key, item)) add(declared.key.substr(item.size() + 1));
    }
    return told("; [[" + parts.group->key + "]] takes ");
  }
  const std::string table = key.substr(0, key.find('.') == std::string::npos ? 0 : key.rfind('.'));
  for (const OptionSpec& option : schema_.options) {
    if (is_under(option.key, table)) add(option.key.substr(table.size() + 1));
  }
  if (!names.empty()) return told("; [" + table + "] takes ");
  for (const OptionSpec& option : schema_.options) {
    const auto dot = option.key.find('.');
    add(dot == std::string::npos ? option.key : "[" + option.key.substr(0, dot) + "]");
  }
  for (const GroupSpec& group : schema_.groups) add("[[" + group.key + "]]");
  return told("; there are ");
}

Loader::Where Loader::missing(const std::string& key) const {
  const auto dot = key.rfind('.');
  const std::string section = key.substr(0, dot == std::string::npos ? 0 : dot);
  if (const auto opened = tables_.find(section); opened != tables_.end()) {
    return where({Origin::From::kFile, file_name_, opened->second.line}, opened->second, key);
  }
  return {Where::Part::kMissing, {}, file_name_ + ": " + key};
}

bool Loader::table_is_sound(const Table& table, const Origin& origin) {
  const KeyParts parts = split_key(schema_, table.key);
  if (parts.group != nullptr && parts.option.empty()) return true;
  const Where at = where(origin, table.place, table.key);
  const auto is_this = [&](const GroupSpec& group) { return group.key == table.key; };
  if (const OptionSpec* option = find_option(table.key)) {
    add_problem(at, "expected " + expectation(*option) + ", found a table");
  } else if (std::any_of(schema_.groups.begin(), schema_.groups.end(), is_this)) {
    add_problem(at, "expected an array of tables: write [[" + table.key + "]] instead of [" + table.key + "]");
  } else if (is_section(schema_, table.key)) {
    return true;
  } else if (table.is_item && is_section(schema_, table.key.substr(0, table.key.rfind('.')))) {
    const std::string section = table.key.substr(0, table.key.rfind('.'));
    add_problem(at, "expected one table: write [" + section + "] instead of [[" + section + "]]");
  } else {
    add_problem(at, unknown(table.key));
  }
  return false;
}

void Loader::note_item(const KeyParts& parts, const Origin& origin, Place place) {
  const std::string key = item_key(parts.group->key, parts.index, "");
  items_[parts.group->key].try_emplace(parts.index, where(origin, place, key));
}

void Loader::take(const Document& document, const Origin& origin) {
  std::vector<std::string> refused;  // What stands in a refused table was told with the table.
  const auto is_refused = [&](const std::string& key) {
    return std::any_of(refused.begin(), refused.end(), [&](const std::string& table) { return is_under(key, table); });
  };
  for (const Table& table : document.tables) {
    if (is_refused(table.key)) continue;
    if (origin.from == Origin::From::kFile) tables_.emplace(table.key, table.place);
    if (!table_is_sound(table, origin)) {
      // Beyond the bound nothing is told anyhow, and looking through a long list for every key takes its time.
      if (refused.size() < kProblemsMax) refused.push_back(table.key);
      continue;
    }
    const KeyParts parts = split_key(schema_, table.key);
    if (parts.group != nullptr) note_item(parts, origin, table.place);
  }
  for (const Leaf& leaf : document.leaves) {
    if (is_refused(leaf.key)) continue;
    Origin at = origin;
    at.line = leaf.place.line;
    found_.insert_or_assign(leaf.key, Found{leaf.node, at, leaf.place});
    const KeyParts parts = split_key(schema_, leaf.key);
    if (parts.group != nullptr) note_item(parts, origin, leaf.place);
  }
}

void Loader::take_file(const File& file) {
  file_name_ = file.name;
  if (file.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    add_problem({Where::Part::kFile, {}, file.name}, "the file is empty");
    is_unreadable_ = true;
    return;
  }
  if (file.text.size() > kFileBytesMax) {
    add_problem({Where::Part::kFile, {}, file.name}, "larger than " + std::to_string(kFileBytesMax) + " bytes");
    is_unreadable_ = true;
    return;
  }
  const Origin origin{Origin::From::kFile, file.name, 0};
  const Document document = parse_document(file.text);
  if (!document.error.empty()) {
    add_problem(where(origin, document.error_place, ""), document.error);
    is_unreadable_ = true;
    return;
  }
  take(document, origin);
}

void Loader::remove(const std::string& key) {
  std::erase_if(found_, [&](const auto& entry) { return entry.first == key || is_under(entry.first, key); });
  items_.erase(key);
}

void Loader::take_override(const std::string& text) {
  const auto equals = text.find('=');
  const std::string key = text.substr(0, equals);
  const Origin origin{Origin::From::kSet, "", 0};
  if (equals == std::string::npos || !is_key(key)) {
    add_problem(where(origin, {}, ""), "expected KEY=VALUE, found " + describe(Node{text}));
    return;
  }
  const std::string value = text.substr(equals + 1);
  const OptionSpec* option = find_option(key);
  Document document = parse_value(key, value);
  const bool is_quoted =
      document.leaves.size() == 1 && std::holds_alternative<std::string>(document.leaves[0].node.what);
  if (option != nullptr && is_written_as_text(option->type) && (!document.error.empty() || !is_quoted)) {
    document = Document{{Leaf{key, Node{value}, {}}}, {}, "", {}};
  } else if (!document.error.empty()) {
    const std::string wanted = option != nullptr ? "expected " + expectation(*option) : unknown(key);
    add_problem(where(origin, {}, key), wanted + (option != nullptr ? ", found " + describe(Node{value}) : ""));
    return;
  }
  remove(key);
  take(document, origin);
}

Loaded Loader::finish() {
  if (!is_unreadable_) {
    for (const OptionSpec& option : schema_.options) declared_.push_back({option.key, &option});
    declare_groups();
    check_found();
    fill_in();
    check_unique();
    check_relations();
  }
  Loaded out;
  if (problems_.empty()) out.values = std::move(values_);
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.where.part, a.where.place) < std::tie(b.where.part, b.where.place);
  });
  for (const Problem& problem : problems_) out.problems.push_back(problem.where.text + ": " + problem.what);
  out.problems_left_out = problems_left_out_;
  return out;
}

}  // namespace odograph::config
