#pragma once

#include <string>
#include <string_view>

#include "lib/aws/secret.h"

namespace odograph::aws {

/// Percent-encodes every byte but `A-Z a-z 0-9 - . _ ~`, in upper-case hex; what SigV4 wants of names and values in a
/// query. Source: AWS IAM User Guide, "Create a signed AWS API request", URI-encode.
std::string percent_encode(std::string_view bytes);

/// The same, to the end of a text that is wiped.
void append_percent_encoded(SecretString& out, std::string_view bytes);

/// The same, but `/` stays: for paths.
std::string percent_encode_path(std::string_view path);

/// True for what `percent_encode_path` makes of some path.
bool is_percent_encoded_path(std::string_view path);

/// `path` with `.` and `..` resolved and runs of `/` made one, as SigV4 wants it of every service but S3. `..` ends at
/// the root. The last `/` stays, except where nothing stands before it; nothing at all is `/`.
std::string normalised_path(std::string_view path);

/// RFC 4648, section 5, without the padding.
std::string base64url(std::string_view bytes);

}  // namespace odograph::aws
