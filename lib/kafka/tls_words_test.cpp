#include "lib/kafka/tls_words.h"

#include <gtest/gtest.h>

namespace odograph::kafka {
namespace {

TEST(TlsWords, SayWhatIsWrongWithTheBrokersCertificate) {
  EXPECT_NE(certificate_words(10).find("expired"), std::string::npos);
  EXPECT_NE(certificate_words(18).find("by itself"), std::string::npos);
  // The words also come where no ca_file is set.
  EXPECT_NE(certificate_words(19).find("of ca_file (without it, of the system's)"), std::string::npos);
  EXPECT_NE(certificate_words(20).find("not signed by an authority"), std::string::npos);
  EXPECT_NE(certificate_words(62).find("another host name"), std::string::npos);
  EXPECT_NE(certificate_words(77).find("X.509 error 77"), std::string::npos);
}

struct Alert {
  const char* name;
  const char* text;
  const char* says;  ///< Nothing: no alert about the client's certificate.
};

// As librdkafka 2.0 with OpenSSL 3.0 tells it.
const Alert kAlerts[] = {
    {"None",
     "ssl://b:1/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number "
     "42",
     "wants a client certificate"},
    {"Required", "ssl://b:1/1: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116",
     "got none"},
    {"OtherAuthority", "ssl://b:1/1: error:0A000416:SSL routines::sslv3 alert certificate unknown: SSL alert number 46",
     "does not know the authority"},
    {"OldVersion", "ssl://b:1/1: error:0A00042E:SSL routines::tlsv1 alert protocol version: SSL alert number 70",
     nullptr},
    {"NotTls", "ssl://b:1/1: error:0A000126:SSL routines::unexpected eof while reading", nullptr},
    {"Refused", "ssl://b:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused", nullptr},
    {"Empty", "", nullptr},
};

TEST(TlsWords, SayWhatTheBrokerHasAgainstTheClient) {
  for (const Alert& row : kAlerts) {
    const auto words = client_certificate_words(row.text);
    ASSERT_EQ(words.has_value(), row.says != nullptr) << row.name;
    if (words) EXPECT_NE(words->find(row.says), std::string::npos) << row.name << ": " << *words;
  }
}

TEST(TlsWords, FindTheBroker) {
  EXPECT_EQ(broker_in("ssl://localhost:9093/bootstrap: SSL handshake failed"), "localhost:9093");
  EXPECT_EQ(broker_in("ssl://[::1]:9093/1: x"), "[::1]:9093");
  EXPECT_EQ(broker_in("ssl://b.example:9093"), "b.example:9093");
  EXPECT_EQ(broker_in("1/1 brokers are down"), "");
  EXPECT_EQ(broker_in("see https://example.org"), "");
}

}  // namespace
}  // namespace odograph::kafka
