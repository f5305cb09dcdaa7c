#include "lib/aws/ini_file.h"

#include <algorithm>
#include <optional>

namespace odograph::aws {
namespace {

bool is_blank(char one) { return one == ' ' || one == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// `text` up to a `#` or `;` that follows a blank.
std::string_view without_comment(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if ((text[at] == '#' || text[at] == ';') && is_blank(text[at - 1])) return text.substr(0, at);
  }
  return text;
}

/// The profile that a section's words name; nothing for a section of another kind.
std::optional<std::string> profile_of(std::string_view words, IniKind kind) {
  if (kind == IniKind::kCredentials || words == "default") return std::string(words);
  constexpr std::string_view kPrefix = "profile";
  if (words.substr(0, kPrefix.size()) != kPrefix || words.size() == kPrefix.size() ||
      !is_blank(words[kPrefix.size()])) {
    return std::nullopt;
  }
  return std::string(trimmed(words.substr(kPrefix.size())));
}

class Parser {
 public:
  explicit Parser(IniKind kind) : kind_(kind) {}

  /// What is wrong with the line; nothing if it was taken.
  std::optional<std::string> take(std::string_view line) {
    if (line.size() > kIniLineBytesMax) return "longer than " + std::to_string(kIniLineBytesMax) + " bytes";
    if (line.find('\0') != std::string_view::npos) return "a NUL in it";
    const std::string_view words = trimmed(line);
    if (words.empty() || words.front() == '#' || words.front() == ';') return std::nullopt;
    // An indented line belongs to the key above; those that hold sub-keys are not for us.
    if (is_blank(line.front()) && has_open_key_) return std::nullopt;
    has_open_key_ = false;
    return words.front() == '[' ? take_section(words) : take_key(words);
  }

  Profiles& profiles() { return profiles_; }

 private:
  std::optional<std::string> take_section(std::string_view words) {
    const std::size_t end = words.find(']');
    if (end == std::string_view::npos) return "a section without its ']'";
    const std::string_view rest = trimmed(words.substr(end + 1));
    if (!rest.empty() && rest.front() != '#' && rest.front() != ';') return "something behind the section's ']'";
    const auto profile = profile_of(trimmed(words.substr(1, end - 1)), kind_);
    if (profile && profile->empty()) return "a section without a name";
    in_section_ = true;
    current_ = profile ? &profiles_[*profile] : nullptr;
    return std::nullopt;
  }

  std::optional<std::string> take_key(std::string_view words) {
    const std::size_t equals = words.find('=');
    if (equals == std::string_view::npos) return "no '=' in it";
    if (!in_section_) return "a key before any section";
    std::string key(trimmed(words.substr(0, equals)));
    if (key.empty()) return "no key before its '='";
    std::transform(key.begin(), key.end(), key.begin(),
                   [](char one) { return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one; });
    const std::string_view value = trimmed(without_comment(words.substr(equals + 1)));
    has_open_key_ = value.empty();
    if (current_ == nullptr) return std::nullopt;
    if (!current_->emplace(std::move(key), SecretString(value)).second) return "a key that this profile already has";
    return std::nullopt;
  }

  IniKind kind_;
  Profiles profiles_;
  ProfileKeys* current_ = nullptr;
  bool in_section_ = false;
  bool has_open_key_ = false;  // A key without a value stands above: indented lines are below it.
};

}  // namespace

base::Result<Profiles> parse_ini(std::string_view text, IniKind kind) {
  if (text.size() > kIniBytesMax) return base::stop_error("larger than " + std::to_string(kIniBytesMax) + " bytes");
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  Parser parser(kind);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto flaw = parser.take(text.substr(0, end));
    if (flaw) return base::stop_error("line " + std::to_string(number) + ": " + *flaw);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(parser.profiles());
}

}  // namespace odograph::aws
