#pragma once

#include <memory>
#include <string>

namespace odograph::kafka {

class TokenPusher;

/// How a client gets through to the brokers. `kTlsIam`: TLS, and a token in it (SASL/OAUTHBEARER), as MSK has it.
enum class Protocol { kPlaintext, kTls, kTlsIam };

struct Security {
  Protocol protocol = Protocol::kPlaintext;
  std::string ca_file;    ///< PEM bundle; empty: the system's.
  std::string cert_file;  ///< PEM client certificate chain; empty: none.
  std::string key_file;   ///< PEM key of `cert_file`; see `aws::check_key_file`.
  /// With `kTlsIam` where tokens come from: one for all clients of a program. Before the first token none connects.
  std::shared_ptr<TokenPusher> tokens{};
};

}  // namespace odograph::kafka
