#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/kafka/identity_words.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {

/// What a delivery report's error code means for the message; `code` is an rd_kafka_resp_err_t.
///
/// Codes that nobody has thought of are kAgain: the message stays with the caller, whose back-off keeps it from
/// hammering. kPoison is only what is wrong with the message alone.
Delivery::Outcome outcome_of(int code);

/// The state of the connection after an error event; `code` is an rd_kafka_resp_err_t, `text` librdkafka's words.
///
/// librdkafka tells the cause first ("Connect to ... failed: Connection refused") and then "1/1 brokers are down": the
/// cause stays. Of librdkafka's words only what a person needs is kept: "broker unreachable: host:9092: Connection
/// refused". What TLS, or an authorisation, has against either side is told in plain words.
///
/// Connections that end without a word are normal life: MSK ends each with its session, and brokers close idle ones.
/// The link counts as lost once a try to connect has failed too.
LinkState after_error(LinkState link, int code, std::string_view text, const ErrorContext& context = {});

/// The state of the connection once a broker has answered.
LinkState after_answer(LinkState link);

/// What the caller of a synchronous call (commit, metadata, admin) has to do: kStop for what an operator has to mend
/// (authorisation, authentication, fenced), kDrop for what this request will never get, else kRetry.
base::Action action_of(int code);

/// `text` as one line of at most 300 bytes: control characters become blanks.
std::string one_line(std::string_view text);

}  // namespace odograph::kafka
