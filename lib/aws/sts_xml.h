#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/aws/secret.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// The texts of a small XML document by the path of their element: "ErrorResponse/Error/Code".
using XmlTexts = std::map<std::string, SecretString, std::less<>>;

constexpr int kXmlDepthMax = 16;

/// Elements without child elements, by path. Refused (`kRetry`): what is not well-formed, has a document type (and so
/// entities), is deeper than `kXmlDepthMax`, or has two leaves of one path.
base::Result<XmlTexts> read_xml(std::string_view body);

}  // namespace odograph::aws
