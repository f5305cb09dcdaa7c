#include "lib/aws/test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>

#include "lib/base/assert.h"

namespace odograph::aws {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string text_of(const Bio& bio) {
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(count)};
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  ODOGRAPH_ASSERT(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Key read_key(const std::string& path) {
  const Bio bio(BIO_new_file(path.c_str(), "r"), &BIO_free);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
}

Certificate read_certificate(const std::string& path) {
  const Bio bio(BIO_new_file(path.c_str(), "r"), &BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
}

}  // namespace

void make_certificate(const TestFolder& folder, const TestCertificate& wanted) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  X509* const x509 = certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), static_cast<long>(std::hash<std::string>{}(wanted.name) & 0xFFFFFFU));
  X509_gmtime_adj(X509_getm_notBefore(x509), wanted.begins_s);
  X509_gmtime_adj(X509_getm_notAfter(x509), wanted.ends_s);
  X509_set_pubkey(x509, key.get());
  const auto* const common_name = reinterpret_cast<const unsigned char*>(wanted.name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  add_extension(x509, NID_basic_constraints, wanted.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wanted.alt_name.empty()) add_extension(x509, NID_subject_alt_name, wanted.alt_name);
  if (wanted.issuer.empty()) {
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    ODOGRAPH_ASSERT(X509_sign(x509, key.get(), EVP_sha256()) > 0);
  } else {
    const Certificate authority = read_certificate(folder.path(wanted.issuer + ".pem"));
    X509_set_issuer_name(x509, X509_get_subject_name(authority.get()));
    ODOGRAPH_ASSERT(X509_sign(x509, read_key(folder.path(wanted.issuer + ".key")).get(), EVP_sha256()) > 0);
  }
  const Bio pem(BIO_new(BIO_s_mem()), &BIO_free);
  const Bio key_pem(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(pem.get(), x509);
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  folder.write(wanted.name + ".pem", text_of(pem), 0644);
  folder.write(wanted.name + ".key", text_of(key_pem));
}

}  // namespace odograph::aws
