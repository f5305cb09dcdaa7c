#pragma once

// Private to this folder: how tokens get into one librdkafka client.

#include <librdkafka/rdkafka.h>

#include <memory>

#include "lib/kafka/token_pusher.h"

namespace odograph::kafka {

/// Attached to `pusher` while it lives; must go before the client does.
class TokenFeed final : public TokenReceiver {
 public:
  TokenFeed(rd_kafka_t* client, std::shared_ptr<TokenPusher> pusher);
  TokenFeed(const TokenFeed&) = delete;
  TokenFeed& operator=(const TokenFeed&) = delete;
  ~TokenFeed() override;

  base::Status take(const Token& token) override;
  void go_without(const std::string& why) override;

 private:
  rd_kafka_t* const client_;
  const std::shared_ptr<TokenPusher> pusher_;
};

}  // namespace odograph::kafka
