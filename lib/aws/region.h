#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace odograph::aws {

/// Has the form of a region, such as "eu-central-1" or "us-gov-west-1"; whether AWS has such a one is not known here.
bool is_region(std::string_view text);

/// A DNS name in ASCII without a port: labels of 1 to 63 of `A-Z a-z 0-9 -`, at most 253 in all.
bool is_host_name(std::string_view text);

/// The region that the name of an MSK broker ends with; nothing if it is no such name.
///
/// `broker`: "host" or "host:port", in any case. Read from the end, because a cluster's name may well contain another
/// region's: `.amazonaws.com` (or `.com.cn`, `.eu`), before it perhaps `.vpce`, the region, and `kafka` or `kafka-...`
/// (serverless, fips). Sources: the examples in Amazon MSK's developer guide, and the DNS suffixes of AWS's partitions.
std::optional<std::string> region_of_broker(std::string_view broker);

struct Region {
  std::string name;
  std::string from;     ///< The broker whose name told it; empty if it was set.
  std::string warning;  ///< Not empty if it was set and a broker tells another one: the one that was set holds.
};

/// `configured`, or if that is empty what `brokers` ("host:port") tell. `kStop` if none of them does, if two of them
/// differ, or if `configured` is no region.
base::Result<Region> choose_region(const std::string& configured, const std::vector<std::string>& brokers);

}  // namespace odograph::aws
