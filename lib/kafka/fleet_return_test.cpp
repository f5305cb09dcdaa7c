// 10,000 vehicles lose three brokers in the same moment and try to come back: how many tries a broker gets a second,
// and when all are there again. What librdkafka does by itself is played as its 2.0.2 does it; time is told.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "lib/kafka/connect_gate.h"

namespace odograph::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kVehicles = 10'000;
constexpr int kBrokers = 3;
/// New connections with IAM that a broker of MSK takes a second.
constexpr int kLimit = 100;
/// librdkafka asks the gate after 0.75 to 1.5 times this, the first time, and then no later than this.
constexpr milliseconds kAsksEvery{1'000};
/// Right after the loss nothing tells yet that it is not a session's end: each vehicle makes one try, within
/// `after_end` (5 s if nothing else is said) and what librdkafka is late.
constexpr milliseconds kLate{2'000};
/// What keeps to the limit from the first second on: a connection to one of the three, and one to the leader.
constexpr milliseconds kAfterEndOfLarge{120'000};
/// So many of 10,000 then knock at a broker in a second.
constexpr int kFirstLimit = 900;
/// And so many after the silence of a whole network that was away for longer than connections last, and not for long.
constexpr int kBurstLimit = 3'500;
/// A connection over which nothing comes is given up so long after a message was sent, and one is sent every 10 s.
constexpr milliseconds kAnswerTimeout{30'000};
constexpr milliseconds kSendInterval{10'000};
/// A silent try: the SYN goes again after these times (Sockets limits it).
constexpr milliseconds kTryLasts{7'000};
constexpr std::array<milliseconds, 3> kSyns{seconds{0}, seconds{1}, seconds{3}};

struct Outage {
  const char* name;
  Failure failure;
  milliseconds away;
  int brokers_back = kBrokers;  ///< The others stay away.
  /// Once the brokers are back they may get more than the limit for so long, and refuse what is too much.
  milliseconds burst{0};
  milliseconds after_end = ReconnectLimits{}.after_end;
  milliseconds first_tries() const { return after_end + kLate; }
};

struct Seen {
  int peak_first = 0;        ///< Tries that a broker got, or would have got, in its worst second right after the loss.
  int peak_away = 0;         ///< And from then on, while it was away.
  int peak_burst = 0;        ///< The same of one that is back, for the burst's time.
  int peak_back = 0;         ///< And from then on.
  int refused = 0;           ///< Tries beyond the limit.
  milliseconds all_back{0};  ///< After the brokers were.
  int back = 0;
};

/// Time since the loss.
class Fleet {
 public:
  /// `with_slots`: each vehicle has an id of its own, as in life. Without, all have the same place.
  enum class Slots { kOwn, kShared };
  Fleet(const Outage& outage, Slots slots) : outage_(outage) {
    for (int i = 0; i < kVehicles; ++i) {
      const std::string id = slots == Slots::kOwn ? "truck-" + std::to_string(i) : "truck";
      vehicles_.push_back(std::make_unique<Vehicle>(outage, id, draw(kBrokers), [this] { return random_(); }));
      const milliseconds noticed = outage.failure == Failure::kSilent
                                       ? kAnswerTimeout + milliseconds{draw(kSendInterval.count())}
                                       : milliseconds{0};
      // Who has sent nothing in vain for so long goes on as if nothing had been.
      if (noticed >= outage.away && outage.failure == Failure::kSilent) {
        ++seen_.back;
      } else {
        for (int broker = 0; broker < kBrokers; ++broker) {
          vehicles_.back()->gate.leave(name(broker), ConnectGate::kServes, outage.failure, at(noticed));
        }
        queue_.push({noticed + jittered(kAsksEvery), i});
      }
    }
  }

  Seen play() {
    while (!queue_.empty()) {
      const auto [now, vehicle] = queue_.top();
      queue_.pop();
      try_all(vehicle, now);
    }
    for (const auto& [when, tries] : reached_) {
      const bool is_burst = seconds{when.second} < outage_.away + outage_.burst;
      const bool is_first = seconds{when.second} < outage_.first_tries();
      int& peak = is_first ? seen_.peak_first : is_burst ? seen_.peak_burst : seen_.peak_back;
      peak = std::max(peak, tries);
    }
    for (const auto& [when, tries] : missed_) {
      int& peak = seconds{when.second} < outage_.first_tries() ? seen_.peak_first : seen_.peak_away;
      peak = std::max(peak, tries);
    }
    return seen_;
  }

 private:
  struct Vehicle {
    Vehicle(const Outage& outage, const std::string& id, int leads, std::function<std::uint64_t()> random)
        : gate(ReconnectLimits{.after_end = outage.after_end}, id, std::move(random)), leader(leads) {}
    ConnectGate gate;
    int leader;  ///< Of its partition.
  };
  struct Due {
    milliseconds at;
    int vehicle;
    bool operator<(const Due& other) const { return at > other.at; }
  };
  using PerSecond = std::map<std::pair<int, std::int64_t>, int>;  ///< By broker and second.

  static ConnectGate::TimePoint at(milliseconds since) { return ConnectGate::TimePoint{std::chrono::hours{1}} + since; }
  static std::string name(int broker) { return "b-" + std::to_string(broker) + ":9098"; }
  int draw(std::int64_t below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  /// 0.75 to 1.5 times as long.
  milliseconds jittered(milliseconds wait) { return wait * 3 / 4 + milliseconds{draw(wait.count() * 3 / 4)}; }
  static void count(PerSecond& tries, int broker, milliseconds when) { ++tries[{broker, when / seconds{1}}]; }

  /// One after the other, as librdkafka does while it has no connection at all; then the leader.
  void try_all(int vehicle, milliseconds now) {
    Vehicle& one = *vehicles_[static_cast<std::size_t>(vehicle)];
    const int first = draw(kBrokers);
    bool has_tried = false;
    for (int i = 0; i < kBrokers; ++i) {
      const int broker = (first + i) % kBrokers;
      if (!one.gate.enter(name(broker), at(now))) continue;
      has_tried = true;
      if (const auto arrived = connect(one, broker, now); arrived && finish(one, broker, *arrived)) return;
      now += milliseconds{500 + draw(500)};
    }
    if (!has_tried && now < outage_.first_tries()) {
      return queue_.push({now + std::min(jittered(kAsksEvery), kAsksEvery), vehicle});
    }
    const auto round = std::chrono::duration_cast<milliseconds>(*one.gate.next_round() - at(milliseconds{0}));
    queue_.push({std::max(round, now) + milliseconds{draw(kAsksEvery.count())}, vehicle});
  }

  /// When it is there, if it is; else `now` moves on to when that is known.
  std::optional<milliseconds> connect(Vehicle& one, int broker, milliseconds& now) {
    const bool comes_back = broker < outage_.brokers_back;
    const milliseconds began = now;
    for (const milliseconds syn : kSyns) {
      const bool is_there = comes_back && began + syn >= outage_.away;
      if (is_there) return knock(one, broker, began + syn) ? std::optional{began + syn} : std::nullopt;
      count(missed_, broker, began + syn);
      if (outage_.failure == Failure::kAnswered) break;
    }
    const milliseconds lasted = outage_.failure == Failure::kAnswered ? milliseconds{1} : kTryLasts;
    now += lasted;
    one.gate.leave(name(broker), lasted, outage_.failure, at(now));
    return std::nullopt;
  }

  /// At a broker that is there. It refuses all beyond the limit.
  bool knock(Vehicle& one, int broker, milliseconds when) {
    count(reached_, broker, when);
    one.gate.connected(name(broker));
    if (reached_.at({broker, when / seconds{1}}) <= kLimit) return true;
    ++seen_.refused;
    one.gate.leave(name(broker), milliseconds{1}, Failure::kAnswered, at(when));
    return false;
  }

  /// To the leader. False: it refused.
  bool finish(Vehicle& one, int broker, milliseconds now) {
    const int leader = outage_.brokers_back == kBrokers ? one.leader : broker;
    now += milliseconds{500};
    if (leader != broker && one.gate.enter(name(leader), at(now)) && !knock(one, leader, now)) return false;
    seen_.all_back = std::max(seen_.all_back, now - outage_.away);
    ++seen_.back;
    return true;
  }

  const Outage outage_;
  std::mt19937_64 random_{20261123};
  std::vector<std::unique_ptr<Vehicle>> vehicles_;
  std::priority_queue<Due> queue_;
  PerSecond reached_, missed_;
  Seen seen_;
};

const Outage kOutages[] = {
    // Who was refused within the first seconds comes within a spread.
    {"HungUpOnAndThereAgain", Failure::kAnswered, seconds{0}, kBrokers, seconds{7}},
    {"RefusedForThreeSeconds", Failure::kAnswered, seconds{3}, kBrokers, seconds{7}},
    {"HungUpOnAndThereAgainLarge", Failure::kAnswered, seconds{0}, kBrokers, seconds{0}, kAfterEndOfLarge},
    {"RefusedForAMinuteLarge", Failure::kAnswered, seconds{60}, kBrokers, seconds{0}, kAfterEndOfLarge},
    {"RefusedForTenSeconds", Failure::kAnswered, seconds{10}},
    {"RefusedForHalfAMinute", Failure::kAnswered, seconds{30}},
    {"RefusedForTwoMinutes", Failure::kAnswered, minutes{2}},
    {"RefusedForTenMinutes", Failure::kAnswered, minutes{10}},
    {"RefusedForAnHour", Failure::kAnswered, minutes{60}},
    {"OneBrokerOfThreeComesBack", Failure::kAnswered, minutes{10}, 1},
    // Silence is mostly one vehicle's own, so that its windows are still short: a mobile network that is away for less
    // than the spread brings them back faster than the brokers take them. Who is refused comes within a spread.
    {"SilentForAsLongAsAConnectionLasts", Failure::kSilent, kAnswerTimeout},
    {"SilentForFortySeconds", Failure::kSilent, seconds{40}, kBrokers, seconds{40}},
    {"SilentForAMinute", Failure::kSilent, seconds{60}, kBrokers, seconds{40}},
    {"SilentForTwoMinutes", Failure::kSilent, minutes{2}, kBrokers, seconds{60}},
    {"SilentForTenMinutes", Failure::kSilent, minutes{10}},
    {"SilentForAnHour", Failure::kSilent, minutes{60}},
};

class FleetReturn : public ::testing::TestWithParam<Outage> {};

TEST_P(FleetReturn, StaysUnderWhatABrokerTakes) {
  const Seen seen = Fleet{GetParam(), Fleet::Slots::kOwn}.play();
  std::printf("%s: peak %d/s at first, %d/s away, %d/s back (%d/s in the burst, %d refused), all back after %.0f s\n",
              GetParam().name, seen.peak_first, seen.peak_away, seen.peak_back, seen.peak_burst, seen.refused,
              static_cast<double>(seen.all_back.count()) / 1000);
  EXPECT_EQ(seen.back, kVehicles);
  EXPECT_LT(seen.peak_first, GetParam().after_end < kAfterEndOfLarge ? kFirstLimit : kLimit);
  EXPECT_LT(seen.peak_burst, kBurstLimit);
  EXPECT_LT(seen.peak_back, kLimit);
  EXPECT_EQ(seen.refused > 0, GetParam().burst > seconds{0});
  if (GetParam().failure == Failure::kAnswered) {
    EXPECT_LT(seen.peak_away, kLimit);
  }
  // A moment that was just missed comes again in the next window, later by the jitter.
  constexpr milliseconds kRound = ReconnectLimits{}.spread * 17 / 16;
  EXPECT_LE(seen.all_back, kRound + kAsksEvery + kTryLasts + GetParam().burst);
}

INSTANTIATE_TEST_SUITE_P(All, FleetReturn, ::testing::ValuesIn(kOutages),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(FleetReturnControl, WithoutSlotsTheBrokersGetFarMore) {
  const Seen seen = Fleet{{"Shared", Failure::kAnswered, seconds{10}}, Fleet::Slots::kShared}.play();
  std::printf("without slots: peak %d/s\n", seen.peak_back);
  EXPECT_GT(seen.peak_back, 2 * kLimit);
}

}  // namespace
}  // namespace odograph::kafka
