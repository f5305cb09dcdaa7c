#include "lib/aws/guarded_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "lib/aws/test_certificates.h"

namespace odograph::aws {
namespace {

using base::Action;

TEST(CheckGuard, AllowsTheOwnerAndWhatRootLends) {
  struct Row {
    unsigned mode;
    unsigned owner;
    unsigned process;
    const char* word;  // Of the refusal; nullptr: fine.
  };
  const Row rows[] = {
      {0600, 1000, 1000, nullptr},
      {0400, 1000, 1000, nullptr},
      {0700, 1000, 1000, nullptr},
      {0640, 0, 1000, nullptr},
      {0440, 0, 1000, nullptr},
      {0600, 0, 0, nullptr},
      {0640, 1000, 1000, nullptr},
      {0100640, 0, 0, nullptr},
      {0644, 1000, 1000, "chmod 600"},
      {0604, 1000, 1000, "chmod 600"},
      {0620, 1000, 1000, "chmod 600"},
      {0644, 0, 1000, "chmod 640"},
      {0660, 0, 1000, "chmod 640"},
      {0650, 0, 1000, "chmod 640"},
      {0600, 1001, 1000, "user 1001, not to user 1000"},
      {0644, 1000, 0, "user 1000, not to root"},
      {0600, 1000, 0, "user 1000, not to root: change its owner"},
      {0660, 1000, 1000, "mode 0660: chmod 600"},
      {0622, 1000, 1000, "mode 0622: chmod 600"},
      {0601, 1000, 1000, "mode 0601: chmod 600"},
      {0100610, 1000, 1000, "mode 0610: chmod 600"},
  };
  for (const Row& row : rows) {
    const auto status = check_guard("f", row.mode, row.owner, row.process);
    EXPECT_EQ(status.has_value(), row.word == nullptr) << std::oct << row.mode << " of " << row.owner;
    if (status) continue;
    EXPECT_EQ(status.error().action, Action::kStop);
    if (row.word != nullptr) EXPECT_NE(status.error().what.find(row.word), std::string::npos) << status.error().what;
  }
}

TEST(CheckKeyFile, LooksAtTheFileAsItIs) {
  const TestFolder folder;
  for (const mode_t mode : {0400U, 0600U, 0640U}) EXPECT_TRUE(check_key_file(folder.write("key", "k", mode))) << mode;
  for (const mode_t mode : {0644U, 0660U, 0620U, 0622U, 0604U}) {
    const auto refused = check_key_file(folder.write("key", "k", mode));
    ASSERT_FALSE(refused) << std::oct << mode;
    EXPECT_EQ(refused.error().action, Action::kStop);
  }
  EXPECT_NE(check_key_file(folder.path("none")).error().what.find("No such file"), std::string::npos);
  EXPECT_NE(check_key_file(folder.path("")).error().what.find("is not a file"), std::string::npos);
}

TEST(KeyFileOf, IsThePathThatOpensslWouldRead) {
  const std::pair<const char*, std::optional<std::string>> rows[] = {{"/a/k.pem", "/a/k.pem"},
                                                                     {"k.pem", "k.pem"},
                                                                     {"a/b:c", "a/b:c"},
                                                                     {"file:/a/k.pem", "/a/k.pem"},
                                                                     {"FILE:/a/k.pem", "/a/k.pem"},
                                                                     {"file:///a/k.pem", "/a/k.pem"},
                                                                     {"file://localhost/a/k.pem", "/a/k.pem"},
                                                                     {"file://host", ""},
                                                                     {"pkcs11:token=x", std::nullopt},
                                                                     {"files:/a", std::nullopt},
                                                                     {"handle:0x81000000", std::nullopt}};
  for (const auto& [key, file] : rows) EXPECT_EQ(key_file_of(key), file) << key;
}

TEST(ReadGuardedFile, ReadsAllOrSaysWhyNot) {
  const TestFolder folder;
  const std::string ten = folder.write("ten", "0123456789");
  const std::string open = folder.write("open", "0123456789", 0644);
  folder.write("empty", "");
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  const auto text = read_guarded_file(ten, 10, FileGuard::kOwnerOnly);
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_EQ(*text, "0123456789");
  EXPECT_TRUE(read_guarded_file(open, 10, FileGuard::kNone));
  EXPECT_TRUE(read_guarded_file(folder.path("empty"), 10, FileGuard::kOwnerOnly));
  struct Row {
    std::string path;
    std::size_t bytes_max;
    const char* word;
  };
  const Row rows[] = {{ten, 9, "larger than 9 bytes"},
                      {open, 10, "open to other users, mode 0644: chmod 6"},
                      {folder.path("none"), 10, "cannot open"},
                      {folder.path("fifo"), 10, "is not a file"},
                      {folder.path(""), 10, "is not a file"}};
  for (const Row& row : rows) {
    const auto refused = read_guarded_file(row.path, row.bytes_max, FileGuard::kOwnerOnly);
    ASSERT_FALSE(refused) << row.path;
    EXPECT_EQ(refused.error().action, Action::kStop) << row.path;
    EXPECT_NE(refused.error().what.find(row.word), std::string::npos) << refused.error().what;
  }
}

}  // namespace
}  // namespace odograph::aws
