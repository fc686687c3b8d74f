// The terminal of `livefix top`: draws lines, reads keys, and leaves the terminal as it was when it
// goes. One at a time; the command's thread. ncurses is behind it, in one translation unit.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "cli/top_model.h"
#include "cli/top_view.h"

namespace livefix::cli {

class TopScreen {
 public:
  // Takes the terminal over. The error says what is missing, and what to do instead.
  static Result<TopScreen> open();
  ~TopScreen();
  TopScreen(TopScreen&&) noexcept;
  TopScreen& operator=(TopScreen&&) = delete;

  TopSize size() const;
  bool utf8() const;
  void draw(const std::vector<TopLine>& lines);
  // The terminal has another size.
  void resize();
  // The next key that was pressed; nullopt: none waits.
  std::optional<TopKey> next_key();

 private:
  struct Parts;
  explicit TopScreen(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace livefix::cli
