#include "lib/aws/encoding.h"

#include <cstdint>
#include <vector>

namespace odograph::aws {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

constexpr std::string_view kHex = "0123456789ABCDEF";

template <class Text>
void append(Text& out, std::string_view bytes, std::string_view kept) {
  for (const char c : bytes) {
    if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 0xF];
  }
}

std::string encode(std::string_view bytes, std::string_view kept) {
  std::string out;
  out.reserve(bytes.size());
  append(out, bytes, kept);
  return out;
}

}  // namespace

std::string percent_encode(std::string_view bytes) { return encode(bytes, ""); }

void append_percent_encoded(SecretString& out, std::string_view bytes) { append(out, bytes, ""); }

std::string percent_encode_path(std::string_view path) { return encode(path, "/"); }

bool is_percent_encoded_path(std::string_view path) {
  while (!path.empty()) {
    if (path.front() != '%') {
      if (path.front() != '/' && !is_unreserved(path.front())) return false;
      path.remove_prefix(1);
      continue;
    }
    if (path.size() < 3) return false;
    const std::size_t high = kHex.find(path[1]);
    const std::size_t low = kHex.find(path[2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    // What need not be encoded must not be.
    const char plain = static_cast<char>(high << 4 | low);
    if (plain == '/' || is_unreserved(plain)) return false;
    path.remove_prefix(3);
  }
  return true;
}

std::string normalised_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size() == rest.size() ? rest.size() : segment.size() + 1);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (out.empty() || path.back() == '/') out += '/';
  return out;
}

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += kDigits[(held >> (bits - 6)) & 0x3F];
  }
  if (bits > 0) out += kDigits[(held << (6 - bits)) & 0x3F];
  return out;
}

}  // namespace odograph::aws
