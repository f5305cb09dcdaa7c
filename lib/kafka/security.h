#pragma once

#include <string>

namespace odograph::kafka {

/// How a client gets through to the brokers. `kTlsIam` has its place here and comes with lib/aws.
enum class Protocol { kPlaintext, kTls, kTlsIam };

struct Security {
  Protocol protocol = Protocol::kPlaintext;
  std::string ca_file;    ///< PEM bundle; empty: the system's.
  std::string cert_file;  ///< PEM client certificate chain; empty: none.
  std::string key_file;   ///< PEM key of `cert_file`; must not be readable by others.
};

}  // namespace odograph::kafka
