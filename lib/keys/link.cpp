#include "lib/keys/link.h"

#include "lib/base/ids.h"

namespace odograph::keys {

using config::Type;

std::vector<config::OptionSpec> link_options(const LinkOwner& owner) {
  return {
      {.key = "kafka.brokers",
       .type = Type::kTextList,
       .default_value = "[\"127.0.0.1:9092\"]",
       .min = "1",
       .accepts = base::is_host_port,
       .expected = R"(a list of "host:port")",
       .doc = "Where to begin: host:port of one or more brokers; name three of a real cluster."},
      {.key = "kafka.security",
       .default_value = "plaintext",
       .one_of = {"plaintext", "tls"},
       .doc = "How the link is secured. tls verifies the broker's certificate and name."},
      {.key = "kafka.ca_file",
       .type = Type::kPath,
       .doc = "PEM bundle of the authorities to trust; without it the system's.",
       .example = "/etc/odograph/ca.pem"},
      {.key = "kafka.cert_file",
       .type = Type::kPath,
       .doc = "PEM certificate chain of this " + owner.name + ", where the broker asks for one.",
       .example = "/etc/odograph/" + owner.file + ".pem"},
      {.key = "kafka.key_file",
       .type = Type::kPath,
       .doc = "PEM key of cert_file; nobody else may be able to read it.",
       .example = "/etc/odograph/" + owner.file + ".key"},
  };
}

std::string brokers_of(const config::Values& values) {
  std::string list;
  for (const std::string& broker : values.text_list("kafka.brokers")) list += (list.empty() ? "" : ",") + broker;
  return list;
}

kafka::Security security_of(const config::Values& values) {
  kafka::Security security;
  if (values.text("kafka.security") == "tls") security.protocol = kafka::Protocol::kTls;
  if (values.has("kafka.ca_file")) security.ca_file = values.path("kafka.ca_file");
  if (values.has("kafka.cert_file")) security.cert_file = values.path("kafka.cert_file");
  if (values.has("kafka.key_file")) security.key_file = values.path("kafka.key_file");
  return security;
}

}  // namespace odograph::keys
