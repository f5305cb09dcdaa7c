#include "lib/keys/msk.h"

#include "lib/aws/region.h"

namespace odograph::keys {

std::vector<config::OptionSpec> msk_options() {
  return {
      {.key = "kafka.region",
       .accepts = aws::is_region,
       .expected = "an AWS region such as \"eu-central-1\"",
       .doc = "AWS region of an MSK cluster; without it the one in the brokers' names.",
       .example = "eu-central-1"},
      {.key = "kafka.signing_host",
       .accepts = aws::is_host_name,
       .expected = "a host's name without scheme and port",
       .doc = "Host that tokens for MSK are signed for, where it is not kafka.REGION.amazonaws.com.",
       .example = "kafka.eu-central-1.amazonaws.com"},
  };
}

}  // namespace odograph::keys
