#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace odograph::decode {

/// A public message as JSON on one line: field names as they stand in the .proto, 64-bit integers as numbers, enums by
/// name, Timestamp as RFC 3339 in UTC with milliseconds.
///
/// Absent messages and optional fields are left out, empty lists too, and enums whose value is "not told"
/// (`..._UNSPECIFIED`). All other fields are always there. Bytes become hex digits.
std::string to_json(const google::protobuf::Message& message);

}  // namespace odograph::decode
