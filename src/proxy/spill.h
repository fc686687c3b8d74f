// Bytes that had to wait: they came too early, or there was no room for them. Costs a pointer
// while there are none, because most connections never need it. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace livefix::proxy {

class Spill {
 public:
  bool empty() const { return !content_; }
  std::size_t size() const { return view().size(); }
  std::string_view view() const {
    return content_ ? std::string_view(content_->bytes).substr(content_->at) : std::string_view{};
  }
  // The same bytes, for who rewrites them in place.
  char* data() { return content_ ? content_->bytes.data() + content_->at : nullptr; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (!content_) content_ = std::make_unique<Content>();
    // What is used up may never be all of it, while more comes: an upload that the program takes
    // slower than it arrives.
    if (content_->at > content_->bytes.size() / 2) {
      content_->bytes.erase(0, std::exchange(content_->at, 0));
    }
    content_->bytes.append(bytes);
  }
  // `bytes` may lie in what is replaced.
  void assign(std::string_view bytes) {
    std::unique_ptr<Content> before = std::move(content_);
    append(bytes);
  }
  void drop_front(std::size_t count) {
    if (count == 0) return;
    content_->at += count;
    if (content_->at == content_->bytes.size()) content_.reset();
  }
  void clear() { content_.reset(); }

 private:
  struct Content {
    std::string bytes;
    std::size_t at = 0;
  };
  std::unique_ptr<Content> content_;  // never without bytes
};

}  // namespace livefix::proxy
