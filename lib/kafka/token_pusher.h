#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/kafka/token_schedule.h"
#include "lib/kafka/token_source.h"

namespace odograph::kafka {

/// A client as the pusher sees it. Called on the pusher's thread, or on the one that attaches it; must be quick, and
/// must not call back.
class TokenReceiver {
 public:
  virtual ~TokenReceiver() = default;
  virtual base::Status take(const Token& token) = 0;
  /// There is no token, or no newer one: `why` is one line.
  virtual void go_without(const std::string& why) = 0;
};

/// Fetches tokens on a thread of its own, by its own schedule, and pushes them to every client that is attached. One
/// serves all clients of a program: what one of them has, a new one gets at once.
///
/// While no client is attached nothing is fetched. All calls are for any thread and never wait for the source.
class TokenPusher {
 public:
  struct Parts {
    std::unique_ptr<TokenSource> source;
    std::shared_ptr<const base::Clock> clock;
    std::function<std::uint64_t()> random;  ///< 64 random bits.
    base::Millis look_every{1000};          ///< How often to look whether the wall clock has stepped.
  };

  /// For status and logs.
  struct State {
    std::string principal;                              ///< Of the token that was fetched last; empty before the first.
    std::string error;                                  ///< Why there is none, or no newer one; empty if all is well.
    std::uint64_t fetched = 0;                          ///< Tokens so far.
    unsigned failures = 0;                              ///< In a row.
    std::size_t attached = 0;                           ///< Clients.
    std::optional<base::BootTime> good_until;           ///< Of the newest token; nothing before the first.
    std::optional<base::BootTime> fetched_at{};         ///< When it was fetched, and pushed to all clients.
    std::optional<base::BootTime> credentials_until{};  ///< Nothing also where those do not end.
    std::string key_id{};                               ///< As the newest token has them.
    std::string source{};
    std::string doubt{};
  };

  explicit TokenPusher(Parts parts);
  TokenPusher(const TokenPusher&) = delete;
  TokenPusher& operator=(const TokenPusher&) = delete;
  /// Waits for a fetch that is under way, up to the source's own deadline. Nobody may be attached any more.
  ~TokenPusher();

  /// The receiver is told at once what is known, and from then on until `detach` returns.
  void attach(TokenReceiver& receiver);
  void detach(TokenReceiver& receiver);

  /// The credentials are others, or the time by which tokens are signed was corrected.
  void renew();
  /// A broker refused the token.
  void refused();

  State state() const;

 private:
  void run();
  void fetch(std::unique_lock<std::mutex>& lock);
  void accept(const Token& token, base::BootTime began);
  void give_up(const base::Error& error);
  TokenSchedule::Now now() const;

  const Parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<TokenReceiver*> receivers_;
  TokenSchedule schedule_;
  std::optional<Token> token_;
  base::BootTime fetched_at_{};  ///< When the fetch of `token_` began: its lifetimes count from there.
  base::BootTime good_until_{};
  std::string error_;
  std::uint64_t fetched_ = 0;
  // What came while a fetch was under way, which knew nothing of it: one bit each, so that no caller ever waits.
  bool fetching_ = false;
  bool renew_after_ = false;
  bool was_refused_ = false;
  bool stopping_ = false;
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace odograph::kafka
