#include "lib/kafka/outgoing.h"

#include <array>

namespace odograph::kafka {
namespace {

constexpr std::size_t kPartsMax = 7;

rd_kafka_vu_t bytes_of(rd_kafka_vtype_t type, std::string_view bytes) {
  rd_kafka_vu_t part{};
  part.vtype = type;
  // Copied by librdkafka (MSG_F_COPY); its union has no const.
  part.u.mem.ptr = const_cast<char*>(bytes.data());
  part.u.mem.size = bytes.size();
  return part;
}

Owned<rd_kafka_headers_t> headers_of(const std::vector<std::pair<std::string, std::string>>& headers) {
  if (headers.empty()) return nullptr;
  Owned<rd_kafka_headers_t> list{rd_kafka_headers_new(headers.size())};
  for (const auto& [name, value] : headers) {
    rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return list;
}

rd_kafka_vu_t named(const std::string& topic) {
  rd_kafka_vu_t part{};
  part.vtype = RD_KAFKA_VTYPE_TOPIC;
  part.u.cstr = topic.c_str();
  return part;
}

Owned<rd_kafka_error_t> produce_to(rd_kafka_t* client, const rd_kafka_vu_t& topic, const Outgoing& message,
                                   void* opaque) {
  std::array<rd_kafka_vu_t, kPartsMax> parts{};
  std::size_t count = 0;
  parts[count++] = topic;
  parts[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[count++].u.i = RD_KAFKA_MSG_F_COPY;
  parts[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[count++].u.ptr = opaque;
  parts[count++] = bytes_of(RD_KAFKA_VTYPE_VALUE, message.value);
  if (!message.key.empty()) parts[count++] = bytes_of(RD_KAFKA_VTYPE_KEY, message.key);
  if (message.partition) {
    parts[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[count++].u.i32 = *message.partition;
  }
  Owned<rd_kafka_headers_t> list = headers_of(message.headers);
  if (list) {
    parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[count++].u.headers = list.get();
  }
  Owned<rd_kafka_error_t> error{rd_kafka_produceva(client, parts.data(), count)};
  // What was taken owns its headers.
  if (error == nullptr) static_cast<void>(list.release());
  return error;
}

}  // namespace

Owned<rd_kafka_error_t> produce(rd_kafka_t* client, const Outgoing& message, void* opaque) {
  return produce_to(client, named(message.topic), message, opaque);
}

Owned<rd_kafka_error_t> Topics::produce(rd_kafka_t* client, const Outgoing& message) {
  rd_kafka_vu_t topic = named(message.topic);
  // Without a handle the client says by itself what is wrong with the name.
  if (rd_kafka_topic_t* known = handle(client, message.topic)) {
    topic.vtype = RD_KAFKA_VTYPE_RKT;
    topic.u.rkt = known;
  }
  return produce_to(client, topic, message, nullptr);
}

rd_kafka_topic_t* Topics::handle(rd_kafka_t* client, const std::string& name) {
  for (const auto& [known, handle] : handles_) {
    if (known == name) return handle.get();
  }
  Owned<rd_kafka_topic_t> made{rd_kafka_topic_new(client, name.c_str(), nullptr)};
  if (made == nullptr) return nullptr;
  return handles_.emplace_back(name, std::move(made)).second.get();
}

}  // namespace odograph::kafka
