#include "fleet/lambda/runtime_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <thread>

#include "fleet/lambda/carried_function.h"
#include "fleet/lambda/serve.h"
#include "fleet/lambda/test_events.h"

namespace odograph::lambda {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using testing::ElementsAre;
using testing::HasSubstr;
using Tcp = asio::ip::tcp;

struct Scripted {
  int status = 200;
  std::string body{};
  std::string id{};
};

/// Gives the scripted answers, one to each connection, and is gone then.
class FakeRuntime {
 public:
  explicit FakeRuntime(std::vector<Scripted> answers)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()),
        thread_([this, answers = std::move(answers)] { run(answers); }) {}
  FakeRuntime(const FakeRuntime&) = delete;
  FakeRuntime& operator=(const FakeRuntime&) = delete;
  ~FakeRuntime() { end(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// "METHOD path" with the failure's type and the body behind it, of each request.
  std::vector<std::string> requests() {
    end();
    return requests_;
  }

 private:
  void end() {
    if (!thread_.joinable()) return;
    // What the client did not ask for is still waited for.
    boost::system::error_code ignored;
    for (bool open = true; open; open = !ignored)
      Tcp::socket(io_).connect({asio::ip::address_v4::loopback(), port_}, ignored);
    thread_.join();
  }

  void run(const std::vector<Scripted>& answers) {
    for (const Scripted& answer : answers) serve(answer);
    acceptor_.close();
  }

  void serve(const Scripted& scripted) {
    boost::system::error_code failure;
    Tcp::socket socket = acceptor_.accept(failure);
    boost::beast::flat_buffer buffer;
    http::request_parser<http::string_body> parser;
    parser.body_limit(64 << 20);
    http::read(socket, buffer, parser, failure);
    if (failure) return;
    const auto& request = parser.get();
    std::string line = std::string(request.method_string()) + ' ' + std::string(request.target());
    const auto type = request["Lambda-Runtime-Function-Error-Type"];
    if (!type.empty()) line += ' ' + std::string(type);
    requests_.push_back(line + (request.body().empty() ? "" : ' ' + request.body()));
    http::response<http::string_body> answer(http::int_to_status(static_cast<unsigned>(scripted.status)), 11,
                                             scripted.body);
    if (!scripted.id.empty()) answer.set("Lambda-Runtime-Aws-Request-Id", scripted.id);
    answer.prepare_payload();
    http::write(socket, answer, failure);
  }

  asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::vector<std::string> requests_;
  std::thread thread_;
};

RuntimeApi api_of(const FakeRuntime& runtime) { return *RuntimeApi::at(runtime.address()); }

TEST(RuntimeApi, TakesAnAddressAndNothingElse) {
  for (const char* good : {"127.0.0.1:9001", "localhost:1", "[::1]:80"}) EXPECT_TRUE(RuntimeApi::at(good)) << good;
  for (const char* bad : {"", ":", "host", "host:", ":80", "host:http", "host:800000", "host:80/", "host:-1"}) {
    const auto api = RuntimeApi::at(bad);
    ASSERT_FALSE(api) << bad;
    EXPECT_EQ(api.error().action, base::Action::kStop);
  }
}

TEST(RuntimeApi, AsksForTheNextInvocationAndAnswers) {
  FakeRuntime runtime({{200, "{}", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"}, {202}, {202}, {202}});
  const RuntimeApi api = api_of(runtime);
  const auto invocation = api.next();
  ASSERT_TRUE(invocation) << invocation.error().what;
  EXPECT_EQ(invocation->event, "{}");
  EXPECT_TRUE(api.respond(invocation->id, "[1]"));
  EXPECT_TRUE(api.fail("a-1", base::drop_error("bad")));
  EXPECT_TRUE(api.fail_init(base::stop_error("worse")));
  EXPECT_THAT(runtime.requests(),
              ElementsAre("GET /2018-06-01/runtime/invocation/next",
                          "POST /2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response [1]",
                          "POST /2018-06-01/runtime/invocation/a-1/error Odograph.BadEvent "
                          R"({"errorMessage": "bad", "errorType": "Odograph.BadEvent", "stackTrace": []})",
                          "POST /2018-06-01/runtime/init/error Odograph.Misconfigured "
                          R"({"errorMessage": "worse", "errorType": "Odograph.Misconfigured", "stackTrace": []})"));
}

struct BadNext {
  const char* name = "";
  Scripted answer{};
  const char* says = "";
};

TEST(RuntimeApi, StopsWhereThereIsNoInvocation) {
  const BadNext cases[] = {
      {"refused", {403, "no", "a-1"}, "status 403"},
      {"broken", {500, "no", "a-1"}, "status 500"},
      {"no id", {200, "{}", ""}, "no sound Lambda-Runtime-Aws-Request-Id"},
      {"an id that is a path", {200, "{}", "../a"}, "no sound Lambda-Runtime-Aws-Request-Id"},
      {"a long id", {200, "{}", std::string(129, 'a')}, "no sound Lambda-Runtime-Aws-Request-Id"},
      {"too much", {200, std::string(kEventBytesMax + 1, ' '), "a-1"}, "body limit exceeded"},
  };
  for (const BadNext& bad : cases) {
    FakeRuntime runtime(std::vector<Scripted>{bad.answer});
    const auto invocation = api_of(runtime).next();
    ASSERT_FALSE(invocation) << bad.name;
    EXPECT_EQ(invocation.error().action, base::Action::kStop) << bad.name;
    EXPECT_THAT(invocation.error().what, HasSubstr(bad.says)) << bad.name;
  }
}

TEST(RuntimeApi, TellsARefusalOfAnAnswerFromABrokenEnvironment) {
  for (const auto& [status, action] : {std::pair{413, base::Action::kDrop},
                                       {400, base::Action::kDrop},
                                       {500, base::Action::kStop},
                                       {302, base::Action::kStop}}) {
    FakeRuntime runtime(std::vector<Scripted>{{status}});
    const auto told = api_of(runtime).respond("a-1", "{}");
    ASSERT_FALSE(told) << status;
    EXPECT_EQ(told.error().action, action) << status;
  }
}

TEST(Serve, AnswersOneAfterTheOtherAndTellsFailures) {
  FunctionRules rules;
  rules.processor.rules.limit_cmps = 2222;
  CarriedFunction function(rules);
  FakeRuntime runtime({{200, event_json(speeding("truck-1", 0)), "one"},
                       {202},
                       {200, "{}", "two"},
                       {202},
                       {200, event_json({noise(0, 1)}), "three"},
                       {413},
                       {202}});
  std::vector<std::string> told;
  const auto end = serve(api_of(runtime), function, [&](const std::string& line) { told.push_back(line); });
  EXPECT_THAT(end.what, HasSubstr("GET /2018-06-01/runtime/invocation/next: "));
  const auto requests = runtime.requests();
  ASSERT_EQ(requests.size(), 7U);
  EXPECT_THAT(requests[1], HasSubstr(R"(invocation/one/response {"messages": 26, "alerts": [{"key": "truck-1")"));
  EXPECT_THAT(requests[3], HasSubstr("invocation/two/error Odograph.BadEvent"));
  EXPECT_THAT(requests[5], HasSubstr("invocation/three/response"));
  EXPECT_THAT(requests[6], HasSubstr("invocation/three/error Odograph.BadEvent"));
  EXPECT_THAT(told, ElementsAre(HasSubstr("invocation two: event: eventSource"), HasSubstr("dead letter:"),
                                HasSubstr("invocation three: runtime API: POST")));
}

TEST(Serve, EndsWhenItsAnswerFindsNobody) {
  CarriedFunction function({});
  FakeRuntime runtime({{200, event_json({}), "one"}, {500}});
  const auto end = serve(api_of(runtime), function, [](const std::string&) {});
  EXPECT_THAT(end.what, HasSubstr("invocation/one/response: status 500"));
}

}  // namespace
}  // namespace odograph::lambda
