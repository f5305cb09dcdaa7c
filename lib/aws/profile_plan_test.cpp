#include "lib/aws/profile_plan.h"

#include <gtest/gtest.h>

namespace odograph::aws {
namespace {

constexpr const char* kKeys = "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";
constexpr const char* kArn = "arn:aws:iam::123456789012:role/";

base::Result<std::optional<ProfilePlan>> plan(const std::string& config, const std::string& credentials = {}) {
  auto first = parse_ini(config, IniKind::kConfig);
  auto second = parse_ini(credentials, IniKind::kCredentials);
  EXPECT_TRUE(first && second);
  return plan_profile({*first, *second}, "p");
}

/// "keys:AKID role:a role:b", or "nothing", or the error.
std::string told(const base::Result<std::optional<ProfilePlan>>& planned) {
  if (!planned) return planned.error().what;
  if (!*planned) return "nothing";
  std::string out;
  const auto& base = (*planned)->base;
  if (const auto* keys = std::get_if<Credentials>(&base)) out = "keys:" + keys->access_key_id;
  if (const auto* process = std::get_if<ProcessSource>(&base)) out = "process:" + process->command;
  if (const auto* web = std::get_if<WebIdentitySource>(&base)) out = "web:" + web->token_file + "," + web->session_name;
  if (const auto* named = std::get_if<NamedSource>(&base)) out = "named:" + std::to_string(static_cast<int>(*named));
  for (const RoleStep& role : (*planned)->roles) {
    out += " role:" + role.role_arn.substr(role.role_arn.rfind('/') + 1) + "," + role.session_name + "," +
           role.external_id + "," + std::to_string(role.duration_s);
  }
  return out;
}

struct Row {
  const char* name;
  std::string config;
  std::string credentials;
  std::string expected;
};

std::string role(const std::string& name, const std::string& more) {
  return std::string("role_arn = ") + kArn + name + "\n" + more;
}

TEST(ProfilePlan, FollowsWhatTheFilesSay) {
  const std::string p = "[profile p]\n";
  const Row rows[] = {
      {"NoFiles", "", "", "nothing"},
      {"OtherProfile", "[profile q]\nregion=x\n", "[q]\n" + std::string(kKeys), "nothing"},
      {"OnlyARegion", p + "region = eu-central-1\n", "", "nothing"},
      {"Keys", "", "[p]\n" + std::string(kKeys), "keys:AKIDEXAMPLE"},
      {"KeysInConfig", p + kKeys, "", "keys:AKIDEXAMPLE"},
      {"CredentialsFileFirst", p + "aws_access_key_id=AKIDOTHER\naws_secret_access_key=o\n",
       "[p]\n" + std::string(kKeys), "keys:AKIDEXAMPLE"},
      {"Process", p + "credential_process = /bin/x \"a b\"\n", "", "process:/bin/x \"a b\""},
      {"KeysBeforeProcess", p + "credential_process = x\n" + kKeys, "", "keys:AKIDEXAMPLE"},
      {"Role", p + role("a", "source_profile=q\nexternal_id=e\nduration_seconds=900\n"), "[q]\n" + std::string(kKeys),
       "keys:AKIDEXAMPLE role:a,,e,900"},
      {"RoleOfItself", p + role("a", "source_profile=p\n") + kKeys, "", "keys:AKIDEXAMPLE role:a,,,3600"},
      {"TwoRoles", p + role("a", "source_profile=q\n") + "[profile q]\n" + role("b", "source_profile=r\n"),
       "[r]\n" + std::string(kKeys), "keys:AKIDEXAMPLE role:b,,,3600 role:a,,,3600"},
      {"RoleFromProcess",
       p + role("a", "source_profile=q\nrole_session_name=s1\n") + "[profile q]\ncredential_process=x\n", "",
       "process:x role:a,s1,,3600"},
      {"Environment", p + role("a", "credential_source = Environment\n"), "", "named:0 role:a,,,3600"},
      {"Container", p + role("a", "credential_source = EcsContainer\n"), "", "named:1 role:a,,,3600"},
      {"Metadata", p + role("a", "credential_source = Ec2InstanceMetadata\n"), "", "named:2 role:a,,,3600"},
      {"WebIdentity", p + role("a", "web_identity_token_file = /t\nrole_session_name = s1\n"), "", "web:/t,s1"},
      {"EmptySaysNothing", p + "credential_process =\naws_access_key_id =\n", "", "nothing"},
  };
  for (const Row& row : rows) EXPECT_EQ(told(plan(row.config, row.credentials)), row.expected) << row.name;
}

TEST(ProfilePlan, StopsAtHalfAConfiguration) {
  const std::string p = "[profile p]\n";
  std::string long_chain;
  for (const char* step : {"p,q", "q,r", "r,s", "s,t", "t,u"}) {
    long_chain +=
        std::string("[profile ") + step[0] + "]\n" + role("a", std::string("source_profile=") + step[2] + "\n");
  }
  const std::string keys = kKeys;
  const Row rows[] = {
      {"IdOnly", p + "aws_access_key_id = AKID\n", "", "aws_access_key_id without aws_secret_access_key"},
      {"SecretOnly", p + "aws_secret_access_key = s\n", "", "aws_secret_access_key without aws_access_key_id"},
      {"TokenOnly", p + "aws_session_token = s\n", "", "aws_session_token without its keys"},
      {"MalformedId", p + "aws_access_key_id = A-B\naws_secret_access_key = s\n", "", "access key id is not"},
      {"RoleWithoutSource", p + role("a", ""), "", "needs one of source_profile"},
      {"RoleWithTwoSources", p + role("a", "source_profile=q\ncredential_source=Environment\n"), "", "there are more"},
      {"UnknownSource", p + role("a", "credential_source=Ec2\n"), "", "credential_source is not"},
      {"SourceIsNotThere", p + role("a", "source_profile=q\n"), "", "profile 'q': named as a source_profile"},
      {"SourceSaysNothing", p + role("a", "source_profile=q\n") + "[profile q]\nregion=x\n", "", "says nothing"},
      {"SelfWithoutKeys", p + role("a", "source_profile=p\n"), "", "says nothing"},
      {"Circle", p + role("a", "source_profile=q\n") + "[profile q]\n" + role("b", "source_profile=p\n") + keys, "",
       "profile 'p': source_profile goes in a circle"},
      {"TooLong", long_chain + "[profile u]\n" + keys, "", "more profiles in a row"},
      {"NoArn", p + "role_arn = role/x\nsource_profile=q\n", "", "role_arn is not like"},
      {"SessionName", p + role("a", "source_profile=q\nrole_session_name=a b\n"), "", "role_session_name is not"},
      {"DurationNoNumber", p + role("a", "source_profile=q\nduration_seconds=1h\n"), "", "duration_seconds is not"},
      {"DurationTooShort", p + role("a", "source_profile=q\nduration_seconds=899\n"), "", "duration_seconds is not"},
      {"DurationTooLong", p + role("a", "source_profile=q\nduration_seconds=43201\n"), "", "duration_seconds is not"},
      {"Sso", p + "sso_session = me\n", "", "sso_session is not supported"},
      {"OldSso", p + "sso_start_url = https://x\n", "", "sso_start_url is not supported"},
      {"Mfa", p + role("a", "source_profile=q\nmfa_serial=x\n"), "[q]\n" + keys, "mfa_serial is not supported"},
  };
  for (const Row& row : rows) {
    const auto refused = plan(row.config, row.credentials);
    ASSERT_FALSE(refused) << row.name;
    EXPECT_EQ(refused.error().action, base::Action::kStop) << row.name;
    EXPECT_EQ(refused.error().what.find("profile '"), 0U) << refused.error().what;
    EXPECT_NE(refused.error().what.find(row.expected), std::string::npos) << row.name << ": " << refused.error().what;
  }
}

TEST(ProfilePlan, TellsTheRegionOfTheProfileAskedFor) {
  const auto planned =
      plan("[profile p]\nregion=eu-west-1\n" + role("a", "source_profile=q\n") + "[profile q]\nregion=x\n" + kKeys);
  ASSERT_TRUE(planned && *planned);
  EXPECT_EQ((*planned)->region, "eu-west-1");
}

TEST(Names, OfRolesAndSessionsAreChecked) {
  for (const char* good : {"ab", "odograph", "bus_7+x=y,z.a@b-c"}) EXPECT_TRUE(is_session_name(good)) << good;
  for (const char* bad : {"", "a", "a b", "a/b", "a:b"}) EXPECT_FALSE(is_session_name(bad)) << bad;
  EXPECT_FALSE(is_session_name(std::string(65, 'a')));
  for (const char* good : {"arn:aws:iam::123456789012:role/x", "arn:aws-cn:iam::1:role/path/x"}) {
    EXPECT_TRUE(is_role_arn(good)) << good;
  }
  for (const char* bad :
       {"", "x", "arn:aws:iam::1:user/x", "arn:aws:sts::1:role/x", "arn:aws:iam::1:role/x y", "arn::iam::"}) {
    EXPECT_FALSE(is_role_arn(bad)) << bad;
  }
}

}  // namespace
}  // namespace odograph::aws
