#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/document.h"
#include "lib/config/schema.h"
#include "lib/config/values.h"

namespace odograph::config {

/// The value, if the option takes it: type, notation, range, allowed texts.
std::optional<Value> check_value(const OptionSpec& option, const Node& node);

/// An item that keeps a list from being taken.
struct BadItem {
  std::size_t index = 0;
  const Node* node = nullptr;  ///< In the list.
};

/// The items that the option does not take, in their order; none where `node` is no list, or the option takes none.
std::vector<BadItem> bad_items(const OptionSpec& option, const Node& node);

/// What stands there, for an error: `the integer 20`, `the text "abc"`, `a list`. At most about 60 bytes.
std::string describe(const Node& node);

/// True for the types whose default, example and --set need no quotes.
bool is_written_as_text(Type type);

/// A default or example of the schema. One that its own option refuses is our own mistake and ends the program.
Value schema_value(const OptionSpec& option, const std::string& notation);

}  // namespace odograph::config
