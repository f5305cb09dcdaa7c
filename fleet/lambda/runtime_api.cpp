#include "fleet/lambda/runtime_api.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "fleet/lambda/answer_json.h"
#include "fleet/lambda/msk_event.h"

namespace odograph::lambda {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Code = boost::system::error_code;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr char kRoot[] = "/2018-06-01/runtime/";
constexpr std::size_t kIdCharsMax = 128;
constexpr std::size_t kHeaderBytesMax = 64 << 10;

base::Error lost(const Request& request, const std::string& why) {
  return base::stop_error("runtime API: " + std::string(request.method_string()) + ' ' + std::string(request.target()) +
                          ": " + why);
}

/// There is no deadline: Lambda itself ends an environment that has taken too long.
base::Result<Response> exchange(const std::string& host, const std::string& port, Request& request) {
  asio::io_context io;
  beast::tcp_stream stream(io);
  Code failure;
  const auto found = asio::ip::tcp::resolver(io).resolve(host, port, failure);
  if (failure) return lost(request, failure.message());
  stream.connect(found, failure);
  if (failure) return lost(request, failure.message());
  request.set(http::field::host, host + ':' + port);
  request.set(http::field::user_agent, "odograph-lambda");
  request.keep_alive(false);
  request.prepare_payload();
  http::write(stream, request, failure);
  if (failure) return lost(request, failure.message());
  beast::flat_buffer buffer(kEventBytesMax + kHeaderBytesMax);
  http::response_parser<http::string_body> parser;
  parser.header_limit(kHeaderBytesMax);
  parser.body_limit(kEventBytesMax);
  // The header by itself: read together with a body, Beast 1.74 lets a body be longer than its limit.
  http::read_header(stream, buffer, parser, failure);
  if (failure) return lost(request, failure.message());
  http::read(stream, buffer, parser, failure);
  if (failure) return lost(request, failure.message());
  return parser.release();
}

/// It becomes part of a path.
bool is_id(beast::string_view id) {
  return !id.empty() && id.size() <= kIdCharsMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

}  // namespace

struct RuntimeApi::Post {
  std::string path;
  std::string body;
  std::optional<std::string> error_type{};
};

base::Result<RuntimeApi> RuntimeApi::at(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "" : address.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
  if (colon == 0 || !digits) {
    return base::stop_error("AWS_LAMBDA_RUNTIME_API: expected host:port, found \"" + std::string(address) + '"');
  }
  return RuntimeApi(std::string(address.substr(0, colon)), std::string(port));
}

base::Result<Invocation> RuntimeApi::next() const {
  Request request(http::verb::get, std::string(kRoot) + "invocation/next", 11);
  auto response = exchange(host_, port_, request);
  if (!response) return response.error();
  if (response->result() != http::status::ok) {
    return lost(request, "status " + std::to_string(response->result_int()));
  }
  const auto id = (*response)["Lambda-Runtime-Aws-Request-Id"];
  if (!is_id(id)) return lost(request, "no sound Lambda-Runtime-Aws-Request-Id");
  return Invocation{std::string(id), std::move(response->body())};
}

base::Status RuntimeApi::respond(const std::string& id, std::string answer) const {
  return post({"invocation/" + id + "/response", std::move(answer)});
}

base::Status RuntimeApi::fail(const std::string& id, const base::Error& error) const {
  return post({"invocation/" + id + "/error", to_json(error), error_type(error.action)});
}

base::Status RuntimeApi::fail_init(const base::Error& error) const {
  return post({"init/error", to_json(error), error_type(error.action)});
}

base::Status RuntimeApi::post(const Post& post) const {
  Request request(http::verb::post, kRoot + post.path, 11, post.body);
  request.set(http::field::content_type, "application/json");
  if (post.error_type) request.set("Lambda-Runtime-Function-Error-Type", *post.error_type);
  const auto response = exchange(host_, port_, request);
  if (!response) return response.error();
  const unsigned status = response->result_int();
  if (status >= 200 && status < 300) return {};
  base::Error error = lost(request, "status " + std::to_string(status));
  // 5xx: the environment is to be left at once.
  if (status >= 400 && status < 500) error.action = base::Action::kDrop;
  return error;
}

}  // namespace odograph::lambda
