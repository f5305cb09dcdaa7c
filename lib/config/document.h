#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace odograph::config {

/// Within the text, both from 1; 0 where there is no text.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator<(const Place& a, const Place& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  }
};

/// A value as the file has it, before anybody asked what it should have been.
struct Node {
  /// A table inside a list, a date or a time: of those only the kind matters, since no option takes them.
  struct Other {
    std::string kind;  ///< "a table", "a date", "a time"
  };
  std::variant<Other, std::string, std::int64_t, double, bool, std::vector<Node>> what;
  Place place{};
};

/// A value with its full key: "kafka.brokers", "source.0.device".
struct Leaf {
  std::string key;
  Node node;
  Place place;
};

/// A table that was opened: "kafka", "source.0".
struct Table {
  std::string key;
  Place place;
  bool is_item = false;  ///< In an array of tables; the key then ends in its number.
};

/// A TOML text taken apart, in the order of the text.
struct Document {
  std::vector<Leaf> leaves;
  std::vector<Table> tables;
  /// The text is not TOML: what and where. The vectors are empty then.
  std::string error;
  Place error_place;
};

/// Never throws. A key that needs quotes (`"a.b" = 1`) keeps them in `key`, so that it matches no option.
Document parse_document(std::string_view text);

/// The one value that `text` is; `error` is set if it is not exactly one TOML value. `key` is put before the keys.
Document parse_value(const std::string& key, std::string_view text);

}  // namespace odograph::config
