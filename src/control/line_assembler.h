// Cuts a stream of bytes into lines. Owned by one stream; a plain value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::control {

class LineAssembler {
 public:
  static constexpr std::size_t kMaxLine = 64 * 1024;  // longer lines come in pieces of this size

  // Returns the lines that `bytes` completes, without their "\n". Every other byte stays as it is.
  std::vector<std::string> feed(std::string_view bytes);
  // What came since the last line: a prompt, a progress bar, or the end of the stream.
  const std::string& rest() const { return rest_; }
  std::string take_rest();

 private:
  std::string rest_;
};

}  // namespace livefix::control
