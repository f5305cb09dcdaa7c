#include "lib/kafka/token_pusher.h"

#include <algorithm>
#include <utility>

#include "lib/base/assert.h"
#include "lib/kafka/classify.h"

namespace odograph::kafka {

TokenPusher::TokenPusher(Parts parts) : parts_(std::move(parts)), thread_([this] { run(); }) {}

TokenPusher::~TokenPusher() {
  {
    const std::lock_guard lock{mutex_};
    ODOGRAPH_ASSERT(receivers_.empty());
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void TokenPusher::attach(TokenReceiver& receiver) {
  const std::lock_guard lock{mutex_};
  receivers_.push_back(&receiver);
  // A token that is over would only be refused.
  if (token_ && parts_.clock->boot_now() < good_until_) static_cast<void>(receiver.take(*token_));
  if (!error_.empty()) receiver.go_without(error_);
  changed_.notify_all();
}

void TokenPusher::detach(TokenReceiver& receiver) {
  const std::lock_guard lock{mutex_};
  std::erase(receivers_, &receiver);
}

void TokenPusher::renew() {
  const std::lock_guard lock{mutex_};
  schedule_.renew();
  renew_after_ = fetching_;
  changed_.notify_all();
}

void TokenPusher::refused() {
  const std::lock_guard lock{mutex_};
  schedule_.refused();
  was_refused_ = true;
  changed_.notify_all();
}

TokenPusher::State TokenPusher::state() const {
  const std::lock_guard lock{mutex_};
  State state{.principal = token_ ? token_->principal : std::string{},
              .error = error_,
              .fetched = fetched_,
              .failures = schedule_.failures(),
              .attached = receivers_.size(),
              .good_until = std::nullopt};
  if (!token_) return state;
  state.good_until = good_until_;
  state.fetched_at = fetched_at_;
  if (token_->credentials_lifetime) state.credentials_until = fetched_at_ + *token_->credentials_lifetime;
  state.key_id = token_->key_id;
  state.source = token_->source;
  state.doubt = token_->doubt;
  return state;
}

TokenSchedule::Now TokenPusher::now() const {
  const auto utc = parts_.clock->utc_now();
  return {parts_.clock->boot_now(), utc ? std::optional{utc->time} : std::nullopt};
}

void TokenPusher::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (receivers_.empty()) {
      changed_.wait(lock);
    } else if (const TokenSchedule::Now at = now(); schedule_.is_due(at)) {
      fetch(lock);
    } else {
      changed_.wait_for(lock, std::min(schedule_.due() - at.boot, parts_.look_every));
    }
  }
}

void TokenPusher::fetch(std::unique_lock<std::mutex>& lock) {
  const TokenSchedule::Now began = now();
  schedule_.begin_fetch(began);
  fetching_ = true;
  const bool was_refused = std::exchange(was_refused_, false);
  lock.unlock();
  if (was_refused) parts_.source->refused();
  const base::Result<Token> token = parts_.source->fetch();
  lock.lock();
  fetching_ = false;
  if (!token) {
    give_up(token.error());
  } else if (began.boot + token->lifetime <= parts_.clock->boot_now()) {
    give_up(base::retry_error("the one of " + token->principal + " had expired before it was there"));
  } else {
    accept(*token, began.boot);
  }
  if (std::exchange(renew_after_, false)) schedule_.renew();
}

void TokenPusher::accept(const Token& token, base::BootTime began) {
  base::Status taken;
  for (TokenReceiver* receiver : receivers_) {
    // One client's trouble is not the others', so that each is asked.
    if (auto status = receiver->take(token); !status) taken = status;
  }
  if (!taken) return give_up(taken.error());
  ++fetched_;
  token_ = token;
  fetched_at_ = began;
  good_until_ = began + token.lifetime;
  error_.clear();
  schedule_.fetched(token.lifetime, parts_.clock->boot_now(), parts_.random());
}

void TokenPusher::give_up(const base::Error& error) {
  error_ = one_line(error.what);
  schedule_.failed(error.action, parts_.clock->boot_now(), parts_.random());
  for (TokenReceiver* receiver : receivers_) receiver->go_without(error_);
}

}  // namespace odograph::kafka
