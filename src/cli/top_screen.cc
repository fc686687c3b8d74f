#include "cli/top_screen.h"

// Its macros have names like `move` and `clear`.
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace livefix::cli {
namespace {

constexpr auto kOtherwise = "for figures without one write: livefix status --json";

struct Key {
  int code;
  TopKey key;
};

constexpr int kEscape = 27;
constexpr std::array<Key, 20> kKeyCodes{
    {{'q', TopKey::quit},        {'p', TopKey::pause},     {'r', TopKey::resume},
     {'P', TopKey::promote},     {'a', TopKey::abort},     {'R', TopKey::rollback},
     {'y', TopKey::yes},         {'Y', TopKey::yes},       {'?', TopKey::help},
     {'h', TopKey::help},        {'k', TopKey::up},        {'j', TopKey::down},
     {'\t', TopKey::tab},        {'\n', TopKey::enter},    {'\r', TopKey::enter},
     {KEY_ENTER, TopKey::enter}, {KEY_UP, TopKey::up},     {KEY_DOWN, TopKey::down},
     {KEY_BTAB, TopKey::tab},    {kEscape, TopKey::escape}}};

struct Colour {
  TopStyle style;
  short colour;
};

constexpr std::array<Colour, 3> kColours{
    {{TopStyle::good, COLOR_GREEN}, {TopStyle::warning, COLOR_YELLOW}, {TopStyle::bad, COLOR_RED}}};

short pair_of(TopStyle style) {
  return static_cast<short>(static_cast<int>(style) + 1);
}

// https://no-color.org
bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return !no_colour || *no_colour == '\0';
}

std::string terminal_name() {
  const char* name = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): as above
  return name ? name : "";
}

}  // namespace

struct TopScreen::Parts {
  SCREEN* screen = nullptr;
  bool colour = false;
  bool is_utf8 = false;

  ~Parts() {
    endwin();
    delscreen(screen);
  }

  attr_t attributes_of(TopStyle style) const {
    switch (style) {
      case TopStyle::title:
        return A_BOLD;
      case TopStyle::faint:
        return A_DIM;
      case TopStyle::chosen:
        return A_REVERSE;
      case TopStyle::warning:
      case TopStyle::bad:
        return colour ? A_NORMAL : A_BOLD;
      case TopStyle::good:
      case TopStyle::plain:
        break;
    }
    return A_NORMAL;
  }
  void use(TopStyle style) const {
    const bool is_coloured =
        colour && std::ranges::find(kColours, style, &Colour::style) != kColours.end();
    wattr_set(stdscr, attributes_of(style), is_coloured ? pair_of(style) : short{0}, nullptr);
  }
};

TopScreen::TopScreen(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TopScreen::~TopScreen() = default;
TopScreen::TopScreen(TopScreen&&) noexcept = default;

Result<TopScreen> TopScreen::open() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return fail("livefix top draws on a terminal, and this is none; {}", kOtherwise);
  }
  const std::string name = terminal_name();
  if (name.empty()) return fail("TERM does not say which terminal this is; {}", kOtherwise);
  setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): one thread yet
  SCREEN* const taken = newterm(nullptr, stdout, stdin);
  if (!taken) {
    return fail("nothing is known here of the terminal \"{}\" (TERM); {}", name, kOtherwise);
  }
  auto parts = std::make_unique<Parts>();
  parts->screen = taken;
  // What cannot move its cursor (TERM=dumb) can show no figures that change in their places.
  const char* const moves = tigetstr("cup");
  if (!moves || moves == reinterpret_cast<char*>(-1)) {
    return fail("the terminal \"{}\" (TERM) cannot draw in one place; {}", name, kOtherwise);
  }
  parts->is_utf8 = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  constexpr int kAlone = 50;  // milliseconds until an Escape is one, and no arrow
  set_escdelay(kAlone);
  cbreak();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  if (wants_colour() && has_colors() && start_color() == OK) {
    use_default_colors();
    for (const Colour& one : kColours) init_pair(pair_of(one.style), one.colour, -1);
    parts->colour = true;
  }
  TopScreen screen(std::move(parts));
  screen.resize();
  return screen;
}

TopSize TopScreen::size() const {
  return {static_cast<std::size_t>(std::max(getmaxy(stdscr), 0)),
          static_cast<std::size_t>(std::max(getmaxx(stdscr), 0))};
}

bool TopScreen::utf8() const {
  return parts_->is_utf8;
}

void TopScreen::resize() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
  resizeterm(size.ws_row, size.ws_col);
  clearok(stdscr, TRUE);
}

void TopScreen::draw(const std::vector<TopLine>& lines) {
  werase(stdscr);
  for (std::size_t row = 0; row < lines.size(); ++row) {
    if (wmove(stdscr, static_cast<int>(row), 0) == ERR) break;
    for (const TopSpan& span : lines[row]) {
      parts_->use(span.style);
      waddnstr(stdscr, span.text.c_str(), -1);
    }
  }
  parts_->use(TopStyle::plain);
  wrefresh(stdscr);
}

std::optional<TopKey> TopScreen::next_key() {
  const int code = wgetch(stdscr);
  if (code == ERR || code == KEY_RESIZE) return std::nullopt;
  const auto* found = std::ranges::find(kKeyCodes, code, &Key::code);
  return found == kKeyCodes.end() ? TopKey::other : found->key;
}

}  // namespace livefix::cli
