// Says once what became of symptoms with a rollout: to whoever pushed, to the operator, and to the
// ledger; and of one that was promoted once more a while later, when there are more requests to go
// by. Of a rollback only then: what the older release had before is no news. Owned by RunWorld, on
// the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/announcer.h"
#include "control/release_office.h"
#include "control/symptom_verdicts.h"

namespace livefix::control {

struct EndedRollout {
  std::uint32_t id = 0;
  std::string name;  // "7f3c2d1"
  std::vector<ReleaseChange> changes;
  bool promoted = false;  // or taken back
  bool rollback = false;  // to what ran before; nobody was told anything yet
};

class RolloutSymptoms {
 public:
  // After all traffic went to the new release.
  static constexpr std::chrono::seconds kJudgedAgain{60};
  static constexpr std::size_t kMostTold = 5;
  static constexpr std::size_t kMostRecorded = 100;

  using Judge = std::function<std::vector<JudgedSymptom>(std::span<const ReleaseChange>)>;

  // All must outlive this.
  RolloutSymptoms(boost::asio::io_context& context, ReleaseOffice& office, Judge judge,
                  Announcer announcer, std::chrono::milliseconds again = kJudgedAgain);

  // Of each symptom that is gone with a release that runs on, by its id.
  void on_gone(std::function<void(std::string_view)> callback) { on_gone_ = std::move(callback); }
  // Lines for whoever pushed.
  std::vector<std::string> judge(const EndedRollout& rollout);

 private:
  void wait_for_requests(const EndedRollout& rollout);
  std::vector<std::string> tell(const EndedRollout& rollout, std::string_view when);
  void announce(const EndedRollout& rollout, std::string_view when,
                const std::vector<JudgedSymptom>& judged,
                const std::vector<std::string>& lines) const;
  void judge_again();

  ReleaseOffice& office_;
  const Judge judge_;
  std::function<void(std::string_view)> on_gone_;
  const Announcer announcer_;
  const std::chrono::milliseconds again_;
  boost::asio::steady_timer timer_;
  std::optional<EndedRollout> promoted_;  // and not judged again yet
};

}  // namespace livefix::control
