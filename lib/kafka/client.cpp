#include "lib/kafka/client.h"

#include <array>
#include <cstdio>
#include <utility>

#include "lib/kafka/classify.h"
#include "lib/kafka/tls_words.h"

namespace odograph::kafka {

namespace {

constexpr std::size_t kLogLinesMax = 64;
constexpr std::size_t kErrorTextBytes = 512;

/// True for what is said elsewhere, and for the one warning that every start would log: gapless delivery is
/// "experimental". It has been so, and unchanged, since librdkafka 1.0; what the producer needs it for is told where it
/// is set.
bool is_known(std::string_view facility, std::string_view text) {
  // Without an event for it librdkafka logs each error, right behind the line that told it in full.
  if (facility == "ERROR") return true;
  return facility == "CONFWARN" && text.find("enable.gapless.guarantee is experimental") != std::string_view::npos;
}

Callbacks& callbacks_of(void* opaque) { return *static_cast<Callbacks*>(opaque); }

void log_callback(const rd_kafka_t* client, int /*level*/, const char* facility, const char* text) {
  if (client == nullptr || is_known(facility, text) || is_held_back(text)) return;
  callbacks_of(rd_kafka_opaque(client)).logs.add(facility, text);
}

/// librdkafka's sockets are made, and names looked up, where the gate is asked and the meter counts.
void hook_sockets(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_socket_cb(conf, [](int domain, int type, int protocol, void* opaque) {
    return callbacks_of(opaque).sockets.open(domain, type, protocol);
  });
  rd_kafka_conf_set_connect_cb(conf, [](int fd, const sockaddr* address, int size, const char* broker, void* opaque) {
    return callbacks_of(opaque).sockets.connect(fd, address, static_cast<socklen_t>(size), broker);
  });
  rd_kafka_conf_set_resolve_cb(
      conf, [](const char* host, const char* port, const addrinfo* hints, addrinfo** found, void* opaque) {
        if (host != nullptr) return callbacks_of(opaque).sockets.resolve(host, port, hints, found);
        // Without a name it gives back what was found.
        ::freeaddrinfo(*found);
        return 0;
      });
  rd_kafka_conf_set_closesocket_cb(conf, [](int fd, void* opaque) { return callbacks_of(opaque).sockets.close(fd); });
}

/// Accepts and refuses exactly what OpenSSL does, and keeps its reason: librdkafka tells of all of them as one.
int verify_callback(rd_kafka_t*, const char* broker, std::int32_t, int* x509_error, int, const char*, std::size_t,
                    char* text, std::size_t text_size, void* opaque) {
  if (*x509_error == 0) return 1;
  const std::string why = certificate_words(*x509_error);
  std::snprintf(text, text_size, "%s", why.c_str());
  callbacks_of(opaque).logs.set_refusal(std::string{broker} + ": " + why);
  return 0;
}

base::Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, kErrorTextBytes> text{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK) return {};
  return base::stop_error("kafka setting " + name + " = \"" + value + "\": " + one_line(text.data()));
}

base::Status set_all(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const auto& [name, value] : settings) {
    if (auto ok = set(conf, name, value); !ok) return ok;
  }
  return {};
}

base::Status check_features(rd_kafka_conf_t* conf, Protocol protocol) {
  if (protocol == Protocol::kPlaintext) return {};
  std::array<char, kErrorTextBytes> features{};
  std::size_t size = features.size();
  const bool told = rd_kafka_conf_get(conf, "builtin.features", features.data(), &size) == RD_KAFKA_CONF_OK;
  if (!told || !has_feature(features.data(), "ssl")) {
    return base::stop_error(std::string{"kafka.security tls: this librdkafka has no TLS, only: "} + features.data());
  }
  if (protocol == Protocol::kTlsIam && !has_feature(features.data(), "sasl_oauthbearer")) {
    return base::stop_error(std::string{"kafka.security tls_iam: this librdkafka has no OAUTHBEARER, only: "} +
                            features.data());
  }
  return {};
}

/// librdkafka asks for tokens by this when it holds them for old. Ours come by a schedule of our own: nothing to do.
void refresh_callback(rd_kafka_t*, const char*, void*) {}

base::Status fill(rd_kafka_conf_t* conf, const ClientSpec& spec) {
  if (spec.brokers.empty()) return base::stop_error("kafka.brokers: empty, expected host:port[,host:port...]");
  const auto security = security_settings(spec.security);
  if (!security) return security.error();
  if (auto ok = check_features(conf, spec.security.protocol); !ok) return ok;
  const Settings common = {
      {"bootstrap.servers", spec.brokers},
      {"client.id", spec.client_id.empty() ? std::string{"odograph"} : spec.client_id},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"log.connection.close", "false"},
      {"allow.auto.create.topics", "false"},
  };
  for (const Settings* part : {&common, &security.value(), &spec.settings, &spec.overrides}) {
    if (auto ok = set_all(conf, *part); !ok) return ok;
  }
  return {};
}

}  // namespace

void LogLines::add(const char* facility, const char* text) {
  std::string line = one_line(std::string{facility} + ": " + text);
  const std::lock_guard lock{mutex_};
  const std::string_view kind{facility};
  if (kind == "FAIL" || kind == "REQTMOUT") ++disturbances_;
  if (kind == "FAIL") {
    // "[thrd:host:9092/bootstrap]: " comes before it, and then names the broker once more.
    const std::size_t begin = line.find("]: ");
    failure_ = begin == std::string::npos ? std::string{text} : line.substr(begin + 3);
  }
  if (kind == "ADDPARTS" && denied_topic_.empty()) denied_topic_ = topic_denied_in(text);
  if (lines_.size() == kLogLinesMax) {
    lines_.pop_front();
    ++lost_;
  }
  lines_.push_back(std::move(line));
}

std::vector<std::string> LogLines::take() {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> taken;
  if (lost_ > 0) taken.push_back("(" + std::to_string(lost_) + " lines before these were not kept)");
  taken.insert(taken.end(), lines_.begin(), lines_.end());
  lines_.clear();
  lost_ = 0;
  return taken;
}

std::string LogLines::denied_topic() const {
  const std::lock_guard lock{mutex_};
  return denied_topic_;
}

void LogLines::forget_denial() {
  const std::lock_guard lock{mutex_};
  denied_topic_.clear();
}

std::uint64_t LogLines::disturbances() const {
  const std::lock_guard lock{mutex_};
  return disturbances_;
}

void LogLines::set_refusal(std::string why) {
  const std::lock_guard lock{mutex_};
  refusal_ = std::move(why);
}

std::string LogLines::refusal() const {
  const std::lock_guard lock{mutex_};
  return refusal_;
}

std::string LogLines::failure() const {
  const std::lock_guard lock{mutex_};
  return failure_;
}

ErrorContext context_of(const Security& security, const LogLines& logs) {
  ErrorContext context{.refusal = logs.refusal()};
  if (!security.tokens) return context;
  TokenPusher::State tokens = security.tokens->state();
  context.identity = std::move(tokens.principal);
  context.no_token = std::move(tokens.error);
  return context;
}

base::Result<ClientPtr> make_client(const ClientSpec& spec, LogLines& logs) {
  Owned<rd_kafka_conf_t> conf{rd_kafka_conf_new()};
  if (auto ok = fill(conf.get(), spec); !ok) return ok.error();
  auto callbacks = std::make_unique<Callbacks>(logs, spec.sockets);
  rd_kafka_conf_set_opaque(conf.get(), callbacks.get());
  rd_kafka_conf_set_log_cb(conf.get(), &log_callback);
  hook_sockets(conf.get());
  if (spec.security.protocol != Protocol::kPlaintext) {
    if (rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), &verify_callback) != RD_KAFKA_CONF_OK) {
      return base::stop_error("kafka client: this librdkafka cannot verify certificates");
    }
  }
  if (spec.security.protocol == Protocol::kTlsIam) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf.get(), &refresh_callback);
  }
  rd_kafka_conf_set_events(conf.get(), spec.events);
  std::array<char, kErrorTextBytes> text{};
  rd_kafka_t* client = rd_kafka_new(spec.type, conf.get(), text.data(), text.size());
  if (client == nullptr) return base::stop_error("kafka client: " + name_file(one_line(text.data()), spec.security));
  // The client has taken the configuration over; only after a failure is it still ours.
  static_cast<void>(conf.release());
  ClientPtr made{client};
  made.get_deleter().callbacks = std::move(callbacks);
  if (spec.security.protocol == Protocol::kTlsIam) {
    made.get_deleter().tokens = std::make_unique<TokenFeed>(client, spec.security.tokens);
  }
  return made;
}

bool has_feature(std::string_view features, std::string_view wanted) {
  while (!features.empty()) {
    const std::size_t comma = features.find(',');
    std::string_view name = features.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    if (name == wanted) return true;
    if (comma == std::string_view::npos) break;
    features.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace odograph::kafka
