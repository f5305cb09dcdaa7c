// Whatever name a broker has, its region comes from the end of it; whatever bytes are encoded, they can be read back.
#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/aws/encoding.h"
#include "lib/aws/region.h"
#include "lib/base/assert.h"

namespace odograph::aws {
namespace {

/// Encoding's inverse, written here so that the two do not share a mistake.
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    ODOGRAPH_ASSERT(i + 2 < text.size());
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

void check_region(const std::string& broker) {
  const auto region = region_of_broker(broker);
  // What stands behind the suffix makes it another name; only a port may.
  ODOGRAPH_ASSERT(!region_of_broker(broker + ".example"));
  const auto chosen = choose_region("", {broker});
  ODOGRAPH_ASSERT(chosen.has_value() == region.has_value());
  if (!region) {
    ODOGRAPH_ASSERT(std::all_of(chosen.error().what.begin(), chosen.error().what.end(),
                                [](char c) { return c >= ' ' && c < '\x7f'; }));
    return;
  }
  ODOGRAPH_ASSERT(is_region(*region));
  ODOGRAPH_ASSERT(chosen->name == *region);
  // What stands before it changes nothing, however much it looks like a name of MSK's.
  const std::string prefixed = "b-1.kafka.us-west-2.amazonaws.com." + broker;
  ODOGRAPH_ASSERT(prefixed.size() > 240 || region_of_broker(prefixed) == region);
}

void check_encoding(const std::string& bytes) {
  const std::string encoded = percent_encode(bytes);
  ODOGRAPH_ASSERT(decoded(encoded) == bytes);
  ODOGRAPH_ASSERT(encoded.find('/') == std::string::npos);
  const std::string path = percent_encode_path(bytes);
  ODOGRAPH_ASSERT(decoded(path) == bytes);
  ODOGRAPH_ASSERT(is_percent_encoded_path(path));
  ODOGRAPH_ASSERT(!is_percent_encoded_path(bytes) || percent_encode_path(decoded(bytes)) == bytes);
  const std::string normalised = normalised_path(bytes);
  ODOGRAPH_ASSERT(normalised.front() == '/' && normalised_path(normalised) == normalised);
  ODOGRAPH_ASSERT((normalised + "/").find("/../") == std::string::npos);
  ODOGRAPH_ASSERT(base64url(bytes).size() == (bytes.size() * 4 + 2) / 3);
}

}  // namespace
}  // namespace odograph::aws

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  odograph::aws::check_region(bytes);
  odograph::aws::check_encoding(bytes);
  return 0;
}
