#include "lib/aws/answer.h"

#include <gtest/gtest.h>

#include "lib/aws/sts_xml.h"

namespace odograph::aws {
namespace {

using base::Action;

constexpr const char* kIot = R"({"credentials":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"top/secret+key",)"
                             R"("sessionToken":"tok==","expiration":"2026-11-23T11:00:00Z"}})";

/// A row that is refused: with what, and a part of the reason.
struct Refused {
  const char* name;
  std::string body;
  const char* word;
  Action action = Action::kRetry;
};

void expect_refused(const Refused& row, const base::Result<Credentials>& parsed) {
  ASSERT_FALSE(parsed) << row.name;
  EXPECT_EQ(parsed.error().action, row.action) << row.name;
  EXPECT_NE(parsed.error().what.find(row.word), std::string::npos) << row.name << ": " << parsed.error().what;
  EXPECT_EQ(parsed.error().what.find("secret+key"), std::string::npos) << row.name;
  EXPECT_EQ(parsed.error().what.find('\n'), std::string::npos) << row.name;
}

/// `text` with the first `from` replaced.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(JsonAnswer, GivesAllFour) {
  const auto made = parse_json_answer(kIot, kIotNames);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->access_key_id, "ASIAEXAMPLE");
  EXPECT_EQ(made->secret_access_key, "top/secret+key");
  EXPECT_EQ(made->session_token, "tok==");
  ASSERT_TRUE(made->expires);
  EXPECT_EQ(base::to_rfc3339(*made->expires), "2026-11-23T11:00:00.000Z");
}

TEST(JsonAnswer, LooksOverWhatItDoesNotKnow) {
  EXPECT_TRUE(parse_json_answer(R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAEXAMPLE","Number":1,)"
                                R"("SecretAccessKey":"s","Token":"t","Expiration":"2026-11-23T11:00:00+01:00"})",
                                kEndpointNames));
}

TEST(JsonAnswer, RefusesWhatIsMissingOrMalformed) {
  const std::string nul("to\0p", 4);
  const Refused rows[] = {
      {"Empty", "", "an empty body"},
      {"Blank", " \r\n", "an empty body"},
      {"Portal", "<!DOCTYPE html><html>Log in</html>", "captive portal"},
      {"Words", "Service Unavailable", "other text"},
      {"Cut", std::string(kIot).substr(0, 60), "expected JSON"},
      {"Trailing", std::string(kIot) + "x", "expected JSON"},
      {"Two", std::string(kIot) + kIot, "expected JSON"},
      {"Array", "[]", "a JSON object"},
      {"Null", "null", "a JSON object"},
      {"NotUtf8", with(kIot, "tok", "\xFF"), "expected JSON"},
      {"NoInnerObject", "{}", "no object 'credentials'"},
      {"InnerIsNoObject", R"({"credentials":"x"})", "no object 'credentials'"},
      {"NoId", with(kIot, "accessKeyId", "id"), "no field 'accessKeyId'"},
      {"NoSecret", with(kIot, "secretAccessKey", "s"), "no field 'secretAccessKey'"},
      {"NoToken", with(kIot, "sessionToken", "s"), "no field 'sessionToken'"},
      {"EmptyToken", with(kIot, "tok==", ""), "'sessionToken' is empty"},
      {"NoExpiration", with(kIot, "expiration", "e"), "no field 'expiration'"},
      {"IdIsANumber", with(kIot, "\"ASIAEXAMPLE\"", "5"), "'accessKeyId' is not a text"},
      {"SecretIsNull", with(kIot, "\"top/secret+key\"", "null"), "'secretAccessKey' is not a text"},
      {"SecretIsEmpty", with(kIot, "top/secret+key", ""), "secret access key is empty"},
      {"SecretWithBlank", with(kIot, "top/", "top "), "the secret access key has a blank"},
      {"SecretWithLine", with(kIot, "top/", "top\\n"), "the secret access key has a blank"},
      {"SecretWithNul", with(kIot, "top/", "top\\u0000"), "the secret access key has a blank"},
      {"IdForALog", with(kIot, "ASIAEXAMPLE", "ASIA\\u001b[31m"), "access key id is not"},
      {"IdTooLong", with(kIot, "ASIAEXAMPLE", std::string(129, 'A')), "access key id is not"},
      {"TokenTooLong", with(kIot, "tok", std::string(kFieldBytesMax + 1, 'A')), "token is too long"},
      {"TokenWithLine", with(kIot, "tok", "tok\\r\\n"), "the session token has a blank"},
      {"NoTime", with(kIot, "2026-11-23T11:00:00Z", "soon"), "is not a time"},
      {"NoSuchDay", with(kIot, "2026-11-23", "2026-02-30"), "is not a time"},
      {"ManyBrackets", std::string(60'000, '['), "expected JSON"},
  };
  for (const Refused& row : rows) expect_refused(row, parse_json_answer(row.body, kIotNames));
}

constexpr const char* kProcess = R"({"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"top/secret+key"})";

TEST(ProcessAnswer, MayLeaveTokenAndExpirationOut) {
  const auto lasting = parse_process_answer(kProcess);
  ASSERT_TRUE(lasting) << lasting.error().what;
  EXPECT_FALSE(lasting->expires);
  EXPECT_TRUE(lasting->session_token.empty());
  const auto passing =
      parse_process_answer(with(kProcess, "}", R"(,"SessionToken":"t","Expiration":"2026-11-23T11:00:00Z"})"));
  ASSERT_TRUE(passing) << passing.error().what;
  EXPECT_TRUE(passing->expires);
  EXPECT_EQ(passing->session_token, "t");
}

TEST(ProcessAnswer, RefusesOtherVersionsAndHalfAnswers) {
  const Refused rows[] = {
      {"NoVersion", with(kProcess, "\"Version\":1,", ""), "no number 'Version'"},
      {"VersionIsText", with(kProcess, "1", "\"1\""), "no number 'Version'"},
      {"VersionIsAFraction", with(kProcess, "1", "1.0"), "no number 'Version'"},
      {"Version2", with(kProcess, "1", "2"), "only 1 is known", Action::kStop},
      {"NoId", with(kProcess, "AccessKeyId", "Id"), "no field 'AccessKeyId'"},
      {"NoSecret", with(kProcess, "SecretAccessKey", "S"), "no field 'SecretAccessKey'"},
      {"TokenIsNull", with(kProcess, "}", ",\"SessionToken\":null}"), "'SessionToken' is not a text"},
      {"ExpirationIsNull", with(kProcess, "}", ",\"Expiration\":null}"), "'Expiration' is not a text"},
      {"ExpirationInSeconds", with(kProcess, "}", ",\"Expiration\":\"1795000000\"}"), "is not a time"},
      {"Nothing", "", "an empty body"},
      {"Usage", "usage: helper [-h]", "other text"},
  };
  for (const Refused& row : rows) expect_refused(row, parse_process_answer(row.body));
}

constexpr const char* kSts =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n <AssumeRoleResult>\n"
    "  <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>\n"
    "  <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>top/secret+key</SecretAccessKey>"
    "<SessionToken>tok&#61;=</SessionToken><Expiration>2026-11-23T11:00:00Z</Expiration></Credentials>\n"
    " </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>\n";

TEST(StsAnswer, GivesAllFour) {
  const auto made = parse_sts_answer(kSts, "AssumeRole");
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->access_key_id, "ASIAEXAMPLE");
  EXPECT_EQ(made->secret_access_key, "top/secret+key");
  EXPECT_EQ(made->session_token, "tok==");
  EXPECT_EQ(base::to_rfc3339(*made->expires), "2026-11-23T11:00:00.000Z");
}

TEST(StsAnswer, RefusesWhatIsMissingOrMalformed) {
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "<a>";
  const Refused rows[] = {
      {"Empty", "", "no sound XML"},
      {"Json", "{}", "no sound XML"},
      {"Cut", std::string(kSts).substr(0, 300), "no sound XML"},
      {"Portal", "<html><body><br>Log in</body></html>", "no sound XML"},
      {"DocumentType", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "a document type"},
      {"Entity", with(kSts, "tok&#61;", "&tok;"), "no sound XML"},
      {"TooDeep", deep, "too deep"},
      {"OtherAction", with(with(kSts, "AssumeRoleResponse", "X"), "</AssumeRoleResponse", "</X"), "no element"},
      {"NoId", with(with(kSts, "<AccessKeyId", "<Id"), "</AccessKeyId", "</Id"), "AccessKeyId"},
      {"EmptyId", with(kSts, "ASIAEXAMPLE", ""), "AccessKeyId"},
      {"NoToken", with(kSts, "<SessionToken>tok&#61;=</SessionToken>", ""), "SessionToken"},
      {"NoExpiration", with(kSts, "<Expiration>2026-11-23T11:00:00Z</Expiration>", ""), "Expiration"},
      {"NoTime", with(kSts, "2026-11-23T11:00:00Z", ""), "is not a time"},
      {"TokenTwice", with(kSts, "<SessionToken>", "<SessionToken>x</SessionToken><SessionToken>"), "twice"},
      {"SecretWithChild", with(kSts, "top/", "<b/>top/"), "SecretAccessKey"},
      {"SecretWithLine", with(kSts, "top/", "top\n"), "the secret access key has a blank"},
  };
  for (const Refused& row : rows) expect_refused(row, parse_sts_answer(row.body, "AssumeRole"));
}

HttpAnswer answered(int status, std::string_view body, const char* date = nullptr) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = SecretString(body);
  if (date != nullptr) answer.time = AnswerTime{*base::from_rfc3339(date), base::Millis{80}, true};
  return answer;
}

const AnswerOrigin kOrigin = {"iot:fleet", "https://x.example/y"};

TEST(AcceptAnswer, NamesTheSourceAndKeepsTheDate) {
  const auto made =
      accept_answer(parse_json_answer(kIot, kIotNames), answered(200, kIot, "2026-11-23T10:59:59Z"), kOrigin);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->source, "iot:fleet");
  ASSERT_TRUE(made->answered);
  EXPECT_EQ(made->answered->round_trip, base::Millis{80});
}

TEST(AcceptAnswer, RefusesExpiredOnesByTheAnswersOwnDate) {
  const auto made =
      accept_answer(parse_json_answer(kIot, kIotNames), answered(200, kIot, "2026-11-23T11:00:00Z"), kOrigin);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().action, Action::kRetry);
  EXPECT_EQ(
      made.error().what,
      "iot:fleet: https://x.example/y: gave credentials that expired at 2026-11-23T11:00:00.000Z; by its own clock "
      "it is 2026-11-23T11:00:00.000Z");
}

TEST(Refusal, TellsWhatPassesFromWhatIsWrong) {
  const std::string token(40, 'T');
  const auto xml = [](const std::string& code, const std::string& message) {
    return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message +
           "</Message></Error></ErrorResponse>";
  };
  struct Row {
    const char* name;
    int status;
    std::string body;
    Action action;
    const char* expected;
  };
  const Row rows[] = {
      {"IotDenied", 403, R"({"message":"Access Denied"})", Action::kStop, "answered 403 (Access Denied), expected 200"},
      {"NotFound", 404, "", Action::kStop, "answered 404, expected 200 with credentials"},
      {"BadRequest", 400, "{\"message\":7}", Action::kStop, "answered 400, expected"},
      {"StsDenied", 403, xml("AccessDenied", "not authorized"), Action::kStop,
       "403 AccessDenied (not authorized), exp"},
      {"StaleToken", 400, xml("ExpiredTokenException", "x"), Action::kRetry, "400 ExpiredTokenException (x)"},
      {"Throttled", 400, xml("Throttling", "Rate exceeded"), Action::kRetry, "400 Throttling (Rate exceeded)"},
      {"TooMany", 429, "", Action::kRetry, "answered 429"},
      {"ServerError", 500, "<html>oops</html>", Action::kRetry, "answered 500, expected"},
      {"Unavailable", 503, "", Action::kRetry, "answered 503"},
      {"Redirect", 302, "", Action::kRetry, "a redirect: a captive portal"},
      {"NoContent", 204, "", Action::kRetry, "answered 204"},
      {"SecretWord", 403, "{\"message\":\"token " + token + " is bad\"}", Action::kStop, "(token [...] is bad)"},
      {"SecretLine", 403, xml("AccessDenied", "First.\n" + token), Action::kStop, "AccessDenied (First.), expected"},
      {"Arn", 403, xml("AccessDenied", "no arn:aws:iam::123456789012:role/a-long-name"), Action::kStop, "a-long-name)"},
      {"Terminal", 403, "{\"message\":\"\\u001b[31mred\"}", Action::kStop, "(?[31mred)"},
  };
  for (const Row& row : rows) {
    const auto error = refusal(answered(row.status, row.body), kOrigin);
    EXPECT_EQ(error.action, row.action) << row.name;
    EXPECT_NE(error.what.find(row.expected), std::string::npos) << row.name << ": " << error.what;
    EXPECT_EQ(error.what.find("iot:fleet: https://x.example/y: "), 0U) << error.what;
    EXPECT_EQ(error.what.find(token), std::string::npos) << row.name;
  }
  EXPECT_LT(harmless(std::string(5000, ' ')).size(), 300U);
  EXPECT_LT(harmless(std::string(5000, 'a')).size(), 300U);
}

TEST(CheckKeys, StopsAtWhatAPersonMistyped) {
  EXPECT_TRUE(check_keys({.access_key_id = "AKIDEXAMPLE", .secret_access_key = "s/+="}));
  for (const Credentials& keys :
       {Credentials{.access_key_id = "", .secret_access_key = "s"},
        Credentials{.access_key_id = "AKID EXAMPLE", .secret_access_key = "s"},
        Credentials{.access_key_id = "AKIDEXAMPLE", .secret_access_key = ""},
        Credentials{.access_key_id = "A", .secret_access_key = "s", .session_token = "t t"}}) {
    const auto checked = check_keys(keys);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().action, Action::kStop);
  }
}

}  // namespace
}  // namespace odograph::aws
