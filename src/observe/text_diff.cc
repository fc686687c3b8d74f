#include "observe/text_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/ascii.h"
#include "observe/output_line.h"

namespace livefix::observe {
namespace {

constexpr std::size_t kMaxShownOfLine = 100;  // bytes of a line
constexpr std::size_t kLongLine = 160;        // bytes; longer ones are taken in pieces
constexpr std::size_t kTellingLetters = 8;  // that what a line begins with must have to know it by
constexpr std::string_view kLineCount = "number of lines";

struct Piece {
  std::string_view text;
  std::size_t line = 0;   // from 1
  std::size_t index = 0;  // of all pieces
};

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.size(), text.find('\n'));
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.size() > kLongLine) {
      const std::size_t cut = line.find_first_of(">,;}");
      if (cut == std::string_view::npos) break;
      pieces.push_back({line.substr(0, cut + 1), number, pieces.size()});
      line.remove_prefix(cut + 1);
    }
    pieces.push_back({line, number, pieces.size()});
  }
  return pieces;
}

// What both begin and end with, by whole words: 12:00:01 and 12:00:07 have 12:00:0 in common, but
// the next time will not begin so.
struct Frame {
  std::string_view begin;
  std::string_view end;
};

Frame frame_of(std::string_view a, std::string_view b) {
  const auto first = std::ranges::mismatch(a, b);
  std::size_t begin = static_cast<std::size_t>(first.in1 - a.begin());
  // Colons and points are inside of times and numbers.
  const auto inside = [](char c) { return is_alphanumeric(c) || c == ':' || c == '.' || c == '-'; };
  while (begin > 0 && inside(a[begin - 1])) --begin;
  std::size_t end = 0;
  const std::size_t most = std::min(a.size(), b.size()) - begin;
  while (end < most && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  while (end > 0 && inside(a[a.size() - end])) --end;
  return {a.substr(0, begin), a.substr(a.size() - end)};
}

class TextWalk {
 public:
  TextWalk(std::string_view before, std::string_view after, DifferenceSink& sink)
      : before_(pieces_of(before)), after_(pieces_of(after)), sink_(sink) {}

  void compare() {
    const std::size_t shorter = std::min(before_.size(), after_.size());
    std::size_t begin = 0;
    std::size_t end = 0;
    while (begin < shorter && are_alike(before_[begin], after_[begin])) ++begin;
    while (end < shorter - begin &&
           are_alike(before_[before_.size() - 1 - end], after_[after_.size() - 1 - end])) {
      ++end;
    }
    const std::size_t longer = std::max(before_.size(), after_.size());
    for (std::size_t at = begin; at < longer - end; ++at) {
      const Piece* old_piece = at < before_.size() - end ? &before_[at] : nullptr;
      const Piece* new_piece = at < after_.size() - end ? &after_[at] : nullptr;
      if (old_piece != nullptr && new_piece != nullptr) {
        if (!are_alike(*old_piece, *new_piece)) changed(*old_piece, *new_piece);
      } else {
        came_or_went(old_piece, new_piece);
      }
    }
  }

 private:
  static std::string place_of(const Piece& piece) { return fmt::format("piece {}", piece.index); }

  bool are_alike(const Piece& before, const Piece& after) const {
    return before.text == after.text || sink_.is_noise_line(before.text, after.text) ||
           sink_.is_noise(place_of(before), kText);
  }

  void changed(const Piece& before, const Piece& after) {
    if (sink_.learns()) {
      const Frame frame = frame_of(before.text, after.text);
      // By little that it begins with many lines could be meant: then it is this one.
      if (std::ranges::count_if(frame.begin, is_alphanumeric) >=
          static_cast<std::ptrdiff_t>(kTellingLetters)) {
        sink_.learn_line(frame.begin, frame.end);
      } else {
        sink_.differs(place_of(before), kText, kText);
      }
      return;
    }
    tell(before.line, &before, &after);
  }

  void came_or_went(const Piece* before, const Piece* after) {
    const Piece& piece = before != nullptr ? *before : *after;
    if (sink_.differs(kLineCount, kText, kText)) tell(piece.line, before, after);
  }

  void tell(std::size_t line, const Piece* before, const Piece* after) {
    if (!sink_.has_room()) return sink_.tell_more();
    const auto shown = [](const Piece* piece) {
      return piece == nullptr ? "absent"
                              : fmt::format("\"{}\"", printable(piece->text, kMaxShownOfLine));
    };
    sink_.tell({Aspect::line, fmt::format("line {}", line), {}, shown(before), shown(after)});
  }

  const std::vector<Piece> before_;
  const std::vector<Piece> after_;
  DifferenceSink& sink_;
};

}  // namespace

void compare_text(std::string_view before, std::string_view after, DifferenceSink& sink) {
  TextWalk(before, after, sink).compare();
}

}  // namespace livefix::observe
