// What programs wrote last: of each unit its newest lines, with when and where they were written,
// and of units that are gone those of the last few. Whoever follows gets each further line as it
// comes. Lines are a program's own bytes. In memory only: a control that is killed takes them
// along. Owned by RunWorld, used on the driver's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "control/console.h"

namespace livefix::control {

struct LoggedLine {
  std::chrono::system_clock::time_point time;
  std::uint64_t serial = 0;  // grows by one with each line of any unit
  Stream stream = Stream::output;
  std::string text;  // without its end
};

// Which lines are meant.
struct LogFilter {
  std::optional<std::size_t> service_index;  // nothing: all
  std::string generation;                    // "3", the id of a unit, or a release; empty: all
};

class ProgramLog {
 public:
  using SystemTime = std::chrono::system_clock::time_point;

  // Of each unit.
  static constexpr std::size_t kMostLines = 1'000;
  static constexpr std::size_t kMostBytes = 256 * 1024;
  // Of all services together; the oldest go first.
  static constexpr std::size_t kEndedUnits = 8;

  struct Unit {
    UnitId id{};
    std::size_t service_index = 0;
    std::string label;  // "7f3c2d1", "build 7f3c2d1"
    std::deque<LoggedLine> lines{};
    std::size_t bytes = 0;
    SystemTime forgotten{};  // the newest line that had to go
  };
  struct Entry {
    const Unit& unit;
    const LoggedLine& line;
  };
  struct Follower {
    std::function<void(const Entry&)> on_line;
    std::function<void()> on_end;  // there is no more, of anybody
  };

  void begin(UnitId id, std::size_t service_index, std::string label);
  // Of units that were begun; else nothing happens.
  void add(UnitId id, Stream stream, std::string line);
  // It writes no more.
  void end(UnitId id);

  // The newest `most` of those that are meant, oldest first. Valid until the next line.
  std::vector<Entry> newest(const LogFilter& filter, std::size_t most) const;
  std::vector<std::string> newest_of(UnitId id, std::size_t most) const;
  // What a unit wrote from then to then, oldest first: the newest `most` of it. Nothing: of then no
  // lines are kept any more, or it is not known.
  std::optional<std::vector<std::string>> between(UnitId id, SystemTime from, SystemTime to,
                                                  std::size_t most) const;
  // "3 (7f3c2d1)" of each unit whose lines are kept.
  std::vector<std::string> names() const;
  bool has(const LogFilter& filter) const;

  // on_line may call unfollow(), also of itself.
  std::uint64_t follow(LogFilter filter, Follower follower);
  void unfollow(std::uint64_t id);
  // All programs have ended, and so do those who follow.
  void close();

 private:
  struct Following {
    LogFilter filter;
    Follower follower;
  };

  std::map<UnitId, Unit> units_;
  std::deque<UnitId> ended_;  // oldest first
  std::map<std::uint64_t, Following> followers_;
  std::uint64_t last_follower_ = 0;
  std::uint64_t last_serial_ = 0;
};

}  // namespace livefix::control
