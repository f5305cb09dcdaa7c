#include "lib/aws/http_client.h"

#include <gtest/gtest.h>

#include <chrono>

#include "lib/aws/test_certificates.h"
#include "lib/aws/test_server.h"

namespace odograph::aws {
namespace {

using base::Action;

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.limits = {base::Millis{5000}, base::Millis{10'000}};
  return request;
}

TEST(HttpDate, ReadsTheOneFormAndRefusesOthers) {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"},
      {"Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59.000Z"},
      {"Tue, 19 Jan 2038 03:14:08 GMT", "2038-01-19T03:14:08.000Z"},
      {"Sunday, 06-Nov-94 08:49:37 GMT", nullptr},
      {"Sun Nov  6 08:49:37 1994", nullptr},
      {"Mon, 06 Nov 1994 08:49:37 GMT", nullptr},
      {"Sun, 06 Nov 1994 08:49:37 UTC", nullptr},
      {"Sun, 06 nov 1994 08:49:37 GMT", nullptr},
      {"Sun, 31 Feb 1994 08:49:37 GMT", nullptr},
      {"Sun, 06 Nov 1994 25:49:37 GMT", nullptr},
      {"Sun, 6 Nov 1994 08:49:37 GMT", nullptr},
      {"", nullptr},
  };
  for (const Row& row : rows) {
    const auto time = from_http_date(row.text);
    EXPECT_EQ(time.has_value(), row.expected != nullptr) << row.text;
    if (time && row.expected != nullptr) EXPECT_EQ(base::to_rfc3339(*time), row.expected);
  }
}

TEST(CurlHttpClient, HasItsBytesCounted) {
  const TestServer server([](const std::string&) { return http_answer(200, std::string(1000, 'x')); });
  const auto meter = std::make_shared<base::SocketMeter>();
  CurlHttpClient client(meter);
  for (std::uint64_t i = 1; i <= 2; ++i) {
    ASSERT_TRUE(client.send(request_to(server.url() + "/path")));
    const base::TcpBytes bytes = meter->count();
    EXPECT_EQ(bytes.connections, i) << "each request has its own";
    EXPECT_GT(bytes.sent, i * 50) << "request line and headers";
    EXPECT_LT(bytes.sent, i * 300);
    EXPECT_GT(bytes.received, i * 1000) << "the body, and headers before it";
    EXPECT_LT(bytes.received, i * 1300);
  }
}

TEST(CurlHttpClient, GivesStatusBodyAndDateBack) {
  const TestServer server([](const std::string&) { return http_answer(403, "no"); });
  auto request = request_to(server.url() + "/path?x=1");
  request.headers = {{"x-thing", "bus-7"}};
  const auto answer = CurlHttpClient{}.send(request);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, "no");
  ASSERT_TRUE(answer->time);
  EXPECT_EQ(base::to_rfc3339(answer->time->date), "2026-11-23T10:00:00.000Z");
  EXPECT_FALSE(answer->time->is_verified) << "without TLS nobody vouches for the date";
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].substr(0, 25), "GET /path?x=1 HTTP/1.1\r\nH");
  EXPECT_NE(requests[0].find("x-thing: bus-7\r\n"), std::string::npos);
}

TEST(CurlHttpClient, PostsItsBodyAndPutsWithoutOne) {
  const TestServer server([](const std::string&) { return http_answer(200, "ok"); });
  auto request = request_to(server.url());
  request.method = "POST";
  request.body = "Action=Test";
  ASSERT_TRUE(CurlHttpClient{}.send(request));
  request.method = "PUT";
  ASSERT_TRUE(CurlHttpClient{}.send(request));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].substr(0, 5), "POST ");
  EXPECT_NE(requests[0].find("\r\n\r\nAction=Test"), std::string::npos);
  EXPECT_EQ(requests[1].substr(0, 4), "PUT ");
  EXPECT_EQ(requests[1].find("Action=Test"), std::string::npos);
}

TEST(CurlHttpClient, TakesTheLastAnswersDate) {
  const TestServer server([](const std::string&) {
    return "HTTP/1.1 100 Continue\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n" + http_answer(200, "x");
  });
  const auto answer = CurlHttpClient{}.send(request_to(server.url()));
  ASSERT_TRUE(answer) << answer.error().what;
  ASSERT_TRUE(answer->time);
  EXPECT_EQ(base::to_rfc3339(answer->time->date), "2026-11-23T10:00:00.000Z");
}

TEST(CurlHttpClient, HasNoTimeWithoutASoundDate) {
  const TestServer server(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 1\r\n\r\nx"; });
  const auto answer = CurlHttpClient{}.send(request_to(server.url()));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_FALSE(answer->time);
}

TEST(CurlHttpClient, NeverFollowsARedirect) {
  const TestServer server([](const std::string&) { return http_answer(302, "", "Location: /elsewhere\r\n"); });
  const auto answer = CurlHttpClient{}.send(request_to(server.url()));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(CurlHttpClient, RefusesWhatIsTooLargeOrNoAnswer) {
  const std::string large(kHttpBodyBytesMax + 1, 'x');
  struct Row {
    const char* name;
    std::string answer;
    const char* word;
  };
  const Row rows[] = {
      {"BodyOfAnnouncedSize", http_answer(200, large), "larger than 65536 bytes"},
      {"BodyUntilTheEnd", "HTTP/1.1 200 OK\r\n\r\n" + large, "larger than 65536 bytes"},
      {"Header", "HTTP/1.1 200 OK\r\n" + std::string(400, 'h') + ": " + std::string(40'000, 'x') + "\r\n\r\n", "32768"},
      {"CutBody", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", "remaining"},
      {"NoHttp", "220 mail.example ESMTP\r\n", ""},
      {"Nothing", "", "Empty reply"},
  };
  for (const Row& row : rows) {
    const TestServer server([&row](const std::string&) { return row.answer; });
    const auto answer = CurlHttpClient{}.send(request_to(server.url()));
    ASSERT_FALSE(answer) << row.name;
    EXPECT_EQ(answer.error().action, Action::kRetry) << row.name;
    EXPECT_NE(answer.error().what.find(row.word), std::string::npos) << row.name << ": " << answer.error().what;
  }
}

TEST(CurlHttpClient, TakesABodyOfTheLargestSize) {
  const TestServer server([](const std::string&) { return http_answer(200, std::string(kHttpBodyBytesMax, 'x')); });
  const auto answer = CurlHttpClient{}.send(request_to(server.url()));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body.size(), kHttpBodyBytesMax);
}

TEST(CurlHttpClient, KeepsItsWholeDeadline) {
  const TestServer server([](const std::string&) { return std::nullopt; });
  auto request = request_to(server.url());
  request.limits.deadline = base::Millis{200};
  const auto began = std::chrono::steady_clock::now();
  const auto answer = CurlHttpClient{}.send(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, Action::kRetry);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

TEST(CurlHttpClient, SaysWhenNobodyListens) {
  int port = 0;
  {
    const TestServer gone([](const std::string&) { return std::nullopt; });
    port = gone.port();
  }
  const auto answer = CurlHttpClient{}.send(request_to("http://127.0.0.1:" + std::to_string(port)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, Action::kRetry);
  EXPECT_NE(answer.error().what.find("connect"), std::string::npos) << answer.error().what;
}

TEST(CurlHttpClient, RefusesRequestsThatCannotBeMade) {
  for (const char* url : {"", "127.0.0.1", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user:pass@127.0.0.1/"}) {
    const auto answer = CurlHttpClient{}.send(request_to(url));
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().action, Action::kStop) << url;
    EXPECT_EQ(answer.error().what.find("pass@"), std::string::npos) << answer.error().what;
  }
  auto request = request_to("http://127.0.0.1:1/");
  request.headers = {{"Authorization", "secret\r\nx-other: 1"}};
  const auto answer = CurlHttpClient{}.send(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, Action::kStop);
  EXPECT_EQ(answer.error().what, "the value of header Authorization has a control character in it");
}

TEST(CurlHttpClient, AsksLocalAddressesWithoutAProxy) {
  const TestServer server([](const std::string&) { return http_answer(200, "direct"); });
  const TestServer proxy([](const std::string&) { return http_answer(200, "by proxy"); });
  auto request = request_to(server.url());
  request.proxy = proxy.url();
  const auto direct = CurlHttpClient{}.send(request);
  ASSERT_TRUE(direct);
  EXPECT_EQ(direct->body, "direct");
  request.url = "http://sts.example/";
  const auto through = CurlHttpClient{}.send(request);
  ASSERT_TRUE(through) << through.error().what;
  EXPECT_EQ(through->body, "by proxy");
  EXPECT_EQ(proxy.requests().size(), 1U);
}

}  // namespace
}  // namespace odograph::aws
