#include "lib/config/document.h"

#include <toml++/toml.h>
#include <algorithm>
#include <exception>

#include "lib/config/notation.h"

namespace odograph::config {
namespace {

Place place_of(const toml::source_region& source) { return {source.begin.line, source.begin.column}; }

std::string key_text(std::string_view key) {
  const auto is_bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return std::all_of(key.begin(), key.end(), is_bare) ? std::string(key) : quote(key);
}

std::string join(const std::string& prefix, std::string_view key) {
  return prefix.empty() ? key_text(key) : prefix + "." + key_text(key);
}

// toml++ refuses nesting deeper than 256, which bounds this recursion and the ones below.
Node to_node(const toml::node& from) {
  const Place place = place_of(from.source());
  if (const auto* text = from.as_string()) return {text->get(), place};
  if (const auto* integer = from.as_integer()) return {integer->get(), place};
  if (const auto* number = from.as_floating_point()) return {number->get(), place};
  if (const auto* boolean = from.as_boolean()) return {boolean->get(), place};
  if (const auto* array = from.as_array()) {
    std::vector<Node> items;
    for (const toml::node& item : *array) items.push_back(to_node(item));
    return {std::move(items), place};
  }
  return {Node::Other{from.is_table() ? "a table" : from.is_time() ? "a time" : "a date"}, place};
}

void flatten(const toml::table& table, const std::string& prefix, Document& out);

void flatten_node(const toml::node& node, const std::string& key, Place key_place, Document& out) {
  if (const auto* table = node.as_table()) {
    out.tables.push_back({key, key_place, false});
    flatten(*table, key, out);
    return;
  }
  const auto* array = node.as_array();
  const auto is_table = [](const toml::node& item) { return item.is_table(); };
  if (array == nullptr || array->empty() || !std::all_of(array->begin(), array->end(), is_table)) {
    out.leaves.push_back({key, to_node(node), key_place});
    return;
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    const toml::node& item = *array->get(i);
    const std::string name = key + "." + std::to_string(i);
    out.tables.push_back({name, place_of(item.source()), true});
    flatten(*item.as_table(), name, out);
  }
}

void flatten(const toml::table& table, const std::string& prefix, Document& out) {
  for (const auto& [key, node] : table) flatten_node(node, join(prefix, key.str()), place_of(key.source()), out);
}

Document failed(std::string what, Place place) {
  Document out;
  out.error = std::move(what);
  out.error_place = place;
  return out;
}

}  // namespace

Document parse_document(std::string_view text) {
  try {
    const toml::table root = toml::parse(text);
    Document out;
    flatten(root, "", out);
    const auto by_place = [](const auto& a, const auto& b) { return a.place < b.place; };
    std::stable_sort(out.leaves.begin(), out.leaves.end(), by_place);
    std::stable_sort(out.tables.begin(), out.tables.end(), by_place);
    return out;
  } catch (const toml::parse_error& error) {
    return failed(std::string(error.description()), place_of(error.source()));
  } catch (const std::exception& error) {
    return failed(error.what(), {1, 1});
  }
}

Document parse_value(const std::string& key, std::string_view text) {
  // A line break could smuggle further keys in behind the value.
  if (text.find_first_of("\r\n") != std::string_view::npos) return failed("more than one line", {1, 1});
  static constexpr std::string_view kName = "value";
  Document out = parse_document(std::string(kName) + " = " + std::string(text));
  for (Leaf& leaf : out.leaves) leaf = {key + leaf.key.substr(kName.size()), std::move(leaf.node), {}};
  for (Table& table : out.tables) table = {key + table.key.substr(kName.size()), {}, table.is_item};
  return out;
}

}  // namespace odograph::config
