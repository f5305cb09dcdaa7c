#include "lib/kafka/iam_token_source.h"

#include <gtest/gtest.h>

#include <deque>

namespace odograph::kafka {
namespace {

using base::Millis;
using base::UtcTime;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const UtcTime kNow = *base::from_rfc3339("2026-11-23T06:00:00Z");
const UtcTime kBuilt = *base::from_rfc3339("2026-11-01T00:00:00Z");

struct World {
  base::VirtualClock clock{base::BootTime{minutes{3}}};
  std::deque<base::Result<aws::Credentials>> answers;  ///< The last one for ever.
  int asked = 0;
};

class View final : public base::Clock {
 public:
  explicit View(const World& world) : world_(world) {}
  base::BootTime boot_now() const override { return world_.clock.boot_now(); }
  std::optional<base::SystemUtc> utc_now() const override { return world_.clock.utc_now(); }

 private:
  const World& world_;
};

class Provider final : public aws::CredentialProvider {
 public:
  explicit Provider(World& world) : world_(world) {}
  base::Result<aws::Credentials> fetch() override {
    ++world_.asked;
    auto answer = world_.answers.front();
    if (world_.answers.size() > 1) world_.answers.pop_front();
    return answer;
  }

 private:
  World& world_;
};

aws::Credentials credentials(const std::string& id, std::optional<UtcTime> expires = {}) {
  aws::Credentials made;
  made.access_key_id = id;
  made.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  made.source = "test";
  made.expires = expires;
  return made;
}

class IamTokenSourceTest : public ::testing::Test {
 protected:
  IamTokenSourceTest() { world_.clock.set_utc(base::SystemUtc{kNow, true}); }
  std::unique_ptr<IamTokenSource> source() {
    return std::make_unique<IamTokenSource>(
        IamTokenSource::Order{"eu-central-1", "", "odograph-test/1", kBuilt},
        IamTokenSource::Parts{std::make_unique<Provider>(world_), std::make_unique<View>(world_), 1});
  }
  void advance(Millis by) {
    world_.clock.advance(by);
    const auto utc = world_.clock.utc_now();
    world_.clock.set_utc(base::SystemUtc{utc->time + by, utc->synchronised});
  }

  World world_;
};

TEST_F(IamTokenSourceTest, SignsWithWhatTheProviderGives) {
  world_.answers = {credentials("AKIDEXAMPLE")};
  const auto token = source()->fetch();
  ASSERT_TRUE(token) << token.error().what;
  EXPECT_EQ(token->principal, "AKIDEXAMPLE (test)");
  EXPECT_EQ(token->lifetime, minutes{15});
  EXPECT_EQ(token->value.substr(0, 40), "aHR0cHM6Ly9rYWZrYS5ldS1jZW50cmFsLTEuYW1h");  // https://kafka.eu-central-1.ama
}

TEST_F(IamTokenSourceTest, ATokenDiesWithItsCredentials) {
  world_.answers = {credentials("ASIAEXAMPLE", kNow + minutes{4})};
  const auto token = source()->fetch();
  ASSERT_TRUE(token) << token.error().what;
  EXPECT_EQ(token->lifetime, minutes{4});
}

TEST_F(IamTokenSourceTest, AsksTheProviderOnlyWhenCredentialsAreDue) {
  world_.answers = {credentials("ASIAONE", kNow + hours{1}), credentials("ASIATWO", kNow + hours{2})};
  const auto tokens = source();
  ASSERT_TRUE(tokens->fetch());
  advance(minutes{30});
  ASSERT_TRUE(tokens->fetch());
  EXPECT_EQ(world_.asked, 1);
  advance(minutes{25});
  const auto token = tokens->fetch();
  ASSERT_TRUE(token) << token.error().what;
  EXPECT_EQ(token->principal, "ASIATWO (test)");
  EXPECT_EQ(world_.asked, 2);
}

TEST_F(IamTokenSourceTest, ARefusalAsksAnew) {
  world_.answers = {credentials("ASIAONE", kNow + hours{1}), credentials("ASIATWO", kNow + hours{1})};
  const auto tokens = source();
  ASSERT_TRUE(tokens->fetch());
  advance(minutes{2});
  tokens->refused();
  EXPECT_EQ(tokens->fetch()->principal, "ASIATWO (test)");
}

TEST_F(IamTokenSourceTest, TellsPeopleWhoseItIsAndWhatMayComeOfIt) {
  world_.answers = {credentials("AKIDONE", kNow + hours{1}), base::stop_error("test: 403")};
  world_.answers.front()->doubt = "half a pair";
  const auto tokens = source();
  const auto first = tokens->fetch();
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->key_id, "AKIDONE");
  EXPECT_EQ(first->source, "test");
  ASSERT_TRUE(first->credentials_lifetime);
  EXPECT_GT(*first->credentials_lifetime, Millis{minutes{59}});
  EXPECT_LE(*first->credentials_lifetime, Millis{hours{1}});
  EXPECT_EQ(first->doubt, "half a pair");
  world_.clock.advance(minutes{57});
  world_.clock.set_utc(base::SystemUtc{kNow + minutes{57}, true});
  const auto second = tokens->fetch();
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(second->doubt, "test: 403") << "what there was before is still good";
}

TEST_F(IamTokenSourceTest, OldCredentialsServeWhileTheProviderFails) {
  world_.answers = {credentials("ASIAONE", kNow + hours{1}), base::retry_error("HTTP 503")};
  const auto tokens = source();
  ASSERT_TRUE(tokens->fetch());
  advance(minutes{56});
  const auto token = tokens->fetch();
  ASSERT_TRUE(token) << token.error().what;
  EXPECT_EQ(world_.asked, 2);
  EXPECT_EQ(token->lifetime, minutes{4});
  advance(minutes{5});
  EXPECT_EQ(tokens->fetch().error().what, "HTTP 503");
}

TEST_F(IamTokenSourceTest, TheProvidersWordsAreKept) {
  world_.answers = {base::stop_error("iot: HTTP 403")};
  const auto tokens = source();
  for (int i = 0; i < 3; ++i) {
    const auto token = tokens->fetch();
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().what, "iot: HTTP 403");
    EXPECT_EQ(token.error().action, base::Action::kStop);
  }
  EXPECT_EQ(world_.asked, 1);  // The cache has a back-off of its own.
}

TEST_F(IamTokenSourceTest, BeforeTheTimeIsKnownNothingIsSigned) {
  world_.answers = {credentials("AKIDEXAMPLE")};
  world_.clock.set_utc(base::SystemUtc{UtcTime{}, false});
  const auto tokens = source();
  const auto early = tokens->fetch();
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().action, base::Action::kRetry);
  EXPECT_NE(early.error().what.find("before the time is known"), std::string::npos) << early.error().what;
  world_.clock.set_utc(std::nullopt);
  EXPECT_FALSE(tokens->fetch());
  world_.clock.set_utc(base::SystemUtc{kNow, false});
  EXPECT_TRUE(tokens->fetch());
}

TEST_F(IamTokenSourceTest, AVerifiedAnswerTellsTheTimeAndAnyOtherDoesNot) {
  for (const bool verified : {true, false}) {
    aws::Credentials given = credentials("ASIAEXAMPLE", kNow + hours{1});
    given.answered = aws::AnswerTime{kNow, Millis{200}, verified};
    world_.answers = {given};
    world_.clock.set_utc(base::SystemUtc{UtcTime{}, false});
    const auto token = source()->fetch();
    EXPECT_EQ(token.has_value(), verified);
    if (verified) EXPECT_EQ(token->lifetime.count() / 1000, 899);
  }
}

}  // namespace
}  // namespace odograph::kafka
