// A fuzz target that tells what it was given, to test run_over_seeds.cpp with.

#include <cstddef>
#include <cstdint>
#include <cstdio>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* /*data*/, std::size_t size) {
  std::printf("%zu bytes\n", size);
  return 0;
}
