#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace odograph::process {

/// Protobuf's wire format, into room that the caller has measured.
class WireWriter {
 public:
  explicit WireWriter(char* out) : begin_(out), at_(out) {}

  std::string_view written() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

  void varint(std::uint64_t value) {
    char* at = at_;  // Of its own: what is written through a char* might otherwise be `at_` itself.
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
    *at++ = static_cast<char>(value);
    at_ = at;
  }
  void raw(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  void number(int field, std::uint64_t value) {
    tag(field, 0);
    varint(value);
  }
  void real(int field, double value) {
    tag(field, 1);
    little_endian(std::bit_cast<std::uint64_t>(value));
  }
  void fixed32(int field, std::uint32_t value) {
    tag(field, 5);
    little_endian(value);
  }
  void bytes(int field, std::string_view value) {
    tag(field, 2);
    varint(value.size());
    raw(value);
  }
  /// What stands before a message of so many bytes.
  void message(int field, std::size_t size) {
    tag(field, 2);
    varint(size);
  }
  /// A message of less than 128 bytes, which `write` puts behind its length.
  template <class Write>
  void small_message(int field, Write write) {
    tag(field, 2);
    char* const length = at_++;
    write();
    *length = static_cast<char>(at_ - length - 1);
  }

  void decimal(std::uint64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void hex16(std::uint64_t value) {
    std::array<char, 16> digits{};
    for (std::size_t i = 16; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 0xF];
    raw_fixed(digits);
  }
  void letter(char value) { *at_++ = value; }

 private:
  /// Of a field below 2048. Where that is a constant, so is what is written.
  void tag(int field, unsigned type) {
    const unsigned key = static_cast<unsigned>(field) << 3 | type;
    if (key < 0x80) {
      *at_++ = static_cast<char>(key);
    } else {
      const std::array<char, 2> both{static_cast<char>(key | 0x80), static_cast<char>(key >> 7)};
      raw_fixed(both);
    }
  }
  template <class Unsigned>
  void little_endian(Unsigned value) {
    std::array<char, sizeof(Unsigned)> bytes{};
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xFF);
      value = static_cast<Unsigned>(value >> 8);
    }
    raw_fixed(bytes);
  }
  /// In one step, as the size is known.
  template <std::size_t size>
  void raw_fixed(const std::array<char, size>& bytes) {
    std::memcpy(at_, bytes.data(), size);
    at_ += size;
  }

  char* begin_;
  char* at_;
};

}  // namespace odograph::process
