#include "agent/traffic/account_file.h"

#include "agent/traffic/traffic_fixture.h"

namespace odograph::traffic {
namespace {

TEST(AccountFile, KeepsTheNewestText) {
  const TempFolder folder;
  const auto path = folder.path() / "account";
  {
    AccountFile file(path);
    ASSERT_TRUE(reached([&] { return file.take_loaded().has_value(); }));
    for (int i = 0; i <= 100; ++i) file.save("text " + std::to_string(i));
  }
  EXPECT_EQ(text_of(path), "text 100");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "account.new"));
  AccountFile again(path);
  std::optional<std::string> loaded;
  ASSERT_TRUE(reached([&] { return (loaded = again.take_loaded()).has_value(); }));
  EXPECT_EQ(*loaded, "text 100");
  EXPECT_FALSE(again.take_loaded()) << "told once";
}

TEST(AccountFile, WritesInTheBackground) {
  const TempFolder folder;
  AccountFile file(folder.path() / "account");
  ASSERT_TRUE(reached([&] { return file.take_loaded().has_value(); }));
  file.save("here");
  EXPECT_TRUE(reached([&] { return text_of(folder.path() / "account") == "here"; }));
  EXPECT_EQ(file.trouble(), "");
}

TEST(AccountFile, TakesAnAbsentFileForAnEmptyOne) {
  const TempFolder folder;
  AccountFile file(folder.path() / "account");
  std::optional<std::string> loaded;
  ASSERT_TRUE(reached([&] { return (loaded = file.take_loaded()).has_value(); }));
  EXPECT_EQ(*loaded, "");
  EXPECT_EQ(file.trouble(), "");
}

TEST(AccountFile, TakesAnAbsentFolderForOneThatIsNotMountedYet) {
  const TempFolder folder;
  const auto path = folder.path() / "mount" / "account";
  {
    AccountFile file(path);
    ASSERT_TRUE(reached([&] { return !file.trouble().empty(); }));
    EXPECT_NE(file.trouble().find(path.string() + ": No such file"), std::string::npos) << file.trouble();
    EXPECT_FALSE(file.take_loaded());
    file.save("what could cover something larger");
    std::filesystem::create_directory(folder.path() / "mount");
    put_text(path, "the old one");
  }
  EXPECT_EQ(text_of(path), "the old one") << "nothing is written over what was not read";
}

TEST(AccountFile, SaysWhyItCannotWrite) {
  const TempFolder folder;
  AccountFile file(folder.path() / "account");
  ASSERT_TRUE(reached([&] { return file.take_loaded().has_value(); }));
  std::filesystem::create_directory(folder.path() / "account.new");
  file.save("text");
  EXPECT_TRUE(reached([&] { return file.trouble().find("account.new: Is a directory") != std::string::npos; }));
  std::filesystem::remove(folder.path() / "account.new");
  file.save("text");
  EXPECT_TRUE(reached([&] { return file.trouble().empty(); }));
  EXPECT_EQ(text_of(folder.path() / "account"), "text");
}

}  // namespace
}  // namespace odograph::traffic
