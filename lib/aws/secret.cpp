#include "lib/aws/secret.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstring>

#include "lib/aws/credentials.h"

namespace odograph::aws {

void wipe_bytes(void* bytes, std::size_t count) { OPENSSL_cleanse(bytes, count); }

void wipe(std::string& text) {
  // A string that was moved from, or cut, still holds its old bytes beyond its end.
  text.resize(text.capacity());
  wipe_bytes(text.data(), text.size());
  text.clear();
}

Credentials::~Credentials() {
  wipe(secret_access_key);
  wipe(session_token);
}

base::Status keep_memory_private() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) return {};
  return base::retry_error("cannot forbid core dumps (prctl PR_SET_DUMPABLE): " + std::string(std::strerror(errno)));
}

}  // namespace odograph::aws
