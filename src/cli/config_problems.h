// Everything that is wrong with a configuration file, told at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::cli {

class ConfigProblems {
 public:
  // `file` is how the user calls it: "livefix.toml".
  explicit ConfigProblems(std::string file) : file_(std::move(file)) {}

  // `what` was found at `key`, what was expected, and what to do. `line` 0: of no line; `key` "":
  // of no key.
  void add(std::uint32_t line, std::string key, std::string what);

  bool empty() const { return problems_.empty(); }
  // `livefix.toml:12: service.shop.drain: "5" has no unit; write "5s" or "500ms"`, by lines.
  std::vector<std::string> sentences() const;

 private:
  struct Problem {
    std::uint32_t line;
    std::string key;
    std::string what;
  };
  std::string file_;
  std::vector<Problem> problems_;
};

// `text` in double quotes for a message: on one line, at most 60 bytes of it.
std::string in_quotes(std::string_view text);

}  // namespace livefix::cli
