#include "lib/kafka/token_feed.h"

#include <array>
#include <chrono>
#include <utility>

#include "lib/kafka/classify.h"

namespace odograph::kafka {

namespace {

/// What librdkafka is told of a token's life. It uses it for its own refreshing alone, which is not relied upon, and
/// takes nothing that its clock, wrong as that may be, holds for over.
constexpr std::chrono::hours kLifetimeForLibrary{24};

}  // namespace

TokenFeed::TokenFeed(rd_kafka_t* client, std::shared_ptr<TokenPusher> pusher)
    : client_(client), pusher_(std::move(pusher)) {
  pusher_->attach(*this);
}

TokenFeed::~TokenFeed() { pusher_->detach(*this); }

base::Status TokenFeed::take(const Token& token) {
  using std::chrono::milliseconds;
  const auto end = std::chrono::system_clock::now() + kLifetimeForLibrary;
  const auto end_ms = std::chrono::duration_cast<milliseconds>(end.time_since_epoch()).count();
  std::array<char, 256> text{};
  const rd_kafka_resp_err_t code = rd_kafka_oauthbearer_set_token(
      client_, token.value.c_str(), end_ms, token.principal.c_str(), nullptr, 0, text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return base::stop_error("librdkafka takes none like it: " + one_line(text.data()));
}

void TokenFeed::go_without(const std::string& why) { rd_kafka_oauthbearer_set_token_failure(client_, why.c_str()); }

}  // namespace odograph::kafka
