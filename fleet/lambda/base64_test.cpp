#include "fleet/lambda/base64.h"

#include <gtest/gtest.h>

namespace odograph::lambda {
namespace {

using namespace std::string_view_literals;

struct Pair {
  std::string_view bytes;
  std::string_view text;
};

// The first seven are RFC 4648's own.
constexpr Pair kPairs[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\0\0\0"sv, "AAAA"},
    {"\xff\xff\xff"sv, "////"},
    {"\xfb\xef\xbe"sv, "++++"},
    {"\0"sv, "AA=="},
};

TEST(Base64, GoesBothWays) {
  for (const Pair& pair : kPairs) {
    EXPECT_EQ(to_base64(pair.bytes), pair.text);
    EXPECT_EQ(from_base64(pair.text), std::string(pair.bytes)) << pair.text;
  }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zm9", "Zm9=v", "Z===", "====", "=", "Zg==Zg==", "Zm9v\n",
                                      "Zm 9", "Zm9-", "Zm9_", "Zh==", "Zm9=", "Zm\x80v", "Zm9v="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace odograph::lambda
