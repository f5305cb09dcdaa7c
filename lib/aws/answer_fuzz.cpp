// Whatever a server answers, it becomes credentials that can sign, or one printable line.
#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/aws/answer.h"
#include "lib/base/assert.h"

namespace odograph::aws {
namespace {

constexpr std::size_t kErrorBytesMax = 600;

void check_error(const base::Error& error) {
  ODOGRAPH_ASSERT(!error.what.empty() && error.what.size() <= kErrorBytesMax);
  ODOGRAPH_ASSERT(
      std::all_of(error.what.begin(), error.what.end(), [](char one) { return one >= ' ' && one < '\x7f'; }));
}

void check_parsed(const base::Result<Credentials>& parsed) {
  if (!parsed) return check_error(parsed.error());
  ODOGRAPH_ASSERT(check_keys(*parsed).has_value());
}

void check_answer(const std::string& body) {
  check_parsed(parse_json_answer(body, kIotNames));
  check_parsed(parse_json_answer(body, kEndpointNames));
  check_parsed(parse_process_answer(body));
  check_parsed(parse_sts_answer(body, "AssumeRole"));
  HttpAnswer answer;
  answer.body.assign(body.data(), body.size());
  for (const int status : {204, 302, 400, 403, 503}) {
    answer.status = status;
    check_error(refusal(answer, {"provider", "https://endpoint.example/"}));
  }
  const auto date = from_http_date(body);
  ODOGRAPH_ASSERT(!date || body.size() == 29);
}

}  // namespace
}  // namespace odograph::aws

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  odograph::aws::check_answer(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
