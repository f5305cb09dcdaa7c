// Runs a fuzz target's entry point once over every file of the folders that are given: the target as a plain test.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_below(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> folders(argv + 1, argv + argc);
  std::size_t seeds = 0;
  for (const std::string& folder : folders) {
    for (const auto& path : files_below(folder)) {
      std::ifstream file(path, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      // A crash leaves no time to say where, so the name comes first.
      std::fprintf(stderr, "%s\n", path.c_str());
      const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
      LLVMFuzzerTestOneInput(data.data(), data.size());
      ++seeds;
    }
  }
  if (seeds == 0) {
    std::fprintf(stderr, "no seeds in");
    for (const std::string& folder : folders) std::fprintf(stderr, " '%s'", folder.c_str());
    std::fprintf(stderr, "\n");
    return 1;
  }
  std::printf("%zu seeds\n", seeds);
  return 0;
}
