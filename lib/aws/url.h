#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/aws/secret.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// The parts of a URL that decide how it may be asked.
struct UrlParts {
  std::string scheme;  ///< "http" or "https".
  std::string host;    ///< Without the brackets of an IPv6 address, lower case.
};

/// `kStop` unless it is an absolute http or https URL without user and password.
base::Result<UrlParts> split_url(const std::string& url);

/// 127.0.0.0/8, ::1, or the name localhost.
bool is_loopback(std::string_view host);

/// The addresses at which AWS's own hosts answer in the clear: 169.254.169.254 and fd00:ec2::254 (instance metadata),
/// 169.254.170.2 (ECS), 169.254.170.23 and fd00:ec2::23 (EKS).
bool is_aws_link_local(std::string_view host);

/// One field of a form.
using FormField = std::pair<std::string_view, std::string_view>;

/// An application/x-www-form-urlencoded body; all but `A-Z a-z 0-9 - . _ ~` is percent-encoded (RFC 3986).
SecretString form_body(const std::vector<FormField>& fields);

}  // namespace odograph::aws
