#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace odograph::lambda {

/// RFC 4648, section 4, with the padding.
std::string to_base64(std::string_view bytes);

/// The reverse; nothing unless `text` is what `to_base64` makes of some bytes: no line breaks, the whole padding, and
/// nothing in the bits that the padding leaves over.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace odograph::lambda
