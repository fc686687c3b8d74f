// What the ledger says by now: which releases there are, which of them each service runs, and how
// each rollout went. A fold over its records; the driver writes a record down and then enters it
// here. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "control/records.h"

namespace livefix::control {

using WallTime = std::chrono::sys_time<Milliseconds>;

struct RolloutStory {
  RolloutRecord rollout;
  std::string who;
  WallTime began;
  std::vector<std::string> lines;  // what whoever pushed was told
  std::string phase;               // the last one
  std::string outcome;             // "promoted", "taken_back", "refused"; empty: under way
  std::string gate{};
  std::string message{};
  Milliseconds took{};  // 0: nobody has measured it
  bool is_rollback = false;
  std::vector<std::string> symptoms{};    // what became of each
  std::vector<RolloutFigures> figures{};  // old against new, of services that had requests
};

class ReleaseBook {
 public:
  static constexpr std::size_t kStories = 500;  // older ones are in the ledger only

  void enter(const Record& record, std::string_view who, WallTime at);

  const ReleaseRecord* release(std::uint32_t number) const;
  // The one that lies in this directory.
  const ReleaseRecord* release_in(std::string_view directory) const;
  // The one that the service runs, or is to run; nullptr: none yet.
  const ReleaseRecord* kept(std::string_view service) const;
  // The one that it ran before that.
  const ReleaseRecord* kept_before(std::string_view service) const;
  // Whether a service was ever to run it.
  bool was_live(std::uint32_t release) const;
  // Newest last.
  const std::deque<RolloutStory>& stories() const { return stories_; }
  const RolloutStory* story(std::uint32_t id) const;
  // A rollout without an end: whoever was about it is dead.
  const RolloutStory* unfinished() const;
  const std::map<std::uint32_t, ReleaseRecord>& releases() const { return releases_; }
  // Files of a release that were said to have drifted, as in DriftRecord.
  const std::vector<std::string>& drifted(std::uint32_t release) const;
  // Whether a change of tokens is on record.
  bool knows_token_change(std::string_view id) const { return token_changes_.contains(id); }
  // What is on record of the journal of tokens: with which change it ended. 0, "": there was none.
  struct TokenHead {
    std::string change;
    std::uint32_t number = 0;
  };
  const TokenHead& token_head() const { return token_head_; }

  std::uint32_t next_release() const { return last_release_ + 1; }
  std::uint32_t next_rollout() const { return last_rollout_ + 1; }

 private:
  RolloutStory* find(std::uint32_t id);
  void enter_command(const CommandRecord& command);
  void keep(const std::vector<std::string>& services, std::uint32_t release);

  std::map<std::uint32_t, ReleaseRecord> releases_;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> kept_;  // by service, newest last
  std::deque<RolloutStory> stories_;
  std::map<std::uint32_t, std::vector<std::string>> drifted_;  // by release
  // All there ever were: people make them, one by one.
  std::set<std::string, std::less<>> token_changes_;
  TokenHead token_head_;
  std::uint32_t last_release_ = 0;
  std::uint32_t last_rollout_ = 0;
};

}  // namespace livefix::control
