#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

#include "lib/aws/http_client.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// Gives a context's share back.
struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

/// What answers for `tls.key`.
enum class KeyHome {
  kFile,    ///< A PEM file.
  kStore,   ///< A URI that a loader of OpenSSL knows: a provider for PKCS#11 or a TPM is installed and configured.
  kEngine,  ///< A PKCS#11 URI without such a loader: OpenSSL's older engine "pkcs11" has to do.
  kNone,    ///< A URI of a scheme that nothing here can load.
};
KeyHome key_home(const std::string& key);

/// A context holding the certificate, its chain and the private key. Reads the files anew, so that a rotated pair
/// counts from the next call on. Never asks for a passphrase: an encrypted key file is refused. Not for `kEngine`.
///
/// `kStop` naming the file if one is missing, malformed, readable by others (the key), or the two do not match.
base::Result<SslContext> load_client_identity(const HttpTls& tls);

/// The same, but while a rotation has written only half of the next pair, the last one that was whole stays in use. A
/// file that is gone was taken away: that pair is no more used. Any thread.
class ClientIdentity {
 public:
  struct Loaded {
    SslContext context;
    std::string doubt{};  ///< Why it is not what the files hold; empty if it is.
  };
  /// As `load_client_identity`, if nothing was loaded before from the same files.
  base::Result<Loaded> load(const HttpTls& tls);

 private:
  std::mutex mutex_;
  std::string certificate_file_;
  std::string key_;
  SslContext last_;
};

}  // namespace odograph::aws
