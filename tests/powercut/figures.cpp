#include "tests/powercut/figures.h"

#include <sqlite3.h>

#include <fstream>
#include <system_error>
#include <utility>

namespace odograph::powercut {

bool write_figures(const std::filesystem::path& file, const Played& played) {
  const Seen& seen = played.all.seen;
  const std::pair<const char*, std::uint64_t> numbers[] = {{"page", played.first.page_bytes},
                                                           {"first_seed", played.first.seed},
                                                           {"last_seed", played.last_seed},
                                                           {"runs", played.runs},
                                                           {"cuts", seen.cuts},
                                                           {"cuts_in_recovery", seen.cuts_in_recovery},
                                                           {"kills", seen.kills},
                                                           {"clean_ends", seen.clean_ends},
                                                           {"commits", seen.commits},
                                                           {"io_errors", seen.io_errors},
                                                           {"read_errors", seen.read_errors},
                                                           {"no_space", seen.no_space},
                                                           {"clock_jumps", seen.clock_jumps}};
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  std::ofstream out(file);
  out << "{\"sqlite\": \"" << sqlite3_libversion() << "\", \"control\": \"" << played.control << "\"";
  out << ", \"weather\": \"" << name_of(played.first.weather) << "\"";
  out << ", \"broken\": " << (played.all.wrong.empty() ? "false" : "true");
  for (const auto& [name, number] : numbers) out << ", \"" << name << "\": " << number;
  out << "}\n";
  out.close();
  return out.good();
}

}  // namespace odograph::powercut
