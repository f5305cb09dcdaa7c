#pragma once

#include <string>

#include "lib/base/test_folder.h"

namespace odograph::aws {

using base::TestFolder;

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
