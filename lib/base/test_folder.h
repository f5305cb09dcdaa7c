#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "lib/base/assert.h"

namespace odograph::base {

/// For tests: a folder of the test's own, which goes with it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "odograph-test-XXXXXX").string();
    ODOGRAPH_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file of these bytes, for its owner alone by default, and gives its path.
  std::string write(const std::string& name, const std::string& bytes, mode_t mode = 0600) const {
    std::string file = path(name);
    std::ofstream(file, std::ios::binary) << bytes;
    ODOGRAPH_ASSERT(::chmod(file.c_str(), mode) == 0);
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace odograph::base
