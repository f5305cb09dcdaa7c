#include "lib/kafka/link_words.h"

#include <gtest/gtest.h>

#include <string>

namespace odograph::kafka {
namespace {

struct Case {
  const char* name;
  const char* why;    ///< As librdkafka 2.0.2 said it in a try.
  const char* words;  ///< nullptr: as it is.
};

const Case kCases[] = {
    {"Portal", "Receive failed: Invalid response size 1213486160 (0..100000000): increase receive.message.max.bytes",
     "answers in HTTP: a captive portal, or no Kafka broker at that port"},
    {"OtherProtocol", "Receive failed: Invalid response size 1397966893 (0..100000000): increase receive.message.max",
     "answers, but not as a Kafka broker does"},
    {"PortalForTls", "SSL handshake failed: error:0A00010B:SSL routines::wrong version number",
     "answers, but not in TLS: a captive portal, or a listener without TLS"},
    {"PortalForTlsLater", "error:0A00010B:SSL routines::wrong version number",
     "answers, but not in TLS: a captive portal, or a listener without TLS"},
    {"HungUpOnTls", "SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading",
     "hangs up on TLS: a listener without TLS, or something in between"},
    {"HungUpAtOnceOnTls", "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
     "hangs up on TLS: a listener without TLS, or something in between"},
    {"HungUpOnPlaintext",
     "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration "
     "(connecting to a SSL listener?) or broker version is < 0.10 (see api.version.request)",
     "hangs up on the first request: does it want TLS (kafka.security)?"},
    {"NoIam",
     "SASL OAUTHBEARER mechanism handshake failed: Broker: Request not valid in current SASL state: broker's supported "
     "mechanisms: ",
     "takes no IAM tokens: is the port right (9098)?"},
    {"BrokenWhileIamWasAskedFor",
     "SASL OAUTHBEARER mechanism handshake failed: Local: Broker transport failure: broker's supported mechanisms: ",
     nullptr},
    {"NoDns", "Failed to resolve 'b:9092': Temporary failure in name resolution",
     "its name cannot be looked up: no DNS server answers"},
    {"NoName", "Failed to resolve 'b:9092': Name or service not known", "its name is not known to DNS"},
    {"BlackHole", "Connection setup timed out in state CONNECT",
     "nothing comes back: no link, or a firewall that drops packets"},
    {"BlackHoleByTheKernel", "Connection timed out", "nothing comes back: no link, or a firewall that drops packets"},
    {"SilentInHandshake", "Connection setup timed out in state SSL_HANDSHAKE",
     "connects, and then nothing comes back: a middlebox, or a broker that hangs"},
    {"SilentAfterTheFirstRequest",
     "ApiVersionRequest failed: Local: Timed out: probably due to broker version < 0.10 (see api.version.request "
     "configuration)",
     "connects, and then nothing comes back: a middlebox, or a broker that hangs"},
    {"SilentLater", "1 request(s) timed out: disconnect", "went silent: what was sent is not answered"},
    {"SilentByTheKernel", "Receive failed: Connection timed out", "went silent: what was sent is not answered"},
    {"Refused", "Connection refused", nullptr},
    {"NoRoute", "Failed to connect to broker at [2001:db8::1]:9092: No route to host", "No route to host"},
    {"NoNetwork", "Failed to connect to broker at 192.0.2.1:9092: Network is unreachable", "Network is unreachable"},
    {"CutOff", "Failed to connect to broker at ", "Failed to connect to broker at "},
    {"HungUp", "Disconnected", nullptr},
    {"Certificate", "SSL handshake failed: certificate verify failed", nullptr},
    {"Nothing", "", nullptr},
};

TEST(LinkWords, SayWhatHappenedAndWhatItMostlyIs) {
  for (const Case& row : kCases) {
    EXPECT_EQ(link_words(row.why), row.words == nullptr ? row.why : row.words) << row.name;
  }
}

}  // namespace
}  // namespace odograph::kafka
