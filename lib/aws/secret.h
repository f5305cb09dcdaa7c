#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lib/base/result.h"

namespace odograph::aws {

/// Overwrites with zeros, in a way that no compiler leaves out (OPENSSL_cleanse).
void wipe_bytes(void* bytes, std::size_t count);

/// Overwrites all that `text` has room for, what an earlier, longer value left included, and empties it.
void wipe(std::string& text);

/// Gives memory back only after wiping it.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* at, std::size_t count) {
    wipe_bytes(at, count * sizeof(T));
    std::allocator<T>{}.deallocate(at, count);
  }
  bool operator==(const WipingAllocator&) const { return true; }
};

/// A string that leaves nothing behind when it grows or dies. Texts of up to 15 bytes are kept inside the object and
/// not wiped; AWS's secrets are 40 and more.
using SecretString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

/// No core dump of this process, and no debugger or other process of the same user at its memory
/// (PR_SET_DUMPABLE 0). For programs that hold credentials, before the first are fetched; a debug run leaves it out.
base::Status keep_memory_private();

}  // namespace odograph::aws
