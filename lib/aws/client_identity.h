#pragma once

#include <openssl/ssl.h>

#include <memory>

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

}  // namespace odograph::aws
