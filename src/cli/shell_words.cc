#include "cli/shell_words.h"

#include <algorithm>
#include <utility>

namespace livefix::cli {
namespace {

bool needs_no_quotes(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./:=,+@%").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_quoted(std::span<const std::string> words) {
  std::string result;
  for (const auto& word : words) {
    if (!result.empty()) result += ' ';
    if (!word.empty() && std::ranges::all_of(word, needs_no_quotes)) {
      result += word;
      continue;
    }
    result += '\'';
    for (const char c : word) {
      if (c == '\'') {
        result += "'\\''";
      } else {
        result += c;
      }
    }
    result += '\'';
  }
  return result;
}

std::vector<std::string> shell_split(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  const auto finish = [&] {
    if (in_word) words.push_back(std::exchange(word, {}));
    in_word = false;
  };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      word += line[++at];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      finish();
    } else if (c == ';' || c == '&' || c == '|') {
      break;
    } else {
      word += c;
      in_word = true;
    }
  }
  finish();
  return words;
}

Result<std::vector<std::string>> command_words(std::string_view line) {
  char quote = 0;
  bool at_start = true;  // of a word
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool was_start = std::exchange(at_start, false);
    if (c == '\\' && quote != '\'') {
      if (++at == line.size()) return fail("a backslash ends it; remove it or write it twice");
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      at_start = true;
    } else if (std::string_view(quote == 0     ? ";&|<>()*?$`"
                                : quote == '"' ? "$`"
                                               : "")
                       .find(c) != std::string_view::npos ||
               (was_start && c == '~')) {
      return fail(
          "\"{}\" would be for a shell, and none is used; put it in single quotes, or write "
          "[\"sh\", \"-c\", \"...\"]",
          c);
    }
  }
  if (quote != 0) return fail("the quote {} does not end; close it", quote);
  auto words = shell_split(line);
  if (words.empty()) return fail("it has no words; name a program");
  return words;
}

}  // namespace livefix::cli
