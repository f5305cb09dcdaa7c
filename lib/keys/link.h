#pragma once

#include <string>
#include <vector>

#include "lib/config/schema.h"
#include "lib/config/values.h"
#include "lib/kafka/security.h"

namespace odograph::keys {

/// What the texts say of whoever reads the file.
struct LinkOwner {
  std::string name{};  ///< "vehicle": whose certificate it is.
  std::string file{};  ///< "vehicle": what its files are called in the examples.
};

/// kafka.brokers, kafka.security, kafka.ca_file, kafka.cert_file, kafka.key_file.
std::vector<config::OptionSpec> link_options(const LinkOwner& owner);

/// Where the link is secured: files that cannot be read or used, a certificate without its key and the other way round.
std::vector<config::Relation> link_relations();

/// "PATH: why" if the file cannot be read; empty if it can.
std::string why_unreadable(const std::string& path);

/// "host:port,host:port", at least one.
std::string brokers_of(const config::Values& values);
/// "over TLS", "over TLS with a certificate of its own", "over TLS with an AWS identity", "unencrypted".
std::string security_words(const config::Values& values);
/// Without tokens: `secured` has them too.
kafka::Security security_of(const config::Values& values);

}  // namespace odograph::keys
