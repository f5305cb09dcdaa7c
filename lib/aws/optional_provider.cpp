#include "lib/aws/optional_provider.h"

#include <algorithm>
#include <utility>

namespace odograph::aws {
namespace {

class Chain final : public CredentialProvider {
 public:
  explicit Chain(std::vector<std::unique_ptr<OptionalProvider>> links) : links_(std::move(links)) {}

  base::Result<Credentials> fetch() override {
    // Another link would be another principal: a broker would see somebody else in the middle of a stream.
    if (chosen_ != nullptr) return chosen_->fetch();
    std::string missing;
    for (const auto& link : links_) {
      auto fetched = link->fetch_if_configured();
      if (!fetched) return fetched.error();
      if (*fetched) {
        chosen_ = link.get();
        return **fetched;
      }
      missing += (missing.empty() ? "" : ", ") + link->what_is_missing();
    }
    return base::stop_error("no AWS credentials are configured: " + missing);
  }

 private:
  std::vector<std::unique_ptr<OptionalProvider>> links_;
  OptionalProvider* chosen_ = nullptr;
};

}  // namespace

base::Result<Credentials> OptionalProvider::fetch() {
  auto fetched = fetch_if_configured();
  if (!fetched) return fetched.error();
  if (!*fetched) return base::stop_error("AWS credentials are not configured: " + what_is_missing());
  return **fetched;
}

std::unique_ptr<CredentialProvider> make_chain(std::vector<std::unique_ptr<OptionalProvider>> links) {
  return std::make_unique<Chain>(std::move(links));
}

bool is_name(std::string_view text, std::string_view beside_letters_and_digits) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [&](char one) {
    return (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') ||
           beside_letters_and_digits.find(one) != std::string_view::npos;
  });
}

}  // namespace odograph::aws
