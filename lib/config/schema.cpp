#include "lib/config/schema.h"

#include "lib/config/notation.h"

namespace odograph::config {
namespace {

std::string type_expectation(const OptionSpec& option) {
  switch (option.type) {
    case Type::kText: return "text";
    case Type::kPath: return "a path";
    case Type::kInteger: return "an integer";
    case Type::kNumber: return "a number";
    case Type::kBoolean: return "true or false";
    case Type::kDuration: return R"(a duration such as "20ms", "1s", "5min" or "24h")";
    case Type::kBytes: return R"(a size such as "64KiB" or "256MiB")";
    case Type::kTextList: return R"(a list of texts such as ["a", "b"])";
    case Type::kPositions: return "a list of [latitude, longitude] in degrees, up to 90 and 180";
  }
  return "";
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + quote(text);
  return out;
}

}  // namespace

Schema completed(Schema schema) {
  for (GroupSpec& group : schema.groups) {
    for (OptionSpec& option : group.options) {
      if (group.selector.empty() || option.key != group.selector) continue;
      option.one_of.clear();
      for (const VariantSpec& variant : group.variants) option.one_of.push_back(variant.name);
    }
  }
  return schema;
}

std::string item_key(std::string_view group, std::size_t index, std::string_view option) {
  std::string key(group);
  key += "." + std::to_string(index);
  if (!option.empty()) (key += ".") += option;
  return key;
}

std::string item_expectation(const OptionSpec& option) {
  if (option.type == Type::kPositions) return "[latitude, longitude] in degrees, up to 90 and 180";
  if (!option.one_of.empty()) return "one of " + listed(option.one_of);
  return option.expected.empty() ? "text" : option.expected;
}

std::string expectation(const OptionSpec& option) {
  std::string out = option.expected.empty() ? type_expectation(option) : option.expected;
  if (!option.one_of.empty()) out = "one of " + listed(option.one_of);
  if (option.type == Type::kTextList) {
    if (!option.one_of.empty()) out = "a list of " + listed(option.one_of);
    if (!option.expected.empty()) out = "a list of " + option.expected;
    return option.min.empty() ? out : out + ", at least " + option.min;
  }
  const std::string unit = option.unit.empty() ? "" : " " + option.unit;
  if (!option.min.empty() && !option.max.empty()) return out + " from " + option.min + " to " + option.max + unit;
  if (!option.min.empty()) return out + " of at least " + option.min + unit;
  if (!option.max.empty()) return out + " of at most " + option.max + unit;
  return option.unit.empty() ? out : out + " in " + option.unit;
}

}  // namespace odograph::config
