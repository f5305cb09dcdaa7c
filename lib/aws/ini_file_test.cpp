#include "lib/aws/ini_file.h"

#include <gtest/gtest.h>

namespace odograph::aws {
namespace {

TEST(IniFile, ReadsProfilesOfTheConfigFile) {
  const auto profiles = parse_ini(
      "# mine\r\n"
      "[default]\r\n"
      "region=eu-central-1\r\n"
      "  ; indented comment\n"
      "[profile  bus fleet] ; the buses\n"
      "Role_Arn = arn:aws:iam::1:role/x  # why\n"
      "s3 =\n"
      "  max_concurrent_requests = 20\n"
      "  addressing_style = path\n"
      "empty =\n"
      "[sso-session me]\n"
      "sso_region = us-east-1\n"
      "[plain]\n"
      "aws_access_key_id = not a profile here\n"
      "[profile bus fleet]\n"
      "external_id = a;b#c=d",
      IniKind::kConfig);
  ASSERT_TRUE(profiles) << profiles.error().what;
  const Profiles expected = {
      {"default", {{"region", "eu-central-1"}}},
      {"bus fleet", {{"role_arn", "arn:aws:iam::1:role/x"}, {"s3", ""}, {"empty", ""}, {"external_id", "a;b#c=d"}}}};
  EXPECT_EQ(*profiles, expected);
}

TEST(IniFile, ReadsProfilesOfTheCredentialsFile) {
  const auto profiles =
      parse_ini("\xEF\xBB\xBF[bus]\n aws_access_key_id = AKID\n\taws_secret_access_key=a/b+c=\n[profile x]\nk=v\n",
                IniKind::kCredentials);
  ASSERT_TRUE(profiles) << profiles.error().what;
  const Profiles expected = {{"bus", {{"aws_access_key_id", "AKID"}, {"aws_secret_access_key", "a/b+c="}}},
                             {"profile x", {{"k", "v"}}}};
  EXPECT_EQ(*profiles, expected);
}

TEST(IniFile, MayBeEmpty) {
  EXPECT_TRUE(parse_ini("", IniKind::kConfig));
  EXPECT_TRUE(parse_ini("\n\n# nothing\n", IniKind::kCredentials));
}

TEST(IniFile, StopsAtTheLineThatIsWrong) {
  struct Row {
    const char* name;
    std::string text;
    const char* expected;
  };
  const Row rows[] = {
      {"OpenSection", "[default\nk=v\n", "line 1: a section without its ']'"},
      {"NamelessSection", "[a]\n[ ]\n", "line 2: a section without a name"},
      {"WordsBehindSection", "[a] b\n", "line 1: something behind the section's ']'"},
      {"NoEquals", "[a]\nsecret\n", "line 2: no '=' in it"},
      {"NoKey", "[a]\n\n= v\n", "line 3: no key before its '='"},
      {"BeforeAnySection", "k=secret\n[a]\n", "line 1: a key before any section"},
      {"Twice", "[a]\nk=secret\nK = other\n", "line 3: a key that this profile already has"},
      {"TwiceInTwoSections", "[a]\nk=1\n[b]\nk=2\n[a]\nk=3\n", "line 6: a key that this profile already has"},
      {"Nul", std::string("[a]\nk=\0v\n", 9), "line 2: a NUL in it"},
      {"LongLine", "[a]\nk=" + std::string(kIniLineBytesMax, 's'), "line 2: longer than 32768 bytes"},
      {"LargeFile", std::string(kIniBytesMax + 1, '\n'), "larger than 1048576 bytes"},
      {"IndentedAfterAValue", "[a]\nk=v\n  more\n", "line 3: no '=' in it"},
  };
  for (const Row& row : rows) {
    const auto refused = parse_ini(row.text, IniKind::kCredentials);
    ASSERT_FALSE(refused) << row.name;
    EXPECT_EQ(refused.error().action, base::Action::kStop) << row.name;
    EXPECT_EQ(refused.error().what, row.expected) << row.name;
  }
}

}  // namespace
}  // namespace odograph::aws
