#include "lib/config/check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/base/assert.h"
#include "lib/base/url_password.h"
#include "lib/config/notation.h"

namespace odograph::config {
namespace {

constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kListItemsMax = 1000;
constexpr std::size_t kDescriptionBytesMax = 40;

bool is_plain(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return text.size() <= kTextBytesMax && std::none_of(text.begin(), text.end(), is_control);
}

bool accepts_text(const OptionSpec& option, const std::string& text) {
  if (!is_plain(text)) return false;
  if (!option.one_of.empty() && std::find(option.one_of.begin(), option.one_of.end(), text) == option.one_of.end()) {
    return false;
  }
  return option.accepts == nullptr || option.accepts(text);
}

/// `T` is what both limits are read as, by the rules of the value itself.
template <class T>
bool in_range(const OptionSpec& option, const T& value) {
  OptionSpec unlimited = option;
  unlimited.min.clear();
  unlimited.max.clear();
  if (!option.min.empty() && value < std::get<T>(schema_value(unlimited, option.min))) return false;
  return option.max.empty() || !(std::get<T>(schema_value(unlimited, option.max)) < value);
}

std::optional<double> to_number(const Node& node) {
  if (const auto* integer = std::get_if<std::int64_t>(&node.what)) return static_cast<double>(*integer);
  if (const auto* number = std::get_if<double>(&node.what); number != nullptr && std::isfinite(*number)) return *number;
  return std::nullopt;
}

std::optional<Value> check_text(const OptionSpec& option, const std::string& text) {
  if (option.type == Type::kDuration) {
    const auto duration = parse_duration(text);
    return duration && in_range(option, *duration) ? std::optional<Value>(*duration) : std::nullopt;
  }
  if (option.type == Type::kBytes) {
    const auto bytes = parse_bytes(text);
    return bytes && in_range(option, *bytes) ? std::optional<Value>(*bytes) : std::nullopt;
  }
  if (option.type != Type::kText && option.type != Type::kPath) return std::nullopt;
  return accepts_text(option, text) ? std::optional<Value>(text) : std::nullopt;
}

std::optional<std::string> check_text_item(const OptionSpec& option, const Node& item) {
  const auto* text = std::get_if<std::string>(&item.what);
  return text != nullptr && accepts_text(option, *text) ? std::optional<std::string>(*text) : std::nullopt;
}

std::optional<LatLon> check_position(const Node& item) {
  const auto* pair = std::get_if<std::vector<Node>>(&item.what);
  if (pair == nullptr || pair->size() != 2) return std::nullopt;
  const auto lat = to_number((*pair)[0]);
  const auto lon = to_number((*pair)[1]);
  if (!lat || !lon || std::abs(*lat) > 90 || std::abs(*lon) > 180) return std::nullopt;
  return LatLon{*lat, *lon};
}

std::optional<Value> check_text_list(const OptionSpec& option, const std::vector<Node>& items) {
  std::vector<std::string> out;
  for (const Node& item : items) {
    auto text = check_text_item(option, item);
    if (!text) return std::nullopt;
    out.push_back(std::move(*text));
  }
  const std::size_t fewest = option.min.empty() ? 0 : std::stoul(option.min);
  return out.size() < fewest ? std::nullopt : std::optional<Value>(std::move(out));
}

std::optional<Value> check_positions(const std::vector<Node>& items) {
  std::vector<LatLon> out;
  for (const Node& item : items) {
    const auto position = check_position(item);
    if (!position) return std::nullopt;
    out.push_back(*position);
  }
  return out;
}

/// A text or number as TOML has it; empty for anything else.
std::string notation_of(const Node& node) {
  if (const auto* text = std::get_if<std::string>(&node.what)) return quote(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&node.what)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&node.what)) return format_number(*number);
  return "";
}

struct Describe {
  std::string operator()(const Node::Other& other) const { return other.kind; }
  std::string operator()(const std::string& given) const {
    const std::string text = base::without_password(given);
    if (text.size() <= kDescriptionBytesMax) return "the text " + quote(text);
    // The cut must not leave half a UTF-8 character behind.
    std::size_t cut = kDescriptionBytesMax;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    return "the text " + quote(text.substr(0, cut)) + "...";
  }
  std::string operator()(std::int64_t value) const { return "the integer " + std::to_string(value); }
  std::string operator()(double value) const { return "the number " + format_number(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::vector<Node>& list) const {
    if (list.empty()) return "an empty list";
    std::string items;
    for (const Node& item : list) {
      const std::string notation = notation_of(item);
      if (notation.empty() || items.size() + notation.size() > kDescriptionBytesMax) return "a list";
      items += (items.empty() ? "[" : ", ") + notation;
    }
    return "the list " + items + "]";
  }
};

}  // namespace

std::optional<Value> check_value(const OptionSpec& option, const Node& node) {
  if (const auto* text = std::get_if<std::string>(&node.what)) return check_text(option, *text);
  if (const auto* list = std::get_if<std::vector<Node>>(&node.what)) {
    if (list->size() > kListItemsMax) return std::nullopt;
    if (option.type == Type::kTextList) return check_text_list(option, *list);
    if (option.type == Type::kPositions) return check_positions(*list);
    return std::nullopt;
  }
  if (option.type == Type::kNumber) {
    const auto number = to_number(node);
    return number && in_range(option, *number) ? std::optional<Value>(*number) : std::nullopt;
  }
  if (const auto* integer = std::get_if<std::int64_t>(&node.what); integer != nullptr) {
    const bool fits = option.type == Type::kInteger && in_range(option, *integer);
    return fits ? std::optional<Value>(*integer) : std::nullopt;
  }
  const auto* boolean = std::get_if<bool>(&node.what);
  return boolean != nullptr && option.type == Type::kBoolean ? std::optional<Value>(*boolean) : std::nullopt;
}

std::vector<BadItem> bad_items(const OptionSpec& option, const Node& node) {
  std::vector<BadItem> bad;
  const auto* list = std::get_if<std::vector<Node>>(&node.what);
  if (list == nullptr || list->size() > kListItemsMax) return bad;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Node& item = (*list)[i];
    const bool is_bad = (option.type == Type::kTextList && !check_text_item(option, item)) ||
                        (option.type == Type::kPositions && !check_position(item));
    if (is_bad) bad.push_back({i, &item});
  }
  return bad;
}

std::string describe(const Node& node) { return std::visit(Describe{}, node.what); }

bool is_written_as_text(Type type) {
  return type == Type::kText || type == Type::kPath || type == Type::kDuration || type == Type::kBytes;
}

Value schema_value(const OptionSpec& option, const std::string& notation) {
  Node node;
  if (is_written_as_text(option.type)) {
    node.what = notation;
  } else {
    Document document = parse_value(option.key, notation);
    ODOGRAPH_ASSERT(document.error.empty() && document.leaves.size() == 1);
    node = std::move(document.leaves.front().node);
  }
  const auto value = check_value(option, node);
  ODOGRAPH_ASSERT(value.has_value());
  return *value;
}

}  // namespace odograph::config
