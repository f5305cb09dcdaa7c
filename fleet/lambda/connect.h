#pragma once

#include "fleet/lambda/kept_function.h"
#include "fleet/process/connect.h"

namespace odograph::lambda {

/// The clients of a function that keeps its state in the cluster; nobody joins a group, whose name is the beginning of
/// the transactional ids: "GROUP-lambda-PARTITION". `kStop` if a setting or a certificate file is wrong, naming it; an
/// unreachable broker is no error.
base::Result<KeptConnections> connect(const process::ConnectOptions& options);

}  // namespace odograph::lambda
