#include "fleet/decode/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>

#include "fleet/decode/json.h"
#include "lib/base/time.h"

namespace odograph::decode {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

std::string timestamp_json(const pb::Message& message) {
  // By reflection, because what came in need not be the compiled class.
  const auto& reflection = *message.GetReflection();
  const auto& descriptor = *message.GetDescriptor();
  const std::int64_t seconds = reflection.GetInt64(message, descriptor.FindFieldByNumber(1));
  const std::int32_t nanos = reflection.GetInt32(message, descriptor.FindFieldByNumber(2));
  const base::UtcTime time{std::chrono::seconds(seconds) + base::Millis(nanos / 1'000'000)};
  return json_string(base::to_rfc3339(time));
}

/// One value: the field's own, or of a list the one at `index`.
class Value {
 public:
  Value(const pb::Message& message, const Field& field, int index) : message_(message), field_(field), index_(index) {}

  std::string json() const {
    const auto& r = *message_.GetReflection();
    const Field* f = &field_;
    const bool list = field_.is_repeated();
    switch (field_.cpp_type()) {
      case Field::CPPTYPE_INT32:
        return std::to_string(list ? r.GetRepeatedInt32(message_, f, index_) : r.GetInt32(message_, f));
      case Field::CPPTYPE_INT64:
        return std::to_string(list ? r.GetRepeatedInt64(message_, f, index_) : r.GetInt64(message_, f));
      case Field::CPPTYPE_UINT32:
        return std::to_string(list ? r.GetRepeatedUInt32(message_, f, index_) : r.GetUInt32(message_, f));
      case Field::CPPTYPE_UINT64:
        return std::to_string(list ? r.GetRepeatedUInt64(message_, f, index_) : r.GetUInt64(message_, f));
      case Field::CPPTYPE_DOUBLE:
        return json_number(list ? r.GetRepeatedDouble(message_, f, index_) : r.GetDouble(message_, f));
      case Field::CPPTYPE_FLOAT:
        return json_number(
            static_cast<double>(list ? r.GetRepeatedFloat(message_, f, index_) : r.GetFloat(message_, f)));
      case Field::CPPTYPE_BOOL:
        return (list ? r.GetRepeatedBool(message_, f, index_) : r.GetBool(message_, f)) ? "true" : "false";
      case Field::CPPTYPE_ENUM: return enum_json();
      case Field::CPPTYPE_STRING: return string_json();
      case Field::CPPTYPE_MESSAGE:
        return to_json(list ? r.GetRepeatedMessage(message_, f, index_) : r.GetMessage(message_, f));
    }
    return "null";
  }

 private:
  std::string enum_json() const {
    const auto& r = *message_.GetReflection();
    const int number =
        field_.is_repeated() ? r.GetRepeatedEnumValue(message_, &field_, index_) : r.GetEnumValue(message_, &field_);
    const auto* value = field_.enum_type()->FindValueByNumber(number);
    return value == nullptr ? std::to_string(number) : json_string(value->name());  // Newer than this program.
  }

  std::string string_json() const {
    const auto& r = *message_.GetReflection();
    const std::string text =
        field_.is_repeated() ? r.GetRepeatedString(message_, &field_, index_) : r.GetString(message_, &field_);
    if (field_.type() != Field::TYPE_BYTES) return json_string(text);
    constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      hex += kDigits[byte >> 4];
      hex += kDigits[byte & 15];
    }
    return json_string(hex);
  }

  const pb::Message& message_;
  const Field& field_;
  int index_;
};

bool is_told(const pb::Message& message, const Field& field) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  if (field.has_presence()) return reflection.HasField(message, &field);
  if (field.cpp_type() != Field::CPPTYPE_ENUM || reflection.GetEnumValue(message, &field) != 0) return true;
  return !field.enum_type()->FindValueByNumber(0)->name().ends_with("_UNSPECIFIED");
}

}  // namespace

std::string to_json(const pb::Message& message) {
  const auto& descriptor = *message.GetDescriptor();
  if (descriptor.full_name() == "google.protobuf.Timestamp") return timestamp_json(message);
  JsonObject object;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const Field& field = *descriptor.field(i);
    if (!is_told(message, field)) continue;
    if (!field.is_repeated()) {
      object.raw(field.name(), Value(message, field, 0).json());
      continue;
    }
    JsonArray list;
    const int size = message.GetReflection()->FieldSize(message, &field);
    for (int k = 0; k < size; ++k) list.raw(Value(message, field, k).json());
    object.raw(field.name(), list.str());
  }
  return object.str();
}

}  // namespace odograph::decode
