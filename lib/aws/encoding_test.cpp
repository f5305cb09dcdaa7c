#include "lib/aws/encoding.h"

#include <gtest/gtest.h>

namespace odograph::aws {
namespace {

TEST(PercentEncode, LeavesTheUnreservedAlone) {
  const std::string unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  EXPECT_EQ(percent_encode(unreserved), unreserved);
  EXPECT_EQ(percent_encode_path(unreserved), unreserved);
}

TEST(PercentEncode, EncodesEveryOtherByte) {
  const struct {
    std::string plain;
    const char* encoded;
  } rows[] = {
      {"", ""},
      {" ", "%20"},
      {"+", "%2B"},
      {"a/b=c&d?e#f", "a%2Fb%3Dc%26d%3Fe%23f"},
      {"100%", "100%25"},
      {"%2F", "%252F"},
      {"!*'()", "%21%2A%27%28%29"},
      {"\xE1\x88\xB4", "%E1%88%B4"},
      {std::string("\0\n\xFF", 3), "%00%0A%FF"},
      {"kafka-cluster:Connect", "kafka-cluster%3AConnect"},
  };
  for (const auto& row : rows) EXPECT_EQ(percent_encode(row.plain), row.encoded) << row.encoded;
}

TEST(PercentEncode, LeavesThePathsSlashes) {
  EXPECT_EQ(percent_encode_path("/a b/c+d//%"), "/a%20b/c%2Bd//%25");
  EXPECT_EQ(percent_encode_path("/dt=2026-11-23/x"), "/dt%3D2026-11-23/x");
}

TEST(PercentEncode, KnowsAPathThatIsEncoded) {
  for (const char* good : {"", "/", "/a/b.txt", "/a%20b", "//..//", "/%E1%88%B4", "/%25"}) {
    EXPECT_TRUE(is_percent_encoded_path(good)) << good;
  }
  for (const char* bad : {"/a b", "/a+b", "/dt=1", "/\xE1\x88\xB4", "/%", "/%2", "/%zz", "/%e1", "/%41", "/%2F", "/a?b",
                          "/a\n", "/%2 ", "/*"}) {
    EXPECT_FALSE(is_percent_encoded_path(bad)) << bad;
  }
}

TEST(NormalisedPath, ResolvesDotsAndRunsOfSlashes) {
  const struct {
    const char* path;
    const char* normalised;
  } rows[] = {
      {"/", "/"},
      {"", "/"},
      {"//", "/"},
      {"/./", "/"},
      {"/.", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"//example//", "/example/"},
      {"/./example", "/example"},
      {"/example/..", "/"},
      {"/example/../", "/"},
      {"/a/b/..", "/a"},
      {"/a/b/../", "/a/"},
      {"/example1/example2/../..", "/"},
      {"/../../a", "/a"},
      {"/a/./b/../c", "/a/c"},
      // Three dots are a name, and so are encoded ones.
      {"/.../a", "/.../a"},
      {"/%2E%2E/a", "/%2E%2E/a"},
      {"/a..b/.c", "/a..b/.c"},
  };
  for (const auto& row : rows) EXPECT_EQ(normalised_path(row.path), row.normalised) << row.path;
}

TEST(Base64Url, IsThatOfRfc4648WithoutPadding) {
  const struct {
    std::string bytes;
    const char* text;
  } rows[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF\xBF", "-_-_"},
      {std::string(3, '\0'), "AAAA"},
      {"\xFF", "_w"},
  };
  for (const auto& row : rows) EXPECT_EQ(base64url(row.bytes), row.text) << row.text;
}

}  // namespace
}  // namespace odograph::aws
