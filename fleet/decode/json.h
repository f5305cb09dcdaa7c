#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace odograph::decode {

/// `text` as JSON writes it, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// The shortest decimal number that reads back as `value`; "null" if it is none.
std::string json_number(double value);

/// mantissa / 10^decimals, digit by digit: (-123, 1) is "-12.3", (5, 3) is "0.005". `decimals` 0..18.
std::string json_decimal(std::int64_t mantissa, int decimals);

/// One object on one line, its members in the order in which they were added.
class JsonObject {
 public:
  /// `json` is JSON already.
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  JsonObject& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& decimal(std::string_view name, std::int64_t mantissa, int decimals) {
    return raw(name, json_decimal(mantissa, decimals));
  }
  bool is_empty() const { return members_.empty(); }
  std::string str() const { return '{' + members_ + '}'; }

 private:
  std::string members_;
};

/// An array on one line.
class JsonArray {
 public:
  JsonArray& raw(std::string_view json);
  JsonArray& text(std::string_view value) { return raw(json_string(value)); }
  std::string str() const { return '[' + items_ + ']'; }

 private:
  std::string items_;
};

}  // namespace odograph::decode
