#include "observe/failure_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/ascii.h"
#include "http/characters.h"
#include "observe/output_line.h"

namespace livefix::observe {
namespace {

constexpr std::size_t kMaxLines = 5;
constexpr std::size_t kMaxWidth = 400;
constexpr std::size_t kMaxMessageLines = 8;  // of an error, above its frames
constexpr std::string_view kCause = "Caused by: ";

// Written without std::regex: it recurses once a character, and these lines can be long.

using http::is_digit;

// "TypeError", "java.lang.IllegalStateException", "sqlalchemy.exc.OperationalError".
bool is_error_kind(std::string_view word) {
  if (word.empty() || is_digit(word.front())) return false;
  return word.ends_with("Error") || word.ends_with("Exception") || word.ends_with("Throwable");
}

bool is_kind_character(char c) {
  return is_alphanumeric(c) || c == '_' || c == '.' || c == ':' || c == '$' || c == '\\';
}

class Summary {
 public:
  Summary(const std::vector<std::string>& lines, std::string_view directory)
      : directory_(directory) {
    for (const std::string& line : lines) lines_.push_back(plain(line));
  }

  std::optional<Headline> headline(bool compilers_too) {
    // Whatever speaks last is what ended the program. Of two that speak of the same line, the later
    // here knows more about it.
    stack();
    node();
    ruby();
    python();
    go_panic();
    rust();
    if (compilers_too) compiler();
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
  std::string place_text(const std::optional<Place>& place) const {
    return place ? fmt::format("{}:{}", relative(place->file), place->line) : std::string();
  }
  std::string with_place(std::string_view headline, const std::optional<Place>& place) const {
    if (!place) return shortened(headline);
    return fmt::format("{} ({})", shortened(headline), place_text(place));
  }
  void offer(std::size_t at, std::string_view text, const std::optional<Place>& place,
             std::vector<std::string> more = {}) {
    if (best_ && at < best_->at) return;
    best_ = Headline{at, shortened(text), place_text(place), std::move(more)};
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
          offer(next, text, place);
          break;
        }
      }
    }
  }
  static bool is_syntax(std::string_view text) { return text.starts_with("SyntaxError"); }
  // The first stack frame in the service's own code.
  std::optional<Place> node_frame(std::size_t from) const {
    for (std::size_t at = from; at < std::min(lines_.size(), from + 30); ++at) {
      std::string_view text = trimmed(lines_[at]);
      if (text.starts_with("Node.js v")) break;
      if (!text.starts_with("at ")) continue;
      if (text.ends_with(" {")) text.remove_suffix(2);  // fields of the error follow
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
    std::optional<Place> place;
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
          place = Place{std::string(file), std::string(digits.substr(0, length))};
        }
      } else if (in_trace && !text.empty() && !lines_[at].starts_with(' ')) {
        in_trace = false;
        offer(at, text, place);
        place.reset();
      }
    }
  }

  // `panic: message`, then `goroutine 1 [running]:` and `<tab>/path/main.go:3 +0x65`. net/http
  // goes on after one: `2026/11/26 10:00:00 http: panic serving 127.0.0.1:5: message`.
  void go_panic() {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const std::string text = go_message(lines_[at]);
      if (text.empty()) continue;
      std::optional<Place> place;
      for (std::size_t next = at + 1; next < lines_.size() && !place; ++next) {
        std::string_view frame = trimmed(lines_[next]);
        if (!lines_[next].starts_with('\t')) continue;
        frame = frame.substr(0, frame.find(' '));
        place = parse_place(frame);
        if (place && !is_own(place->file)) place.reset();
      }
      offer(at, text, place);
    }
  }
  static std::string go_message(std::string_view line) {
    if (line.starts_with("panic: ") || line.starts_with("fatal error: ")) return std::string(line);
    constexpr std::string_view served = "http: panic serving ";
    const auto serving = line.find(served);
    if (serving == std::string_view::npos) return {};
    const auto message = line.find(": ", serving + served.size());
    if (message == std::string_view::npos) return {};
    return fmt::format("panic: {}", line.substr(message + 2));
  }

  // `a.b.SomeException: message` or `TypeError: message`, wherever in a line, and frames below it:
  // `    at f (/srv/cart.js:4:7)`, `	at a.B.c(B.java:4)`, then perhaps `Caused by: ...`. Between
  // the two may be more lines of the message.
  void stack() {
    for (std::size_t at = 1; at < lines_.size(); ++at) {
      if (!is_frame(lines_[at]) || is_frame(lines_[at - 1])) continue;
      const std::size_t head = head_above(at);
      if (head == at) continue;
      const std::string_view text = from_error_kind(lines_[head]);
      if (trimmed(lines_[head]).starts_with(kCause)) continue;
      const bool is_java = lines_[at].starts_with('\t');
      std::vector<std::string> more;
      for (std::size_t next = at; is_java && next < lines_.size() && is_of_trace(next); ++next) {
        if (lines_[next].starts_with(kCause) && more.size() + 1 < kMaxLines) {
          more.push_back(with_place(lines_[next], java_frame(next + 1)));
        }
      }
      offer(head, text, is_java ? java_frame(at) : node_frame(at), std::move(more));
    }
  }
  static bool is_frame(std::string_view line) {
    return (line.starts_with("    at ") || line.starts_with("\tat ")) && line.size() > 8;
  }
  bool is_of_trace(std::size_t at) const {
    return is_frame(lines_[at]) || lines_[at].starts_with(kCause) ||
           trimmed(lines_[at]).starts_with("...");
  }
  // The line that names the error; `frame` when there is none.
  std::size_t head_above(std::size_t frame) const {
    for (std::size_t back = 1; back <= std::min(frame, kMaxMessageLines); ++back) {
      const std::string& line = lines_[frame - back];
      if (is_frame(line)) break;
      if (!from_error_kind(line).empty()) return frame - back;
    }
    return frame;
  }
  std::optional<Place> java_frame(std::size_t from) const {
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

  // `app.rb:5:in `f': message (NoMethodError)`, or `NoMethodError - message:` and below it
  // `	app.rb:5:in `f'`, which is what frameworks print.
  void ruby() {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const auto place = ruby_frame(lines_[at]);
      if (!place) continue;
      const std::string_view line = lines_[at];
      const auto message = line.find("': ");
      if (message != std::string_view::npos && line.ends_with(')')) {
        offer(at, line.substr(message + 3), is_own(place->file) ? place : std::nullopt);
      } else if (at > 0 && !ruby_frame(lines_[at - 1])) {
        std::size_t head = at - 1;
        if (head > 0 && trimmed(lines_[head]).empty()) --head;
        std::string_view text = from_error_kind(lines_[head]);
        if (text.ends_with(':')) text.remove_suffix(1);
        if (!text.empty()) offer(head, text, is_own(place->file) ? place : std::nullopt);
      }
    }
  }
  static std::optional<Place> ruby_frame(std::string_view line) {
    auto in = line.find(":in `");
    if (in == std::string_view::npos) in = line.find(":in '");
    return in == std::string_view::npos ? std::nullopt : parse_place(trimmed(line.substr(0, in)));
  }

  // `thread 'main' panicked at src/main.rs:4:5:` and the message below it; before Rust 1.73
  // `thread 'main' panicked at 'message', src/main.rs:4:5`.
  void rust() {
    constexpr std::string_view said = " panicked at ";
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const std::string_view line = lines_[at];
      const auto panicked = line.find(said);
      if (!line.starts_with("thread '") || panicked == std::string_view::npos) continue;
      const std::string_view rest = line.substr(panicked + said.size());
      const auto quote = rest.rfind("', ");
      if (rest.starts_with('\'') && quote != std::string_view::npos && quote > 0) {
        offer(at, fmt::format("panic: {}", rest.substr(1, quote - 1)),
              parse_place(rest.substr(quote + 3)));
      } else if (rest.ends_with(':') && at + 1 < lines_.size()) {
        offer(at + 1, fmt::format("panic: {}", trimmed(lines_[at + 1])),
              parse_place(rest.substr(0, rest.size() - 1)));
      }
    }
  }

  // `./main.go:3:3: message`, `B.java:1: error: message`: the first ones, as a compiler's later
  // errors are often the consequence of its first.
  void compiler() {
    std::vector<std::string> more;
    std::string first;
    std::optional<Place> first_place;
    std::size_t last = 0;
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const std::string_view text = lines_[at];
      const auto colon = text.find(": ");
      if (colon == std::string_view::npos || text.substr(0, colon).find(' ') != text.npos) continue;
      const auto place = parse_place(text.substr(0, colon));
      if (!place || place->file.find("//") != std::string::npos) continue;
      if (first.empty()) {
        first = text.substr(colon + 2);
        first_place = place;
      } else if (more.size() + 1 < kMaxLines) {
        more.push_back(with_place(text.substr(colon + 2), place));
      } else {
        continue;
      }
      last = at;
    }
    if (!first.empty()) offer(last, first, first_place, std::move(more));
  }

  const std::string_view directory_;
  std::vector<std::string> lines_;
  std::optional<Headline> best_;
};

}  // namespace

std::optional<Headline> find_last_headline(const std::vector<std::string>& lines,
                                           std::string_view directory) {
  return Summary(lines, directory).headline(false);
}

std::vector<std::string> find_headline(const std::vector<std::string>& lines,
                                       std::string_view directory) {
  auto headline = Summary(lines, directory).headline(true);
  if (!headline) return {};
  std::vector<std::string> summary{headline->place.empty()
                                       ? std::move(headline->text)
                                       : fmt::format("{} ({})", headline->text, headline->place)};
  std::ranges::move(headline->more, std::back_inserter(summary));
  return summary;
}

std::vector<std::string> summarize_failure(const std::vector<std::string>& lines,
                                           std::string_view directory) {
  std::vector<std::string> headline = find_headline(lines, directory);
  return headline.empty() ? Summary(lines, directory).last_lines() : headline;
}

std::string_view from_error_kind(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    if (!is_kind_character(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && is_kind_character(line[end])) ++end;
    const std::size_t size = line.substr(at, end - at).find_last_not_of(":.") + 1;
    const bool goes_on = end == line.size() || line[end - 1] == ':' ||
                         line.substr(end).starts_with(" [") ||
                         line.substr(end).starts_with(" - ") || line.substr(end).starts_with(" (");
    if (goes_on && is_error_kind(line.substr(at, size))) return trimmed(line.substr(at));
    at = end;
  }
  return {};
}

}  // namespace livefix::observe
