#include "control/rollout_symptoms.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <utility>

#include "base/duration_text.h"

namespace livefix::control {

RolloutSymptoms::RolloutSymptoms(boost::asio::io_context& context, ReleaseOffice& office,
                                 Judge judge, Announcer announcer, std::chrono::milliseconds again)
    : office_(office),
      judge_(std::move(judge)),
      announcer_(std::move(announcer)),
      again_(again),
      timer_(context) {}

std::vector<std::string> RolloutSymptoms::judge(const EndedRollout& rollout) {
  if (rollout.changes.empty()) return {};
  if (!rollout.promoted) return tell(rollout, SymptomsRecord::kTakenBack);
  // Another one is there before its time: what can be said of the one before is said now.
  if (promoted_) judge_again();
  std::vector<std::string> lines;
  if (!rollout.rollback) lines = tell(rollout, SymptomsRecord::kPromoted);
  wait_for_requests(rollout);
  return lines;
}

void RolloutSymptoms::wait_for_requests(const EndedRollout& rollout) {
  promoted_ = rollout;
  timer_.expires_after(again_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) judge_again();
  });
}

void RolloutSymptoms::judge_again() {
  timer_.cancel();
  if (const auto rollout = std::exchange(promoted_, {})) tell(*rollout, SymptomsRecord::kLater);
}

std::vector<std::string> RolloutSymptoms::tell(const EndedRollout& rollout, std::string_view when) {
  const auto judged = judge_(rollout.changes);
  if (judged.empty()) return {};
  SymptomsRecord record{rollout.id, std::string(when), verdict_lines(judged), {}};
  for (const JudgedSymptom& one : judged) {
    if (one.verdict.change != observe::Change::too_few) record.symptoms.push_back(one.id);
    const bool runs_on = when != SymptomsRecord::kTakenBack;
    if (runs_on && on_gone_ && one.verdict.change == observe::Change::gone) on_gone_(one.id);
  }
  const auto lines = shortened(record.lines, kMostTold, rollout.id);
  if (record.lines.size() > kMostRecorded) record.lines.resize(kMostRecorded);
  if (record.symptoms.size() > kMostRecorded) record.symptoms.resize(kMostRecorded);
  announce(rollout, when, judged, lines);
  const auto written = office_.record(record, {}, ledger::Durability::note);
  if (!written) announcer_.warn("the ledger: " + written.error().message);
  return lines;
}

void RolloutSymptoms::announce(const EndedRollout& rollout, std::string_view when,
                               const std::vector<JudgedSymptom>& judged,
                               const std::vector<std::string>& lines) const {
  if (announcer_.json()) {
    for (std::size_t i = 0; i < judged.size() && i < kMostTold; ++i) {
      const observe::SymptomVerdict& verdict = judged[i].verdict;
      announcer_.event("symptom", {{"rollout", rollout.id},
                                   {"when", when},
                                   {"symptom", judged[i].id},
                                   {"change", observe::change_name(verdict.change)},
                                   {"message", observe::phrase(judged[i].name, verdict)}});
    }
    return;
  }
  const std::string later =
      when == SymptomsRecord::kLater
          ? fmt::format("{} after 100 % · ",
                        duration_text(std::chrono::duration_cast<Milliseconds>(again_)))
          : std::string();
  for (const std::string& line : lines) {
    announcer_.say(Mark::plain,
                   fmt::format("{} {} → {}{}", rollout.rollback ? "rollback to" : "rollout of",
                               rollout.name, later, line));
  }
}

}  // namespace livefix::control
