#include "lib/aws/client_identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <array>
#include <string>
#include <utility>

#include "lib/aws/guarded_file.h"
#include "lib/aws/pem_files.h"

namespace odograph::aws {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// OpenSSL's own word for the first thing that went wrong; what came after follows from it.
std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

/// The scheme of a URI; empty if `key` is a path.
std::string scheme_of(const std::string& key) {
  const std::size_t colon = key.find(':');
  return colon == std::string::npos || key.find('/') < colon ? std::string{} : key.substr(0, colon);
}

/// Asked for a passphrase, there is none: a gateway has nobody to type it in.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

base::Result<Key> key_from_file(const std::string& path) {
  auto text = read_guarded_file(path, kKeyFileBytesMax, FileGuard::kOwnerOnly);
  if (!text) return text.error();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())),
                                                      &BIO_free);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
  if (!key) return base::stop_error("no private key could be read from " + path + ": " + openssl_reason());
  return key;
}

base::Result<Key> key_from_store(const std::string& uri) {
  // OpenSSL looks at nobody's rights.
  if (const auto file = key_file_of(uri)) {
    if (const auto guarded = check_key_file(*file); !guarded) return guarded.error();
  }
  const std::unique_ptr<UI_METHOD, decltype(&UI_destroy_method)> mute(UI_UTIL_wrap_read_pem_callback(no_passphrase, 0),
                                                                      &UI_destroy_method);
  const std::unique_ptr<OSSL_STORE_CTX, decltype(&OSSL_STORE_close)> store(
      OSSL_STORE_open(uri.c_str(), mute.get(), nullptr, nullptr, nullptr), &OSSL_STORE_close);
  Key key(nullptr, &EVP_PKEY_free);
  if (store) OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
  while (store && !key && OSSL_STORE_eof(store.get()) == 0) {
    const std::unique_ptr<OSSL_STORE_INFO, decltype(&OSSL_STORE_INFO_free)> info(OSSL_STORE_load(store.get()),
                                                                                 &OSSL_STORE_INFO_free);
    if (info) {
      key.reset(OSSL_STORE_INFO_get1_PKEY(info.get()));
    } else if (OSSL_STORE_error(store.get()) != 0) {
      break;
    }
  }
  // A URI may carry a PIN, so its scheme has to do as its name.
  if (!key) {
    return base::stop_error("no private key could be loaded by its " + scheme_of(uri) + ": URI: " + openssl_reason());
  }
  ERR_clear_error();
  return key;
}

base::Result<Key> load_key(const std::string& key) {
  switch (key_home(key)) {
    case KeyHome::kFile: return key_from_file(key);
    case KeyHome::kStore: return key_from_store(key);
    case KeyHome::kEngine:
    case KeyHome::kNone: break;
  }
  return base::stop_error("OpenSSL knows no loader for '" + scheme_of(key) +
                          ":' keys; install a provider (tpm2-openssl, pkcs11-provider) and name it in openssl.cnf");
}

}  // namespace

KeyHome key_home(const std::string& key) {
  const std::string scheme = scheme_of(key);
  if (scheme.empty()) return KeyHome::kFile;
  ERR_set_mark();
  OSSL_STORE_LOADER* loader = OSSL_STORE_LOADER_fetch(nullptr, scheme.c_str(), nullptr);
  ERR_pop_to_mark();
  if (loader != nullptr) {
    OSSL_STORE_LOADER_free(loader);
    return KeyHome::kStore;
  }
  return scheme == "pkcs11" ? KeyHome::kEngine : KeyHome::kNone;
}

base::Result<SslContext> load_client_identity(const HttpTls& tls) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return base::retry_error("OpenSSL made no context: " + openssl_reason());
  if (SSL_CTX_use_certificate_chain_file(context.get(), tls.certificate_file.c_str()) != 1) {
    return base::stop_error("no certificate could be read from " + tls.certificate_file + ": " + openssl_reason());
  }
  const auto key = load_key(tls.key);
  if (!key) return key.error();
  if (SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1 || SSL_CTX_check_private_key(context.get()) != 1) {
    return base::stop_error("the private key is not the one of the certificate in " + tls.certificate_file + ": " +
                            openssl_reason());
  }
  return context;
}

base::Result<ClientIdentity::Loaded> ClientIdentity::load(const HttpTls& tls) {
  const std::lock_guard lock{mutex_};
  const auto share = [this] {
    SSL_CTX_up_ref(last_.get());
    return SslContext{last_.get()};
  };
  auto loaded = load_client_identity(tls);
  if (loaded) {
    certificate_file_ = tls.certificate_file;
    key_ = tls.key;
    last_ = std::move(*loaded);
    return Loaded{share()};
  }
  const auto key_file = key_file_of(tls.key);
  const bool is_gone = !mark_of(tls.certificate_file) || (key_file && !mark_of(*key_file));
  if (is_gone || !last_ || certificate_file_ != tls.certificate_file || key_ != tls.key) {
    last_.reset();
    return loaded.error();
  }
  return Loaded{share(), loaded.error().what};
}

}  // namespace odograph::aws
