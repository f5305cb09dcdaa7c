#include "lib/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "lib/cli/version.h"

namespace odograph::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Program {
  Program() {
    app.require_subcommand(1);
    auto* run = app.add_subcommand("run", "Runs");
    run->add_option("--config", config);
    run->add_flag("--as-fast-as-possible");
    auto* decode = app.add_subcommand("decode", "Decodes");
    decode->add_option("file", file)->required();
    decode->add_option("--limit", limit)->check(CLI::Range(1, 9));
    auto* source = decode->add_option_group("source");
    source->add_flag("--topic");
    auto* topics = app.add_subcommand("topics", "Topics");
    topics->require_subcommand(1);
    topics->add_subcommand("create", "Creates")->add_flag("--dev");
    topics->add_subcommand("check", "Checks");
  }

  Understood operator()(std::vector<const char*> words) {
    words.insert(words.begin(), "build/bin/program");
    return understand(app, static_cast<int>(words.size()), words.data());
  }

  CLI::App app{"About"};
  std::string config;
  std::string file;
  int limit = 0;
};

TEST(CommandLine, GoesOnWithWhatItUnderstands) {
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"run"}, {"run", "--config", "x"}, {"decode", "f", "--limit=3"}, {"topics", "create", "--dev"}}) {
    Program program;
    const Understood understood = program(words);
    EXPECT_FALSE(understood.exit_code) << words.back();
    EXPECT_EQ(understood.out + understood.err, "") << words.back();
  }
}

TEST(CommandLine, HelpsAndTellsItsVersionOnStdout) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--help"}, {"-h"}, {"run", "--help"}, {"--version"}}) {
    Program program;
    const Understood understood = program(words);
    EXPECT_EQ(understood.exit_code, 0) << words.back();
    EXPECT_NE(understood.out, "") << words.back();
    EXPECT_EQ(understood.err, "") << words.back();
  }
  EXPECT_EQ(Program()({"--version"}).out, version() + "\n");
  EXPECT_THAT(Program()({"run", "--help"}).out, HasSubstr("--as-fast-as-possible"));
}

TEST(CommandLine, NamesWhatItDoesNotUnderstandAndTheNearest) {
  const struct {
    const char* name;
    std::vector<const char*> words;
    const char* told;
  } rows[] = {
      {"Nothing", {}, "program: a command is missing\nCommands: run, decode, topics\nSee 'program --help'.\n"},
      {"Command", {"rum"}, "program: unknown command 'rum', did you mean 'run'?\nCommands: run, decode, topics\n"},
      {"CommandFar", {"frobnicate", "--config", "x"}, "program: unknown command 'frobnicate'\nCommands: "},
      {"CommandBeforeACommand", {"rum", "run"}, "program: unknown command 'rum', did you mean 'run'?\n"},
      {"Subcommand",
       {"topics", "creat"},
       "program topics: unknown command 'creat', did you mean 'create'?\nCommands: "},
      {"NoSubcommand", {"topics"}, "program topics: a command is missing\nCommands: create, check\n"},
      {"Option",
       {"run", "--confg", "x"},
       "program run: unknown option '--confg', did you mean '--config'?\nSee 'program run --help'.\n"},
      {"OptionWithItsValue", {"run", "--confg=x"}, "program run: unknown option '--confg', did you mean '--config'?\n"},
      {"OptionsBeginning", {"run", "--as-fast"}, "unknown option '--as-fast', did you mean '--as-fast-as-possible'?\n"},
      {"OptionOfAGroup", {"decode", "f", "--topics"}, "unknown option '--topics', did you mean '--topic'?\n"},
      {"OptionFar", {"run", "--colour"}, "program run: unknown option '--colour'\n"},
      {"OptionOfOneLetter", {"run", "-c"}, "program run: unknown option '-c'\n"},
      {"OptionOfTheProgram", {"--versio"}, "program: unknown option '--versio', did you mean '--version'?\n"},
      {"OptionBeforeWhatIsMissing", {"decode", "--limt", "3"}, "unknown option '--limt', did you mean '--limit'?\n"},
      {"Argument", {"run", "extra"}, "program run: unexpected argument 'extra'\n"},
      {"ArgumentMissing", {"decode"}, "program decode: file is required\n"},
      {"ValueMissing", {"run", "--config"}, "program run: --config: "},
      {"ValueOutOfRange", {"decode", "f", "--limit", "10"}, "program decode: --limit: "},
      {"ValueOfAnotherType", {"decode", "f", "--limit", "x"}, "program decode: --limit: "},
  };
  for (const auto& row : rows) {
    Program program;
    const Understood understood = program(row.words);
    EXPECT_EQ(understood.exit_code, kMisused) << row.name;
    EXPECT_EQ(understood.out, "") << row.name;
    EXPECT_THAT(understood.err, HasSubstr(row.told)) << row.name;
    EXPECT_THAT(understood.err, StartsWith("program")) << row.name;
    EXPECT_THAT(understood.err, HasSubstr(" --help'.\n")) << row.name;
  }
}

TEST(ErrorText, BeginsEachLineWithTheProgram) {
  EXPECT_EQ(error_text("p", "a"), "p: a\n");
  EXPECT_EQ(error_text("p", "a\n\nb\n"), "p: a\np: \np: b\n");
  EXPECT_EQ(error_text("p", ""), "");
}

TEST(CommandLine, ShowsALongWordInPart) { EXPECT_LT(Program()({std::string(100'000, 'x').c_str()}).err.size(), 300U); }

}  // namespace
}  // namespace odograph::cli
