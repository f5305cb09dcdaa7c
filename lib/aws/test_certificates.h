#pragma once

#include <filesystem>
#include <string>

namespace odograph::aws {

/// A folder of its own that goes with the test.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  /// Writes a file that only its owner may read, and gives its path.
  std::string write(const std::string& name, const std::string& text, unsigned mode = 0600) const;
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// What a certificate of a test says.
struct TestCertificate {
  std::string name;           ///< Files NAME.pem and NAME.key; the common name, too.
  std::string issuer;         ///< The name of an authority made before; empty: self-signed.
  std::string alt_name;       ///< "IP:127.0.0.1"; empty: none.
  bool is_authority = false;  ///< May sign others.
  long begins_s = -3600;      ///< Validity, from now.
  long ends_s = 3600;
};

/// Makes key (P-256, PKCS#8) and certificate as PEM files in `folder`.
void make_certificate(const TestFolder& folder, const TestCertificate& wanted);

}  // namespace odograph::aws
