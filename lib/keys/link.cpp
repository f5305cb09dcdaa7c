#include "lib/keys/link.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "lib/base/ids.h"
#include "lib/base/unique_fd.h"
#include "lib/kafka/security_settings.h"

namespace odograph::keys {

using config::Misfit;
using config::Type;
using config::Values;

namespace {

constexpr char kCa[] = "kafka.ca_file";
constexpr char kCert[] = "kafka.cert_file";
constexpr char kKey[] = "kafka.key_file";

bool is_tls(const Values& values) { return values.text("kafka.security") != "plaintext"; }

/// Why its file cannot be read; empty if it can, or none is named.
std::string unreadable(const Values& values, const char* key) {
  if (!values.has(key)) return "";
  return why_unreadable(values.path(key));
}

std::vector<Misfit> check_readable(const Values& values, std::size_t) {
  std::vector<Misfit> misfits;
  if (!is_tls(values)) return misfits;
  for (const char* key : {kCa, kCert, kKey}) {
    if (auto why = unreadable(values, key); !why.empty()) misfits.push_back({key, "cannot read " + why});
  }
  return misfits;
}

std::vector<Misfit> check_pair(const Values& values, std::size_t) {
  if (!is_tls(values) || values.has(kCert) == values.has(kKey)) return {};
  return {values.has(kCert) ? Misfit{kCert, "needs kafka.key_file beside it"}
                            : Misfit{kKey, "needs kafka.cert_file beside it"}};
}

/// What librdkafka's side has against the files of `security`, which can all be read.
void check_content(const kafka::Security& security, std::vector<Misfit>& misfits) {
  const auto made = kafka::security_settings(security);
  if (made) return;
  for (const std::string key : {kCa, kCert, kKey}) {
    if (made.error().what.starts_with(key + " ")) misfits.push_back({key, made.error().what.substr(key.size() + 1)});
  }
}

std::vector<Misfit> check_contents(const Values& values, std::size_t) {
  std::vector<Misfit> misfits;
  if (!is_tls(values)) return misfits;
  const auto can_read = [&](const char* key) { return values.has(key) && unreadable(values, key).empty(); };
  const kafka::Security all = security_of(values);
  // One after the other, so that what is wrong with one does not hide what is wrong with another.
  constexpr auto kTls = kafka::Protocol::kTls;
  if (can_read(kCa)) check_content({.protocol = kTls, .ca_file = all.ca_file}, misfits);
  if (can_read(kCert) && can_read(kKey)) {
    check_content({.protocol = kTls, .cert_file = all.cert_file, .key_file = all.key_file}, misfits);
  }
  return misfits;
}

}  // namespace

std::string why_unreadable(const std::string& path) {
  const base::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  return fd ? "" : path + ": " + std::strerror(errno);
}

std::vector<config::Relation> link_relations() {
  return {{.keys = {"kafka.security", kCa, kCert, kKey}, .check = check_readable},
          {.keys = {"kafka.security", kCert, kKey}, .check = check_pair},
          {.keys = {"kafka.security", kCa, kCert, kKey}, .check = check_contents}};
}

std::vector<config::OptionSpec> link_options(const LinkOwner& owner) {
  return {
      {.key = "kafka.brokers",
       .type = Type::kTextList,
       .default_value = "[\"127.0.0.1:9092\"]",
       .min = "1",
       .accepts = base::is_host_port,
       .expected = R"("host:port")",
       .aliases = {"broker", "url", "urls", "server", "servers", "bootstrap_servers", "host", "hosts", "address"},
       .doc = "Where to begin: host:port of one or more brokers; name three of a real cluster."},
      {.key = "kafka.security",
       .default_value = "plaintext",
       .one_of = {"plaintext", "tls", "tls_iam"},
       .aliases = {"tls", "ssl", "protocol", "security_protocol", "encryption"},
       .doc = "How the link is secured. tls verifies the broker's certificate and name; tls_iam is for Amazon MSK with "
              "IAM, which takes AWS credentials in place of a client certificate."},
      {.key = "kafka.ca_file",
       .type = Type::kPath,
       .aliases = {"ca", "ca_cert", "cafile", "root_ca", "truststore"},
       .doc = "PEM bundle of the authorities to trust; without it the system's.",
       .example = "/etc/odograph/ca.pem"},
      {.key = "kafka.cert_file",
       .type = Type::kPath,
       .aliases = {"cert", "certificate", "client_cert"},
       .doc = "PEM certificate chain of this " + owner.name + ", where the broker asks for one.",
       .example = "/etc/odograph/" + owner.file + ".pem"},
      {.key = "kafka.key_file",
       .type = Type::kPath,
       .aliases = {"key", "private_key", "client_key"},
       .doc = "PEM key of cert_file, with mode 0640 or stricter.",
       .example = "/etc/odograph/" + owner.file + ".key"},
  };
}

std::string brokers_of(const config::Values& values) {
  std::string list;
  for (const std::string& broker : values.text_list("kafka.brokers")) list += (list.empty() ? "" : ",") + broker;
  return list;
}

std::string security_words(const Values& values) {
  if (!is_tls(values)) return "unencrypted";
  if (values.text("kafka.security") == "tls_iam") return "over TLS with an AWS identity";
  return values.has(kCert) ? "over TLS with a certificate of its own" : "over TLS";
}

kafka::Security security_of(const config::Values& values) {
  kafka::Security security;
  if (values.text("kafka.security") == "tls") security.protocol = kafka::Protocol::kTls;
  if (values.text("kafka.security") == "tls_iam") security.protocol = kafka::Protocol::kTlsIam;
  if (values.has("kafka.ca_file")) security.ca_file = values.path("kafka.ca_file");
  if (values.has("kafka.cert_file")) security.cert_file = values.path("kafka.cert_file");
  if (values.has("kafka.key_file")) security.key_file = values.path("kafka.key_file");
  return security;
}

}  // namespace odograph::keys
