// Appends to a buffer of the caller; what does not fit is remembered as an overflow.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace livefix::http {

class HeadWriter {
 public:
  explicit HeadWriter(std::span<char> out) : out_(out) {}

  HeadWriter& operator<<(std::string_view text) {
    if (text.size() > out_.size() - size_) {
      overflow_ = true;
    } else if (!text.empty()) {
      std::memcpy(out_.data() + size_, text.data(), text.size());
      size_ += text.size();
    }
    return *this;
  }
  HeadWriter& operator<<(std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }
  void field(std::string_view name, std::string_view value) {
    *this << name << ": " << value << "\r\n";
  }

  // 0 when it did not all fit.
  std::size_t size() const { return overflow_ ? 0 : size_; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool overflow_ = false;
};

}  // namespace livefix::http
