#include "lib/aws/pem_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <memory>

#include "lib/aws/client_identity.h"

namespace odograph::aws {
namespace {

/// OpenSSL's own word for the first thing that went wrong; what came after follows from it.
std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

SslContext fresh_context() {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (context) SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  return context;
}

/// That the last block is whole, too: OpenSSL passes over one without an end as over any text.
base::Status check_whole(const std::string& path) {
  ERR_clear_error();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_file(path.c_str(), "r"), &BIO_free);
  if (!bio) return base::stop_error(path + ": " + openssl_reason());
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &bytes, &size) != 1) break;
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  }
  const int reason = ERR_GET_REASON(ERR_peek_error());
  ERR_clear_error();
  // "No start line" is the end of the file; anything else is a block that does not come to one.
  if (reason == PEM_R_NO_START_LINE) return {};
  return base::stop_error(path + ": a PEM block in it is not whole");
}

}  // namespace

std::optional<FileMark> mark_of(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return std::nullopt;
  return FileMark{static_cast<std::uint64_t>(about.st_dev), static_cast<std::uint64_t>(about.st_ino),
                  static_cast<std::int64_t>(about.st_size),
                  std::int64_t{about.st_ctim.tv_sec} * 1'000'000'000 + std::int64_t{about.st_ctim.tv_nsec}};
}

base::Status check_pem_pair(const std::string& certificate_file, const std::string& key_file) {
  for (const std::string& path : {certificate_file, key_file}) {
    if (auto whole = check_whole(path); !whole) return whole;
  }
  const SslContext context = fresh_context();
  if (!context) return base::retry_error("OpenSSL made no context: " + openssl_reason());
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return base::stop_error(certificate_file + ": no certificate could be read: " + openssl_reason());
  }
  // Where the two do not match, OpenSSL refuses the key.
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return base::stop_error(key_file + ": not the key of the certificate in " + certificate_file + ": " +
                            openssl_reason());
  }
  return {};
}

base::Status check_pem_authorities(const std::string& ca_file) {
  if (auto whole = check_whole(ca_file); !whole) return whole;
  const SslContext context = fresh_context();
  if (!context) return base::retry_error("OpenSSL made no context: " + openssl_reason());
  if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1) return {};
  return base::stop_error(ca_file + ": no authority could be read: " + openssl_reason());
}

}  // namespace odograph::aws
