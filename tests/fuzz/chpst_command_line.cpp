// Fuzzes the reading of chpst's command line, under all its names. The input's lines are the words, the
// program's name first.

#include "cli/chpst_command_line.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "core/account.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

/// Whether a text is the end of one of the words.
bool is_of(const std::vector<std::string>& words, const char* text) {
  return std::any_of(words.begin(), words.end(), [text](const std::string& word) {
    return text >= word.data() && text <= word.data() + word.size();
  });
}

void check(const cli::ChpstInvocation& chpst, const std::vector<const char*>& words,
           const std::vector<std::string>& lines) {
  require(!chpst.program.empty() && chpst.program.size() < words.size(), "there is a program");
  require(std::equal(chpst.program.rbegin(), chpst.program.rend(), words.rbegin()),
          "the program and its arguments are the last words");
  for (const char* text : {chpst.variables, chpst.root, chpst.directory, chpst.argv0}) {
    require(text == nullptr || is_of(lines, text), "an argument is a word, to its end");
  }
  if (chpst.lock) require(is_of(lines, chpst.lock->file), "the lock's name is a word");
  if (chpst.account) require(is_of(lines, chpst.account->text.data()), "the account's name is a word");
  require(!chpst.nice || std::abs(*chpst.nice) <= 100, "the nice value fits");
  require(!chpst.file_mode_mask || *chpst.file_mode_mask <= 0777, "the mask has permissions only");
  require(!chpst.oom_score || std::abs(*chpst.oom_score) <= 1000, "the OOM score is one");
  require(!chpst.all_groups || !chpst.account->text.starts_with(':'), "groups are those of a named user");
  for (const core::Resource resource : core::kResources) {
    const core::Limit& limit = chpst.limits[resource];
    for (const auto& amount : {limit.soft, limit.hard}) {
      require(!amount || *amount == core::kUnlimited || *amount <= INT64_MAX, "no limit is negative");
    }
  }
}

void check(const cli::ChpstUsageError& error) {
  require(error.text.find("usage: ") != std::string::npos && error.text.ends_with("\n\n"),
          "wrong usage is answered with the right one");
}

void read(const std::string& input) {
  std::vector<std::string> lines;
  std::istringstream in{input};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::vector<const char*> words;
  for (const std::string& line : lines) words.push_back(line.c_str());
  const auto result = cli::parse_chpst(words);
  if (const auto* chpst = std::get_if<cli::ChpstInvocation>(&result)) {
    check(*chpst, words, lines);
  } else {
    check(std::get<cli::ChpstUsageError>(result));
  }
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read({data, data + size});
  return 0;
}
