#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace odograph::lambda {

struct Invocation {
  std::string id;     ///< Lambda's, of this one.
  std::string event;  ///< JSON, at most kEventBytesMax.
};

/// The HTTP interface between AWS Lambda and a custom runtime, on the loopback of the environment. One thread; a
/// connection for each request, so that nothing is left of one over which the environment was frozen.
/// Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
class RuntimeApi {
 public:
  /// `address`: "host:port", as AWS_LAMBDA_RUNTIME_API says. `kStop` if it is none.
  static base::Result<RuntimeApi> at(std::string_view address);

  /// Waits for the next invocation as long as it takes: Lambda freezes the environment in the meantime. `kStop`: there
  /// is nobody, or what came is no invocation; the environment is of no use any more.
  base::Result<Invocation> next() const;

  /// `kDrop`: refused, too large for instance; tell it with `fail`. `kStop` as above.
  base::Status respond(const std::string& id, std::string answer) const;

  /// The invocation failed; as with `respond`.
  base::Status fail(const std::string& id, const base::Error& error) const;

  /// There will be no invocations: the program cannot start.
  base::Status fail_init(const base::Error& error) const;

 private:
  RuntimeApi(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}

  struct Post;
  base::Status post(const Post& post) const;

  std::string host_;
  std::string port_;
};

}  // namespace odograph::lambda
