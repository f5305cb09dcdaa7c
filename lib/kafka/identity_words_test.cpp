#include "lib/kafka/identity_words.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

namespace odograph::kafka {
namespace {

struct Denial {
  const char* name;
  int code;
  const char* identity;
  const char* attempt;
  std::optional<std::string> words;
};

const Denial kDenials[] = {
    {"Topic", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "AKID (environment)", "write to raw-data-topic",
     "identity AKID (environment) may not write to raw-data-topic"},
    {"Group", RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "AKID (iot)", "use group fleet",
     "identity AKID (iot) may not use group fleet"},
    {"Transaction", RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "AKID", "write",
     "identity AKID may not write"},
    {"Cluster", RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "AKID", "write",
     "identity AKID may not write: the cluster does not let it"},
    {"WithoutATokenOfItsOwn", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "", "read a", "this client may not read a"},
    {"Success", RD_KAFKA_RESP_ERR_NO_ERROR, "AKID", "write", {}},
    {"NoSuchTopic", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "AKID", "write", {}},
    {"Refused", RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, "AKID", "write", {}},
    {"Unreachable", RD_KAFKA_RESP_ERR__TRANSPORT, "AKID", "write", {}},
    {"Unknown", 12345, "AKID", "write", {}},
};

TEST(IdentityWords, TellWhoMayNotDoWhat) {
  for (const Denial& row : kDenials)
    EXPECT_EQ(denial_words(row.code, row.identity, row.attempt), row.words) << row.name;
}

TEST(IdentityWords, TellTheTopicThatATransactionMayNotHave) {
  const std::string line =
      R"([thrd:main]: TxnCoordinator/1: Failed to add partition "alerts-topic" [0] to transaction: )";
  EXPECT_EQ(topic_denied_in(line + "Broker: Topic authorization failed"), "alerts-topic");
  EXPECT_EQ(topic_denied_in(line + "Broker: Operation not attempted"), "") << "because of another one";
  EXPECT_EQ(topic_denied_in(line), "");
  EXPECT_EQ(topic_denied_in("Broker: Topic authorization failed"), "");
  EXPECT_EQ(topic_denied_in(""), "");
}

TEST(IdentityWords, TellWhyThereIsNoToken) {
  EXPECT_EQ(no_token_words("Failed to acquire SASL OAUTHBEARER token: HTTP 403\nfrom it"),
            "no token: HTTP 403 from it");
  EXPECT_EQ(no_token_words("sasl_ssl://b:1/1: SASL authentication error: Access denied"), std::nullopt);
  EXPECT_EQ(no_token_words(""), std::nullopt);
}

struct Refusal {
  const char* name;
  const char* text;
  ErrorContext context;
  const char* words;
};

const Refusal kRefusals[] = {
    {"ByKafka",
     "sasl_ssl://b:9098/bootstrap: SASL authentication error: {\"status\":\"Access denied\"} (after 5ms in state "
     "AUTH_REQ)",
     {.identity = "AKID (iot)"},
     "broker refused the client: b:9098: token of AKID (iot): Access denied"},
    {"ByMsk",
     "sasl_ssl://b-1.a.kafka.eu-central-1.amazonaws.com:9098/1: SASL authentication error: [0a1b-2c]: Access denied "
     "(after 87ms in state AUTH_REQ, 3 identical error(s) suppressed)",
     {.identity = "AKID"},
     "broker refused the client: b-1.a.kafka.eu-central-1.amazonaws.com:9098: token of AKID: [0a1b-2c]: Access denied"},
    {"WithoutAnIdentity", "SASL authentication error: no", {}, "broker refused the client: no"},
    {"OfAnotherShape", "mechanism not supported", {}, "broker refused the client: mechanism not supported"},
    {"AnOldToken",
     "sasl_ssl://b:1/1: SASL authentication error: Access denied",
     {.identity = "AKID", .no_token = "credentials: HTTP 403"},
     "no token: credentials: HTTP 403"},
    {"AtThePortForTls",
     "sasl_ssl://b:9094/bootstrap: SASL OAUTHBEARER mechanism handshake failed: Broker: Request not valid in current "
     "SASL state: broker's supported mechanisms:  (after 3ms in state AUTH_HANDSHAKE)",
     {.identity = "AKID"},
     "broker refused the client: b:9094: takes no IAM tokens: is the port right (9098)?"},
    {"AtThePortForPasswords",
     "sasl_ssl://b:9096/1: SASL OAUTHBEARER mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's "
     "supported mechanisms: SCRAM-SHA-512",
     {.identity = "AKID", .no_token = "credentials: HTTP 403"},
     "broker refused the client: b:9096: takes no IAM tokens: is the port right (9098)?"},
};

TEST(IdentityWords, TellWhoseTokenWasRefusedByWhom) {
  for (const Refusal& row : kRefusals) EXPECT_EQ(refused_token_words(row.text, row.context), row.words) << row.name;
}

}  // namespace
}  // namespace odograph::kafka
