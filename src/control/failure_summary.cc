#include "control/failure_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

namespace livefix::control {
namespace {

constexpr std::size_t kMaxLines = 5;
constexpr std::size_t kMaxWidth = 400;

// Written without std::regex: it recurses once a character, and these lines can be long.

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Without escape sequences (ECMA-48 CSI) and carriage returns.
std::string plain(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\x1b' && at + 1 < line.size() && line[at + 1] == '[') {
      at += 2;
      while (at < line.size() && (line[at] < '@' || line[at] > '~')) ++at;
    } else if (line[at] != '\r') {
      text.push_back(line[at]);
    }
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

struct SourcePlace {
  std::string file;
  std::string line;
};

// "/srv/shop/src/cart.js:33" or "...:33:7", with or without "file://".
std::optional<SourcePlace> parse_place(std::string_view text) {
  if (text.starts_with("file://")) text.remove_prefix(7);
  std::string_view last_number;
  for (int numbers = 0; numbers < 2; ++numbers) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) break;
    const auto number = text.substr(colon + 1);
    if (!std::ranges::all_of(number, is_digit)) break;
    last_number = number;
    text = text.substr(0, colon);
  }
  if (last_number.empty() || text.empty() || text.find('.') == std::string_view::npos) {
    return std::nullopt;
  }
  return SourcePlace{std::string(text), std::string(last_number)};
}

class Summary {
 public:
  Summary(const std::vector<std::string>& lines, std::string_view directory)
      : directory_(directory) {
    for (const std::string& line : lines) lines_.push_back(plain(line));
  }

  std::vector<std::string> headline() {
    // Whatever speaks last is what ended the program.
    node();
    python();
    go_panic();
    java();
    compiler();
    return std::move(best_);
  }

  std::vector<std::string> last_lines() const {
    std::vector<std::string> last;
    for (auto line = lines_.rbegin(); line != lines_.rend() && last.size() < kMaxLines; ++line) {
      if (!trimmed(*line).empty()) last.push_back(shortened(*line));
    }
    std::ranges::reverse(last);
    return last;
  }

 private:
  bool is_own(std::string_view file) const {
    if (file.find("/node_modules/") != std::string_view::npos) return false;
    if (file.find("site-packages") != std::string_view::npos) return false;
    if (!file.starts_with('/')) return !file.starts_with("node:") && !file.starts_with('<');
    return file.starts_with(directory_) && file.size() > directory_.size() &&
           file[directory_.size()] == '/';
  }
  std::string relative(std::string_view file) const {
    if (file.starts_with('/') && is_own(file)) file.remove_prefix(directory_.size() + 1);
    if (file.starts_with("./")) file.remove_prefix(2);
    return std::string(file);
  }
  static std::string shortened(std::string_view line) {
    return std::string(line.substr(0, kMaxWidth));
  }
  std::string with_place(std::string_view headline, const std::optional<SourcePlace>& place) const {
    if (!place) return shortened(headline);
    return fmt::format("{} ({}:{})", shortened(headline), relative(place->file), place->line);
  }
  void offer(std::size_t at, std::vector<std::string> summary) {
    if (best_.empty() || at >= best_at_) {
      best_ = std::move(summary);
      best_at_ = at;
    }
  }

  // `file:line`, the line itself, a caret, an empty line, `SomeError: message`, `    at f (place)`.
  void node() {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const bool is_location = lines_[at].starts_with('/') || lines_[at].starts_with("file://") ||
                               lines_[at].starts_with("node:");
      auto place = is_location ? parse_place(lines_[at]) : std::nullopt;
      if (!place && !lines_[at].starts_with("node:")) continue;
      const std::size_t end = std::min(lines_.size(), at + 12);
      bool caret = false;
      for (std::size_t next = at + 1; next < end; ++next) {
        const std::string_view text = trimmed(lines_[next]);
        if (!text.empty() && std::ranges::all_of(text, [](char c) { return c == '^'; })) {
          caret = true;
        } else if (caret && !text.empty() && !lines_[next].starts_with(' ')) {
          if (place && !is_own(place->file)) place.reset();
          if (auto frame = node_frame(next + 1); frame && (!place || !is_syntax(text))) {
            place = frame;
          }
          offer(next, {with_place(text, place)});
          break;
        }
      }
    }
  }
  static bool is_syntax(std::string_view text) { return text.starts_with("SyntaxError"); }
  // The first stack frame in the service's own code.
  std::optional<SourcePlace> node_frame(std::size_t from) const {
    for (std::size_t at = from; at < std::min(lines_.size(), from + 30); ++at) {
      std::string_view text = trimmed(lines_[at]);
      if (text.starts_with("Node.js v")) break;
      if (!text.starts_with("at ")) continue;
      const auto open = text.rfind('(');
      text = open == std::string_view::npos ? text.substr(3) : text.substr(open + 1);
      if (text.ends_with(')')) text.remove_suffix(1);
      if (text.starts_with("async ")) text.remove_prefix(6);
      const auto place = parse_place(text);
      if (place && is_own(place->file)) return place;
    }
    return std::nullopt;
  }

  // Pairs of `  File "x", line n` and code, then `module.Error: message`.
  void python() {
    constexpr std::string_view prefix = "File \"";
    std::optional<SourcePlace> place;
    bool in_trace = false;
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const std::string_view text = trimmed(lines_[at]);
      if (text == "Traceback (most recent call last):") {
        place.reset();
        in_trace = true;
      } else if (lines_[at].starts_with("  ") && text.starts_with(prefix)) {
        const auto quote = text.find('"', prefix.size());
        const auto number = text.find(", line ");
        if (quote == std::string_view::npos || number == std::string_view::npos) continue;
        const std::string_view digits = text.substr(number + 7);
        const auto length =
            static_cast<std::size_t>(std::ranges::find_if_not(digits, is_digit) - digits.begin());
        const std::string_view file = text.substr(prefix.size(), quote - prefix.size());
        in_trace = true;
        if (!place || is_own(file) || !is_own(place->file)) {
          place = SourcePlace{std::string(file), std::string(digits.substr(0, length))};
        }
      } else if (in_trace && !text.empty() && !lines_[at].starts_with(' ')) {
        in_trace = false;
        offer(at, {with_place(text, place)});
        place.reset();
      }
    }
  }

  // `panic: message`, then `goroutine 1 [running]:` and `<tab>/path/main.go:3 +0x65`.
  void go_panic() {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const std::string_view text = lines_[at];
      if (!text.starts_with("panic: ") && !text.starts_with("fatal error: ")) continue;
      std::optional<SourcePlace> place;
      for (std::size_t next = at + 1; next < lines_.size() && !place; ++next) {
        std::string_view frame = trimmed(lines_[next]);
        if (!lines_[next].starts_with('\t')) continue;
        frame = frame.substr(0, frame.find(' '));
        place = parse_place(frame);
        if (place && !is_own(place->file)) place.reset();
      }
      offer(at, {with_place(text, place)});
    }
  }

  // `Exception in thread "main" a.b.C: message`, `	at a.B.c(B.java:4)`, `Caused by: ...`.
  void java() {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      std::string_view text = lines_[at];
      if (!text.starts_with("Exception in thread ")) continue;
      if (const auto name = text.find("\" "); name != std::string_view::npos) {
        text.remove_prefix(name + 2);
      }
      std::vector<std::string> summary{with_place(text, java_frame(at + 1))};
      for (std::size_t next = at + 1; next < lines_.size(); ++next) {
        if (lines_[next].starts_with("Caused by: ") && summary.size() < kMaxLines) {
          summary.push_back(with_place(lines_[next], java_frame(next + 1)));
        }
      }
      offer(at, std::move(summary));
    }
  }
  std::optional<SourcePlace> java_frame(std::size_t from) const {
    for (std::size_t at = from; at < lines_.size(); ++at) {
      std::string_view text = trimmed(lines_[at]);
      if (!text.starts_with("at ")) break;
      const auto open = text.rfind('(');
      if (open == std::string_view::npos || !text.ends_with(')')) continue;
      if (text.starts_with("at java.") || text.starts_with("at jdk.") ||
          text.starts_with("at sun.")) {
        continue;
      }
      return parse_place(text.substr(open + 1, text.size() - open - 2));
    }
    return std::nullopt;
  }

  // `./main.go:3:3: message`, `B.java:1: error: message`: the first ones, as a compiler's later
  // errors are often the consequence of its first.
  void compiler() {
    std::vector<std::string> summary;
    std::size_t last = 0;
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const std::string_view text = lines_[at];
      const auto colon = text.find(": ");
      if (colon == std::string_view::npos || text.substr(0, colon).find(' ') != text.npos) continue;
      const auto place = parse_place(text.substr(0, colon));
      if (!place || place->file.find("//") != std::string::npos) continue;
      if (summary.size() < kMaxLines) {
        summary.push_back(with_place(text.substr(colon + 2), place));
        last = at;
      }
    }
    if (!summary.empty()) offer(last, std::move(summary));
  }

  const std::string_view directory_;
  std::vector<std::string> lines_;
  std::vector<std::string> best_;
  std::size_t best_at_ = 0;
};

}  // namespace

std::vector<std::string> find_headline(const std::vector<std::string>& lines,
                                       std::string_view directory) {
  return Summary(lines, directory).headline();
}

std::vector<std::string> summarize_failure(const std::vector<std::string>& lines,
                                           std::string_view directory) {
  Summary summary(lines, directory);
  std::vector<std::string> headline = summary.headline();
  return headline.empty() ? summary.last_lines() : headline;
}

}  // namespace livefix::control
