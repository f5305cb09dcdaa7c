#include "lib/base/url_password.h"

#include <gtest/gtest.h>

namespace odograph::base {
namespace {

TEST(WithoutPassword, HidesWhatStandsBeforeTheHost) {
  const struct {
    const char* name;
    const char* value;
    const char* told;
  } rows[] = {
      {"UserAndPassword", "https://user:pw@host/path", "https://***@host/path"},
      {"UserAlone", "https://user@host", "https://***@host"},
      {"PasswordAlone", "https://:pw@host:8443", "https://***@host:8443"},
      {"OtherScheme", "socks5://user:pw@host:1080", "socks5://***@host:1080"},
      {"SlashInThePassword", "https://user:p/w?#@host", "https://***@host"},
      {"AtInThePassword", "https://user:p@w@host", "https://***@host"},
      {"BlankInThePassword", "https://user:p w@host", "https://***@host"},
      {"WithoutAScheme", "user:pw@host:9092", "***@host:9092"},
      {"BehindAKey", "aws.proxy:http://user:pw@host", "aws.proxy:http://***@host"},
      {"SchemeCutShort", "https:/user:pw@host", "***@host"},
      {"NoHost", "https://user:pw@", "https://***@"},
      {"Plain", "https://host:8443/path?a=b", "https://host:8443/path?a=b"},
      {"HostAndPort", "host:9092", "host:9092"},
      {"NameWithAt", "session@truck-17", "session@truck-17"},
      {"UrlBehindTheAt", "a@b https://host", "a@b https://host"},
      {"Empty", "", ""},
      {"AtAlone", "@", "@"},
  };
  for (const auto& row : rows) EXPECT_EQ(without_password(row.value), row.told) << row.name;
}

}  // namespace
}  // namespace odograph::base
