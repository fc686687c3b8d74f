#include "cli/config_problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace livefix::cli {
namespace {

constexpr std::size_t kLongestQuote = 60;

// A file may hold anything, a terminal should not be told all of it.
std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  if (text.size() <= kLongestQuote) return fmt::format("\"{}\"", printable(text));
  auto size = kLongestQuote;
  // Not in the middle of a character.
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return fmt::format("\"{}...\"", printable(text.substr(0, size)));
}

void ConfigProblems::add(std::uint32_t line, std::string key, std::string what) {
  problems_.push_back({line, std::move(key), std::move(what)});
}

std::vector<std::string> ConfigProblems::sentences() const {
  auto sorted = problems_;
  std::ranges::stable_sort(sorted, {}, &Problem::line);
  std::vector<std::string> result;
  for (const auto& problem : sorted) {
    const auto line = problem.line == 0 ? "" : fmt::format(":{}", problem.line);
    const auto key = problem.key.empty() ? "" : problem.key + ": ";
    result.push_back(printable(fmt::format("{}{}: {}{}", file_, line, key, problem.what)));
  }
  return result;
}

}  // namespace livefix::cli
