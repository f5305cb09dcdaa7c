#include "lib/rules/state_bytes.h"

namespace odograph::rules {

void StateWriter::number(std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
  for (; rest >= 0x80; rest >>= 7U) bytes_.push_back(static_cast<char>(static_cast<unsigned char>(rest | 0x80U)));
  bytes_.push_back(static_cast<char>(static_cast<unsigned char>(rest)));
}

void StateWriter::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  bytes_.append(value);
}

std::int64_t StateReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; sound_ && shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
  }
  sound_ = false;
  return 0;
}

std::int64_t StateReader::time_ms() {
  constexpr std::int64_t kMax = std::int64_t{1} << 56;
  const std::int64_t value = number();
  if (value >= -kMax && value <= kMax) return value;
  sound_ = false;
  return 0;
}

std::size_t StateReader::size() {
  const std::int64_t count = number();
  if (count >= 0 && count <= kItemsMax) return static_cast<std::size_t>(count);
  sound_ = false;
  return 0;
}

std::string StateReader::text() {
  const std::size_t bytes = size();
  if (bytes > rest_.size()) sound_ = false;
  if (!sound_) return {};
  std::string value(rest_.substr(0, bytes));
  rest_.remove_prefix(bytes);
  return value;
}

}  // namespace odograph::rules
