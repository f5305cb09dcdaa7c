#pragma once

#include <string>

#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::process {

/// The bytes of `to_report(header, record)`, without the message in between, which costs several times as much: there
/// is one for each record that any vehicle sends.
std::string report_bytes(const wire::BatchHeader& header, const model::Record& record);

}  // namespace odograph::process
