// normalise(): one pass over the line, word by word, without regular expressions: a storm of
// failures comes through here.
#include <algorithm>
#include <array>
#include <cctype>

#include "base/ascii.h"
#include "http/characters.h"
#include "http/route_pattern.h"
#include "observe/error_line.h"
#include "observe/output_line.h"

namespace livefix::observe {
namespace {

using http::is_digit;

constexpr std::size_t kMaxRead = 1'024;  // bytes of a line

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_of_token(char c) {
  constexpr std::string_view kMarks = "_.:/@%+-~$?!#\\";
  return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80 ||
         kMarks.find(c) != kMarks.npos;
}

// A name in code: 'rate', 'user.name', "Content-Type".
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::ranges::any_of(text, is_letter) &&
         std::ranges::all_of(text, [](char c) {
           return is_letter(c) || c == '_' || c == '.' || c == '-' || c == '$';
         });
}

// 'd' stands for a digit: "dd:dd:dd".
bool starts_like(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::equal(shape.begin(), shape.end(), text.begin(),
                    [](char want, char c) { return want == 'd' ? is_digit(c) : want == c; });
}

bool is_time(std::string_view token) {
  return starts_like(token, "dddd-dd-dd") || starts_like(token, "dddd/dd/dd") ||
         starts_like(token, "dd:dd:dd") || starts_like(token, "d:dd:dd") ||
         (token.size() > 11 && starts_like(token, "dd/") && token[6] == '/' &&
          starts_like(token.substr(7), "dddd"));
}

bool is_zone(std::string_view token) {
  return starts_like(token, "+dddd") || starts_like(token, "-dddd") || token == "UTC";
}

bool is_email(std::string_view token) {
  const auto at = token.find('@');
  return at != token.npos && at > 0 && token.find('@', at + 1) == token.npos &&
         token.find('.', at + 2) != token.npos && token.find_first_of("/:") == token.npos;
}

bool is_ipv4(std::string_view token) {
  token = token.substr(0, token.find(':'));
  return std::ranges::count(token, '.') == 3 && is_digit(token.front()) && is_digit(token.back()) &&
         std::ranges::all_of(token, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_ipv6(std::string_view token) {
  return std::ranges::count(token, ':') >= 2 && token.size() >= 3 &&
         (token.starts_with("::") || std::ranges::any_of(token, is_digit)) &&
         std::ranges::any_of(token, is_alphanumeric) &&
         std::ranges::all_of(token, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

// Of letters and digits alone.
std::string normal_word(std::string_view word) {
  const auto digits = static_cast<std::size_t>(std::ranges::count_if(word, is_digit));
  if (digits == 0) return std::string(word);
  if (digits == word.size()) return "<n>";
  const auto first_digit =
      static_cast<std::size_t>(std::ranges::find_if(word, is_digit) - word.begin());
  const std::string_view letters = word.substr(0, first_digit);
  if (digits + letters.size() == word.size()) {
    // E11000, TS2304, P2002: the name of an error. utf8, sha256, http2: a name, too.
    constexpr std::array<std::string_view, 6> kSizes{"16", "32", "64", "128", "256", "512"};
    const std::string_view number = word.substr(first_digit);
    const bool is_code = std::ranges::all_of(letters, is_upper) && digits <= 5;
    const bool is_name = digits == 1 || std::ranges::find(kSizes, number) != kSizes.end();
    if (is_code || is_name) return std::string(word);
    return std::string(letters) + "<n>";
  }
  const bool is_hexadecimal = word.size() >= 6 && std::ranges::all_of(word, is_hex);
  if (is_hexadecimal || word.size() >= 12 || word.starts_with("0x")) return "<id>";
  std::string normal;  // 12ms, 3x4
  for (std::size_t at = 0; at < word.size();) {
    std::size_t end = at;
    while (end < word.size() && is_digit(word[end])) ++end;
    if (end > at) {
      normal += "<n>";
      at = end;
    } else {
      normal += word[at++];
    }
  }
  return normal;
}

// Between the slashes and colons of a token.
std::string normal_part(std::string_view part) {
  if (part.empty()) return {};
  const bool is_plain = std::ranges::all_of(
      part, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
  const bool has_digit = std::ranges::any_of(part, is_digit);
  if (is_plain && has_digit && std::ranges::none_of(part, is_letter)) return "<n>";
  if (is_plain && http::looks_like_id(part)) return "<id>";
  const bool is_mixed = has_digit && std::ranges::any_of(part, is_upper) &&
                        std::ranges::any_of(part, [](char c) { return c >= 'a' && c <= 'z'; });
  if (part.size() >= 32 && is_mixed) return "<id>";
  std::string normal;
  for (std::size_t at = 0; at < part.size();) {
    std::size_t end = at;
    while (end < part.size() && is_alphanumeric(part[end])) ++end;
    if (end > at) {
      normal += normal_word(part.substr(at, end - at));
      at = end;
    } else {
      normal += part[at++];
    }
  }
  return normal;
}

// Where the way to a release's own files ends: behind /releases/ID. 0 when there is none.
std::size_t release_end(std::string_view path) {
  constexpr std::string_view kFolder = "/releases/";
  const auto folder = path.rfind(kFolder);
  if (folder == path.npos) return 0;
  const std::size_t id = folder + kFolder.size();
  return path.substr(id, 1).empty() ? 0 : std::min(path.size(), path.find('/', id));
}

std::string normal_token(std::string_view token) {
  if (token.find("://") != token.npos) return "<url>";
  if (is_email(token)) return "<email>";
  if (is_ipv4(token) || is_ipv6(token)) return "<address>";
  std::string normal;
  if (token.starts_with('/')) {
    if (const std::size_t end = release_end(token); end > 0) {
      normal = "<release>";
      token.remove_prefix(end);
    }
  }
  while (!token.empty()) {
    const std::size_t end = std::min(token.size(), token.find_first_of("/:@?\\"));
    normal += normal_part(token.substr(0, end));
    if (end < token.size()) normal += token[end];
    token.remove_prefix(std::min(token.size(), end + 1));
  }
  return normal;
}

class Pattern {
 public:
  Pattern(std::string_view text, Quoted quoted) : text_(text), quoted_(quoted) {}

  std::string take() {
    while (at_ < text_.size() && !full_) {
      const char c = text_[at_];
      if (c == ' ') {
        ++at_;
        if (!out_.empty() && !out_.ends_with(' ')) add(" ");
      } else if (is_quote(c) && opens_here() && take_quoted()) {
        continue;
      } else if (is_of_token(c)) {
        take_token();
      } else {
        ++at_;
        add(std::string_view(&c, 1));
      }
    }
    while (out_.ends_with(' ')) out_.pop_back();
    return std::move(out_);
  }

 private:
  static bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }

  void add(std::string_view piece) {
    full_ = out_.size() + piece.size() > kMaxErrorPattern;
    out_ += full_ ? "..." : piece;
  }

  // Not the apostrophe of "can't".
  bool opens_here() const { return at_ == 0 || !is_alphanumeric(text_[at_ - 1]); }

  bool take_quoted() {
    const char quote = text_[at_];
    // Where none closed before, none will.
    bool& hopeless = hopeless_[quote == '\'' ? 0 : quote == '"' ? 1 : 2];
    if (hopeless) return false;
    std::size_t end = at_ + 1;
    for (; end < text_.size(); ++end) {
      if (quote == '"' && text_[end] == '\\') {
        ++end;
        continue;
      }
      const bool closes = text_[end] == quote || (quote == '`' && text_[end] == '\'');
      const char after = end + 1 < text_.size() ? text_[end + 1] : ' ';
      if (closes && !is_alphanumeric(after)) break;
    }
    if (end >= text_.size()) {
      hopeless = true;
      return false;
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
    const bool kept = quoted_ == Quoted::words_kept && is_word(inner);
    std::string piece(1, quote);
    piece += kept ? inner : "<value>";
    add(piece += text_[end]);
    at_ = end + 1;
    return true;
  }

  void take_token() {
    std::size_t end = at_;
    while (end < text_.size() && is_of_token(text_[end])) ++end;
    // What ends a sentence is not part of its last word.
    std::size_t size = end - at_;
    while (size > 0 && std::string_view(".:?!").find(text_[at_ + size - 1]) != std::string::npos) {
      --size;
    }
    const std::string_view token = text_.substr(at_, size);
    const std::string_view rest = text_.substr(at_ + size, end - at_ - size);
    if (token.find("://") != token.npos) {
      end = std::min(text_.size(), text_.find_first_of(" '\"`<>)", at_));
      at_ = end;
      return add("<url>");
    }
    at_ = end;
    const bool goes_on = out_.ends_with("<time> ");
    if (goes_on && (is_time(token) || is_zone(token))) {
      out_.pop_back();
      skip_fraction();
    } else if (is_time(token)) {
      add("<time>");
      skip_fraction();
    } else if (!token.empty()) {
      add(normal_token(token));
    }
    if (!rest.empty() && !full_) add(rest);
  }

  // Python's ",123" behind a time.
  void skip_fraction() {
    if (!text_.substr(at_).starts_with(',')) return;
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end > at_ + 1) at_ = end;
  }

  const std::string_view text_;
  const Quoted quoted_;
  std::size_t at_ = 0;
  std::array<bool, 3> hopeless_{};
  bool full_ = false;
  std::string out_;
};

}  // namespace

std::string normalise(std::string_view line, Quoted quoted) {
  return Pattern(printable(plain(line.substr(0, kMaxRead)), kMaxRead), quoted).take();
}

}  // namespace livefix::observe
