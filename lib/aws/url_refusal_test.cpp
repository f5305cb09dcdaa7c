// No refusal of a URL repeats the password in it, whoever was told it.

#include <gtest/gtest.h>

#include "lib/aws/test_world.h"
#include "lib/aws/url.h"

namespace odograph::aws {
namespace {

constexpr const char* kUrls[] = {
    "https://user:sesame@host.example",
    "https://user:sesame@host.example/path",
    "ftp://user:sesame@host.example",
    "user:sesame@host.example:443",
    "http://user:sesame@host.example:1/",
    "https://user:ses/ame@host.example",
    "https://user:sesame@",
    "https://user:sesame@host.example:port",
    "https:/user:sesame@host.example",
};

ProviderOptions of(ProviderKind kind) {
  ProviderOptions options;
  options.kind = kind;
  options.sts.region = "eu-west-1";
  return options;
}

std::string told_by_container(const std::string& url) {
  TestWorld world;
  world.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}};
  return world.told(of(ProviderKind::kContainer));
}

std::string told_by_iot(const std::string& url) {
  ProviderOptions options = of(ProviderKind::kIot);
  options.iot = {.endpoint = url, .role_alias = "a", .thing_name = "", .certificate_file = "c", .key = "k"};
  return TestWorld{}.told(options);
}

std::string told_by_sts(const std::string& url) {
  TestWorld world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  ProviderOptions options = of(ProviderKind::kEnvironment);
  options.role = RoleStep{};
  options.role->role_arn = "arn:aws:iam::111122223333:role/x";
  options.sts.endpoint = url;
  return world.told(options);
}

std::string told_by_proxy(const std::string& url) {
  ProviderOptions options = of(ProviderKind::kEnvironment);
  options.proxy = url;
  return TestWorld{}.told(options);
}

std::string told_by_split(const std::string& url) {
  const auto parts = split_url(url);
  return parts ? "taken" : "kStop: " + parts.error().what;
}

TEST(UrlRefusal, NeverRepeatsAPassword) {
  const struct {
    const char* whose;
    std::string (*told)(const std::string& url);
  } rows[] = {{"container", told_by_container},
              {"iot", told_by_iot},
              {"sts", told_by_sts},
              {"proxy", told_by_proxy},
              {"split_url", told_by_split}};
  for (const auto& row : rows) {
    for (const std::string url : kUrls) {
      const std::string told = row.told(url);
      EXPECT_TRUE(told.starts_with("kStop: ")) << row.whose << ' ' << url << ": " << told;
      for (const char* part : {"sesame", "ses/", "/ame"}) {
        EXPECT_EQ(told.find(part), std::string::npos) << row.whose << ' ' << url << ": " << told;
      }
    }
  }
}

}  // namespace
}  // namespace odograph::aws
