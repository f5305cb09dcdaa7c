#include "fleet/trips/object.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace odograph::trips {
namespace {

constexpr int kDepthMax = 16;

std::string plain(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

/// `at`: the byte where it went wrong, if it did.
base::Result<nlohmann::json> parse(std::string_view text, std::size_t& at) {
  bool too_deep = false;
  const auto shallow = [&too_deep](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > kDepthMax;
    return !too_deep;
  };
  try {
    nlohmann::json json = nlohmann::json::parse(text, shallow);
    if (too_deep) return base::drop_error("nested deeper than " + std::to_string(kDepthMax));
    return json;
  } catch (const nlohmann::json::parse_error& error) {
    at = error.byte;
    return base::drop_error("no JSON");
  } catch (const nlohmann::json::exception&) {
    return base::drop_error("no JSON");
  }
}

}  // namespace

base::Result<nlohmann::json> parse_object(std::string_view text) {
  std::size_t at = 0;
  auto json = parse(text, at);
  if (!json) return base::drop_error("the line: " + json.error().what);
  if (!json->is_object()) return base::drop_error("the line: no JSON object");
  return json;
}

base::Result<nlohmann::json> parse_document(std::string_view text) {
  std::size_t at = 0;
  auto json = parse(text, at);
  if (json) return json;
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return base::drop_error((at > 0 ? "line " + std::to_string(line) + ": " : "") + json.error().what);
}

Object::Object(const nlohmann::json& json, std::string path) : json_(json), path_(std::move(path)) {
  if (!json.is_object()) complaint_ = base::drop_error(path_.substr(0, path_.size() - 1) + ": not an object");
}

void Object::complain(const std::string& field, const std::string& why) {
  if (!complaint_) complaint_ = base::drop_error(path_ + field + ": " + why);
}

const nlohmann::json* Object::find(const char* name) {
  if (complaint_) return nullptr;
  const auto found = json_.find(name);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json* Object::require(const char* name) {
  const nlohmann::json* found = find(name);
  if (found == nullptr) complain(name, "missing");
  return found;
}

std::optional<double> Object::optional_number(const char* name, Range range) {
  const nlohmann::json* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    complain(name, "not a number");
    return std::nullopt;
  }
  const auto value = found->get<double>();
  if (!(value >= range.least && value <= range.most)) {
    complain(name, plain(value) + " is not within " + plain(range.least) + " to " + plain(range.most));
    return std::nullopt;
  }
  return value;
}

double Object::number(const char* name, Range range) {
  if (require(name) == nullptr) return range.least;
  return optional_number(name, range).value_or(range.least);
}

std::uint32_t Object::whole(const char* name, std::uint32_t most) {
  const nlohmann::json* found = require(name);
  if (found == nullptr) return 0;
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() > most) {
    complain(name, "not a whole number from 0 to " + std::to_string(most));
    return 0;
  }
  return static_cast<std::uint32_t>(found->get<std::uint64_t>());
}

std::string Object::text(const char* name, std::size_t size_max) {
  const nlohmann::json* found = require(name);
  if (found == nullptr) return {};
  if (!found->is_string()) {
    complain(name, "not a text");
    return {};
  }
  const auto& value = found->get_ref<const std::string&>();
  if (!is_text(value, size_max))
    complain(name, "not 1 to " + std::to_string(size_max) + " bytes without control characters");
  return value;
}

std::optional<base::UtcTime> Object::optional_time(const char* name) {
  const nlohmann::json* found = find(name);
  if (found == nullptr) return std::nullopt;
  const auto time = found->is_string() ? base::from_rfc3339(found->get_ref<const std::string&>()) : std::nullopt;
  if (!time) complain(name, "not a time as RFC 3339 has it (2026-03-02T08:00:00Z)");
  return time;
}

base::UtcTime Object::time(const char* name) {
  if (require(name) == nullptr) return {};
  return optional_time(name).value_or(base::UtcTime{});
}

const nlohmann::json& Object::array(const char* name) {
  static const nlohmann::json kNone = nlohmann::json::array();
  const nlohmann::json* found = require(name);
  if (found == nullptr) return kNone;
  if (found->is_array()) return *found;
  complain(name, "not an array");
  return kNone;
}

const nlohmann::json& Object::line(const char* name) {
  static const nlohmann::json kNone = nlohmann::json::array();
  const nlohmann::json* found = require(name);
  if (found == nullptr) return kNone;
  const auto is = [](const nlohmann::json& json, const char* type) {
    const auto its = json.find("type");
    return its != json.end() && *its == type;
  };
  if (found->is_object() && is(*found, "Feature") && found->contains("geometry")) found = &found->at("geometry");
  if (found->is_object() && is(*found, "LineString") && found->contains("coordinates"))
    found = &found->at("coordinates");
  if (found->is_array()) return *found;
  complain(name, "not an array of [longitude, latitude], nor a GeoJSON LineString");
  return kNone;
}

}  // namespace odograph::trips
