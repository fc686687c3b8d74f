// Where comparisons of two answers say what differs. It is there for one comparison, and either
// collects differences that are no noise, or learns all as noise. Part of answer_diff.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/answer_diff.h"

namespace livefix::observe {

// Of what is at a place; bits of Noise.
enum Kind : std::uint32_t {
  kAbsent = 1U << 0,
  kNull = 1U << 1,
  kBool = 1U << 2,
  kNumber = 1U << 3,
  kString = 1U << 4,
  kArray = 1U << 5,
  kObject = 1U << 6,
  kEmpty = 1U << 7,  // bodies, from here on
  kJson = 1U << 8,
  kText = 1U << 9,
  kBinary = 1U << 10,
};

class DifferenceSink {
 public:
  // Both must outlive the sink.
  DifferenceSink(const Noise& noise, Differences& found) : noise_(noise), found_(&found) {}
  explicit DifferenceSink(Noise& learned) : noise_(learned), learned_(&learned) {}

  // Something differs at `place`. True: it is to be told with tell().
  bool differs(std::string_view place, std::uint32_t before, std::uint32_t after) {
    if (learned_ != nullptr) {
      learned_->add_place(place, before | after);
      return false;
    }
    return !noise_.covers_place(place, after);
  }
  // Whether this would be passed over as noise. While learning nothing is.
  bool is_noise(std::string_view place, std::uint32_t after) const {
    return learned_ == nullptr && noise_.covers_place(place, after);
  }
  bool is_noise_line(std::string_view before, std::string_view after) const {
    return learned_ == nullptr && noise_.covers_line(before, after);
  }
  void learn_line(std::string_view begin, std::string_view end) { learned_->add_line(begin, end); }
  bool learns() const { return learned_ != nullptr; }

  bool has_room() const { return found_->list.size() < Differences::kMax; }
  void tell(Difference difference) {
    if (has_room()) {
      found_->list.push_back(std::move(difference));
    } else {
      ++found_->more;
    }
  }
  void tell_more() { ++found_->more; }

 private:
  const Noise& noise_;
  Differences* found_ = nullptr;
  Noise* learned_ = nullptr;
};

}  // namespace livefix::observe
