#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace odograph::vm {

/// What a program was given on its command line: pairs of an option and its word.
class Words {
 public:
  using Map = std::map<std::string_view, std::string>;

  /// `defaults` names every option there is. Nothing if another one was given, one without its word, or one of `needed`
  /// stayed empty.
  static std::optional<Words> read(Map defaults, const std::vector<std::string_view>& given,
                                   const std::vector<std::string_view>& needed);

  const std::string& word(std::string_view key) const { return words_.at(key); }
  /// 0 if the word is no number.
  std::uint64_t number(std::string_view key) const;

 private:
  explicit Words(Map words) : words_(std::move(words)) {}
  Map words_;
};

}  // namespace odograph::vm
