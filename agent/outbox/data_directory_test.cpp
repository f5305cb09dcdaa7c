// What becomes of a data directory that is missing.
#include "agent/outbox/data_directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "lib/base/test_folder.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using Made = DataDirectory::Made;

struct Case {
  const char* name = nullptr;
  const char* path = nullptr;  ///< Below a directory with a file, a directory and a link that leads nowhere.
  std::variant<Made, Trouble> made;
  const char* says = "";
};

class Missing : public testing::TestWithParam<Case> {};

TEST_P(Missing, DirectoryIsMadeOrNot) {
  const base::TestFolder folder;
  fs::create_directory(folder.path() / "here");
  fs::create_directory_symlink(folder.path() / "here", folder.path() / "link");
  std::ofstream(folder.path() / "file") << "x";
  const fs::path path = GetParam().path[0] == '/' ? fs::path(GetParam().path) : folder.path() / GetParam().path;
  const auto made = DataDirectory(path).make();
  ASSERT_EQ(made.index(), GetParam().made.index());
  if (const auto* failure = std::get_if<Failure>(&made)) {
    EXPECT_EQ(failure->trouble, std::get<Trouble>(GetParam().made));
    EXPECT_EQ(failure->what, "data directory " + path.string() + ": " + GetParam().says);
    EXPECT_FALSE(fs::is_directory(path));
  } else {
    EXPECT_EQ(std::get<Made>(made), std::get<Made>(GetParam().made));
  }
}

const Case kCases[] = {
    {"There", "here", Made::kWasThere},
    {"ThereBehindALink", "link", Made::kWasThere},
    {"MissingInADirectory", "here/data", Made::kForTheFirstTime},
    {"MissingBehindALink", "link/data", Made::kForTheFirstTime},
    {"MissingWithTheOneAbove", "nowhere/data", Trouble::kMissing, "does not exist"},
    {"BelowAFile", "file/data", Trouble::kMissing, "is not a directory"},
    {"WhereNobodyMakesAny", "/sys/odograph", Trouble::kReadonly, "cannot be created: Operation not permitted"},
    {"AFile", "file", Made::kWasThere},  // The lock file tells.
};
INSTANTIATE_TEST_SUITE_P(DataDirectory, Missing, testing::ValuesIn(kCases), [](const auto& c) { return c.param.name; });

TEST(DataDirectory, IsMadeAgainAsItWas) {
  const base::TestFolder folder;
  const fs::path path = folder.path() / "data";
  fs::create_directory(path);
  constexpr fs::perms kPerms = fs::perms::owner_all | fs::perms::group_write | fs::perms::set_gid;
  fs::permissions(path, kPerms);
  DataDirectory data(path);
  data.remember();
  fs::remove(path);
  data.remember();  // Nothing to learn from.
  EXPECT_EQ(std::get<Made>(data.make()), Made::kAgain);
  EXPECT_EQ(fs::status(path).permissions(), kPerms);
  EXPECT_EQ(std::get<Made>(data.make()), Made::kWasThere);
}

}  // namespace
}  // namespace odograph::outbox
