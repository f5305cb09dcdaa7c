#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "lib/base/result.h"

struct gzFile_s;

namespace odograph::trips {

inline constexpr std::size_t kLineBytesMax = 8 * 1024 * 1024;

/// The lines of a text file, plain or gzip, told apart by its first bytes and not by its name.
class LineFile {
 public:
  /// `kStop`, naming the file, if it cannot be opened.
  static base::Result<LineFile> open(const std::filesystem::path& path);

  /// Puts the next line into `line`, without its end (LF or CR LF); false after the last one. `kStop`, naming file and
  /// line, if the file is damaged or cut off (gzip), or a line is longer than `kLineBytesMax`.
  base::Result<bool> next(std::string& line);

  /// Of the line that `next` gave last, from 1.
  std::size_t number() const { return number_; }
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };
  LineFile(std::string name, gzFile_s* file) : name_(std::move(name)), file_(file) {}
  base::Result<bool> fill();

  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::string buffer_;
  std::size_t used_ = 0;
  std::size_t number_ = 0;
};

}  // namespace odograph::trips
