#pragma once

#include <string>
#include <string_view>

namespace odograph::base {

/// `value`, which may be a URL, with `***` in place of user and password: "https://***@host/". For errors and logs that
/// repeat what somebody configured. A text without a scheme counts as well, if it is like "user:password@host".
///
/// Rather too much is hidden than too little: all between the scheme and the last `@`, as people write passwords with
/// unescaped `/` and `@`.
std::string without_password(std::string_view value);

}  // namespace odograph::base
