#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/wire/column.h"

namespace odograph::wire {

// Rice code, for columns of differences that are mostly noise: such numbers spread over a few bits more or less, and a
// varint rounds each up to whole bytes. 1.7 B a record less than packed sint64 on a 1 Hz drive.
//
// The first byte is k, 0..31. Then bits, the lowest of each byte first. A number v is written as u = 2v, or -2v - 1 if
// it is negative (sint64's zigzag): u / 2^k ones, a zero, and the k lower bits of u; where that would be 12 ones or
// more, 12 ones, 6 bits of (length of u in bits - 1), and so many bits of u. The last byte is filled up with ones.

/// Appends the code of `values`; nothing if there are none.
void rice_pack(const Signed& values, std::string& out);

/// The reverse, appended to `values`; false if the code is unsound or holds more than `count_max` numbers.
bool rice_unpack(const std::string& code, std::size_t count_max, Signed& values);

/// The same of at most one number; 0 if there is none.
bool rice_unpack_one(std::string_view code, std::int64_t& value);

}  // namespace odograph::wire
