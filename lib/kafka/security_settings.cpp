#include "lib/kafka/security_settings.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "lib/aws/guarded_file.h"
#include "lib/base/unique_fd.h"

namespace odograph::kafka {

namespace {

/// Of TLS 1.2 only suites that no older version has, so that none older can come about, whatever the system's policy
/// for OpenSSL allows: librdkafka has no setting for the least version. Those of TLS 1.3 are not affected.
constexpr const char* kSuites = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+TLSv1.2:!aNULL";

/// The largest PEM file that is read; the system's bundle has about 220 KB.
constexpr std::size_t kPemBytesMax = 4 << 20;

struct PemFile {
  const char* option;
  const std::string& path;
  std::string_view kind;  ///< How its BEGIN line ends.
};

base::Error refuse(const PemFile& file, const std::string& why) {
  return base::stop_error(std::string{file.option} + " " + file.path + ": " + why);
}

base::Result<std::string> read_pem(const PemFile& file) {
  const base::UniqueFd fd{::open(file.path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return refuse(file, std::strerror(errno));
  std::string text;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(file, std::strerror(errno));
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > kPemBytesMax) return refuse(file, "larger than 4 MiB, this is no PEM file");
  }
}

base::Result<std::string> checked_pem(const PemFile& file) {
  auto text = read_pem(file);
  if (!text) return text.error();
  const std::size_t begin = text->find("-----BEGIN ");
  if (begin == std::string::npos || text->find(file.kind, begin) == std::string::npos) {
    return refuse(file, "no PEM block that ends in \"" + std::string{file.kind} + "\"");
  }
  return text;
}

base::Status check_key(const PemFile& file) {
  const auto guarded = aws::check_key_file(file.path);
  if (!guarded) return base::stop_error(std::string{file.option} + " " + guarded.error().what);
  const auto text = checked_pem(file);
  if (!text) return text.error();
  if (text->find("ENCRYPTED") != std::string::npos) {
    return refuse(file, "has a passphrase; a key without one is needed");
  }
  return {};
}

base::Result<Settings> tls_settings(const Security& security) {
  const PemFile ca{"kafka.ca_file", security.ca_file, "CERTIFICATE-----"};
  const PemFile cert{"kafka.cert_file", security.cert_file, "CERTIFICATE-----"};
  const PemFile key{"kafka.key_file", security.key_file, "PRIVATE KEY-----"};
  Settings settings{{"security.protocol", "ssl"}, {"ssl.cipher.suites", kSuites}};
  if (!ca.path.empty()) {
    if (const auto text = checked_pem(ca); !text) return text.error();
    settings.emplace_back("ssl.ca.location", ca.path);
  }
  if (cert.path.empty() && key.path.empty()) return settings;
  if (key.path.empty()) return refuse(cert, "needs kafka.key_file beside it");
  if (cert.path.empty()) return refuse(key, "needs kafka.cert_file beside it");
  if (const auto text = checked_pem(cert); !text) return text.error();
  if (const auto ok = check_key(key); !ok) return ok.error();
  settings.emplace_back("ssl.certificate.location", cert.path);
  settings.emplace_back("ssl.key.location", key.path);
  return settings;
}

}  // namespace

base::Result<Settings> security_settings(const Security& security) {
  switch (security.protocol) {
    case Protocol::kPlaintext: return Settings{{"security.protocol", "plaintext"}};
    case Protocol::kTls: return tls_settings(security);
    case Protocol::kTlsIam: break;
  }
  if (!security.tokens) return base::stop_error("kafka.security tls_iam: nobody told where its tokens come from");
  auto settings = tls_settings(security);
  if (!settings) return settings;
  settings->front().second = "sasl_ssl";
  settings->emplace_back("sasl.mechanisms", "OAUTHBEARER");
  return settings;
}

std::string name_file(std::string what, const Security& security) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> files = {{
      {"ssl.ca.location", &security.ca_file},
      {"ssl.certificate.location", &security.cert_file},
      {"ssl.key.location", &security.key_file},
  }};
  for (const auto& [setting, path] : files) {
    const std::size_t at = what.find(setting);
    if (at != std::string::npos) return what.replace(at, setting.size(), *path);
  }
  return what;
}

}  // namespace odograph::kafka
