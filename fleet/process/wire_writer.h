#pragma once

#include <bit>
#include <charconv>
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
    for (; value >= 0x80; value >>= 7) put(static_cast<unsigned char>(value | 0x80));
    put(static_cast<unsigned char>(value));
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
    little_endian(std::bit_cast<std::uint64_t>(value), 8);
  }
  void fixed32(int field, std::uint32_t value) {
    tag(field, 5);
    little_endian(value, 4);
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
    for (int shift = 60; shift >= 0; shift -= 4) *at_++ = "0123456789abcdef"[value >> shift & 0xF];
  }
  void letter(char value) { *at_++ = value; }

 private:
  void put(unsigned char value) { *at_++ = static_cast<char>(value); }
  void tag(int field, unsigned type) { varint(static_cast<unsigned>(field) << 3 | type); }
  void little_endian(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i, value >>= 8) put(static_cast<unsigned char>(value));
  }

  char* begin_;
  char* at_;
};

}  // namespace odograph::process
