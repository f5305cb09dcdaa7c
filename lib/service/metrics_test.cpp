#include "lib/service/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/time.h>
#include <array>
#include <boost/asio/ip/tcp.hpp>

#include "lib/service/loop_thread.h"
#include "lib/service/metrics_server.h"

namespace odograph::service {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Metrics, TellsWhatWasCollectedRightBefore) {
  double made = 3;
  Metrics metrics([&](Metrics& out) {
    out.set_counter({"odograph_records_made_total", "Records made.", {{"lane", "bulk"}}}, made);
    out.set_gauge({"odograph_backlog_records", "Records that wait.", {}}, -made);
  });
  EXPECT_EQ(metrics.text(),
            "# HELP odograph_records_made_total Records made.\n# TYPE odograph_records_made_total counter\n"
            "odograph_records_made_total{lane=\"bulk\"} 3\n"
            "# HELP odograph_backlog_records Records that wait.\n# TYPE odograph_backlog_records gauge\n"
            "odograph_backlog_records -3\n"
            "# HELP odograph_metric_series_refused Series that were left out of this answer because there are too "
            "many.\n# TYPE odograph_metric_series_refused gauge\nodograph_metric_series_refused 0\n");
  made = 5;
  EXPECT_THAT(metrics.text(), HasSubstr("made_total{lane=\"bulk\"} 5\n"));
  made = 4;  // A counter that falls would read as a restart.
  EXPECT_THAT(metrics.text(), HasSubstr("made_total{lane=\"bulk\"} 5\n"));
}

TEST(Metrics, ForgetsAGaugeThatIsNotToldAnyMore) {
  std::vector<std::string> partitions = {"0", "1"};
  Metrics metrics([&](Metrics& out) {
    for (const std::string& each : partitions) out.set_gauge({"lag", "Lag.", {{"partition", each}}}, 7);
  });
  EXPECT_THAT(metrics.text(), HasSubstr("lag{partition=\"1\"} 7\n"));
  partitions.pop_back();
  EXPECT_THAT(metrics.text(), AllOf(HasSubstr("lag{partition=\"0\"} 7\n"), Not(HasSubstr("partition=\"1\""))));
  partitions = {"1"};
  EXPECT_THAT(metrics.text(), AllOf(HasSubstr("lag{partition=\"1\"} 7\n"), Not(HasSubstr("partition=\"0\""))));
}

TEST(Metrics, TellsAHistogramAsItIs) {
  constexpr std::array kBounds = {0.5, 2.0};
  base::Histogram seconds(kBounds);
  Metrics metrics([&](Metrics& out) { out.set_histogram({"latency_seconds", "Latency.", {}}, seconds); });
  seconds.add(0.25);
  seconds.add(30);
  metrics.text();
  seconds.add(1);
  EXPECT_THAT(
      metrics.text(),
      AllOf(HasSubstr("# TYPE latency_seconds histogram\nlatency_seconds_count 3\nlatency_seconds_sum 31.25\n"),
            HasSubstr("latency_seconds_bucket{le=\"0.5\"} 1\n"), HasSubstr("latency_seconds_bucket{le=\"2\"} 2\n"),
            HasSubstr("latency_seconds_bucket{le=\"+Inf\"} 3\n")));
}

TEST(Metrics, BoundsItsSeries) {
  Metrics metrics([](Metrics& out) {
    for (std::size_t i = 0; i < kMetricSeriesMax + 7; ++i) out.set_gauge({"g", "G.", {{"i", std::to_string(i)}}}, 1);
  });
  metrics.text();
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("g{i=\"999\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("g{i=\"1000\"}")));
  EXPECT_THAT(text, HasSubstr("odograph_metric_series_refused 7\n"));
}

TEST(MetricsDeathTest, ABadNameOrTwoTypesAreOurOwnMistake) {
  Metrics metrics([](Metrics&) {});
  EXPECT_DEATH(metrics.set_gauge({"no blanks", "", {}}, 1), "assertion failed");
  metrics.set_gauge({"x", "X.", {}}, 1);
  EXPECT_DEATH(metrics.set_counter({"x", "X.", {}}, 1), "assertion failed");
}

class MetricsHttp : public testing::Test {
 public:
  MetricsHttp() { serve(kHttpTimeout); }
  ~MetricsHttp() override {
    loop_.run([&] { return server_.reset(), 0; });
  }

  void serve(base::Millis timeout) {
    const auto answer = [] { return std::string("up 1\n"); };
    auto made = loop_.run([&] {
      server_.reset();
      return MetricsServer::start(loop_.io(), 0, answer, timeout);
    });
    ASSERT_TRUE(made);
    server_ = *std::move(made);
    port_ = server_->port();
  }
  boost::asio::ip::tcp::socket connect() {
    boost::asio::ip::tcp::socket socket(client_io_);
    socket.connect({boost::asio::ip::address_v4::loopback(), port_});
    // The test ends with what it has, instead of waiting for ever.
    const timeval deadline{8, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    return socket;
  }
  static std::string all(boost::asio::ip::tcp::socket& socket) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t got = ::recv(socket.native_handle(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return text + (got < 0 && errno == EAGAIN ? "(no end within 8 s)" : "");
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  std::string ask(const std::string& request) {
    auto socket = connect();
    // A refused request may be cut off while it is still being sent.
    [[maybe_unused]] const ssize_t sent = ::send(socket.native_handle(), request.data(), request.size(), MSG_NOSIGNAL);
    return all(socket);
  }

 protected:
  LoopThread loop_;
  boost::asio::io_context client_io_;
  std::unique_ptr<MetricsServer> server_;
  std::uint16_t port_ = 0;
};

TEST_F(MetricsHttp, AnswersGetAndHeadOfMetrics) {
  const std::string get = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(get, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(get, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(get, EndsWith("\r\n\r\nup 1\n"));
  const std::string head = ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(ask("GET /metrics?format=text HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 OK\r\n"));
}

TEST_F(MetricsHttp, RefusesEverythingElse) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(ask("GET /metrics/x HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  const std::string post = ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(post, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(post, HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST_F(MetricsHttp, ClosesOnWhatIsNotARequest) {
  const std::string large(2 * kHttpHeaderBytesMax, 'x');
  for (const std::string& bad :
       {std::string("\x16\x03\x01\r\n\r\n"), "GET /metrics HTTP/1.1\r\nX: " + large + "\r\n\r\n",
        std::string("POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")}) {
    EXPECT_EQ(ask(bad), "") << bad.substr(0, 40);
  }
  EXPECT_THAT(ask("GET /metrics HTTP/1.1\r\n\r\n"), EndsWith("up 1\n"));
}

TEST_F(MetricsHttp, ClosesASilentConnection) {
  serve(base::Millis{50});
  auto silent = connect();
  EXPECT_EQ(all(silent), "");
}

TEST_F(MetricsHttp, ClosesConnectionsBeyondItsBound) {
  std::vector<boost::asio::ip::tcp::socket> silent;
  for (std::size_t i = 0; i < kHttpClientsMax; ++i) silent.push_back(connect());
  EXPECT_EQ(ask("GET /metrics HTTP/1.1\r\n\r\n"), "");
  silent.clear();
  // The server learns of the closed ones in its own time.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  std::string text;
  while (text.empty() && std::chrono::steady_clock::now() < until) text = ask("GET /metrics HTTP/1.1\r\n\r\n");
  EXPECT_THAT(text, EndsWith("up 1\n"));
}

TEST_F(MetricsHttp, SaysWhichPortIsTaken) {
  auto second = loop_.run([&] { return MetricsServer::start(loop_.io(), port_, [] { return std::string(); }); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, "metrics on 127.0.0.1:" + std::to_string(port_) + ": Address already in use");
}

}  // namespace
}  // namespace odograph::service
