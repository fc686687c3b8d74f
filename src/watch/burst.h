// The quiet period: events of one save, or of one checkout, belong together. Pure: times come in.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace livefix::watch {

class Burst {
 public:
  // One save is over quickly; a checkout or a formatter touches file after file.
  static constexpr Milliseconds kQuietOne{8};
  static constexpr Milliseconds kQuietMany{30};
  // How much longer an empty or missing file may be the middle of a save.
  static constexpr Milliseconds kSettle{50};
  // A burst that never ends is taken nevertheless.
  static constexpr Milliseconds kLongest{1000};

  void touch(std::string path, TimePoint now);
  // A file was created and is being written; a later touch() ends that.
  void opened(const std::string& path, TimePoint now);
  // Whatever is being written below a directory went away with it.
  void closed_below(std::string_view directory);

  bool under_way() const { return !paths_.empty() || !being_written_.empty(); }
  std::optional<TimePoint> due() const;
  // It looked unfinished: waits once more. False when it has waited for that already.
  bool settle(TimePoint now);

  const std::set<std::string>& paths() const { return paths_; }
  std::set<std::string> take();

 private:
  void happened(TimePoint now);

  std::set<std::string> paths_;
  std::set<std::string> being_written_;
  TimePoint first_;
  TimePoint last_;
  bool settling_ = false;
};

}  // namespace livefix::watch
