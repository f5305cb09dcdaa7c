#include "lib/base/url_password.h"

namespace odograph::base {

namespace {

constexpr std::string_view kScheme = "://";

/// Where user and password would begin; the end where there can be none.
std::size_t begin_of_user(std::string_view value, std::size_t at) {
  if (const auto scheme = value.find(kScheme); scheme < at) return scheme + kScheme.size();
  // Paths and names have an @ too: only what has a password before it is a user's.
  const bool has_password = value.find(':') < at;
  return has_password ? 0 : value.size();
}

}  // namespace

std::string without_password(std::string_view value) {
  const auto at = value.rfind('@');
  if (at == std::string_view::npos) return std::string{value};
  const std::size_t begin = begin_of_user(value, at);
  if (begin == value.size()) return std::string{value};
  return std::string{value.substr(0, begin)} + "***" + std::string{value.substr(at)};
}

}  // namespace odograph::base
