// Every event in every situation: what comes next, or that nothing does. rollout_table_way.h says
// how the tables are to be read.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rollout/rollout_outcome.h"
#include "rollout/rollout_samples.h"
#include "rollout/rollout_situations.h"
#include "rollout/rollout_table_end.h"
#include "rollout/rollout_table_old.h"
#include "rollout/rollout_table_steps.h"
#include "rollout/rollout_table_way.h"

namespace livefix::rollout {
namespace {

using sample::kSamples;
using sample::Sample;
using situation::kSituations;
using situation::Situation;

constexpr std::string_view kControlComesBack = "ControlComesBack";

// --- the tables, read ----------------------------------------------------------------------------

constexpr std::array kTables{kOnItsWay,  kLeftOut,     kHurried,    kPaused,
                             kEndOfStep, kTwoServices, kOldCrashed, kFirstRelease,
                             kHeld,      kDecided,     kTakingBack};

using Outcomes = std::multimap<std::string, std::string>;  // of each event, by its name

std::vector<std::string> lines_of_tables() {
  std::vector<std::string> lines;
  for (const std::string_view table : kTables) {
    std::istringstream in{std::string(table)};
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) lines.push_back(line);
    }
  }
  return lines;
}

// "Measured" is whatever is measured, "Measured(slow)" that only.
bool means(std::string_view word, std::string_view event) {
  return word == event || word == event.substr(0, event.find('('));
}

std::vector<std::string> told() {
  std::vector<std::string> names;
  for (const Sample& one : kSamples) names.emplace_back(one.name);
  names.emplace_back(kControlComesBack);
  return names;
}

using Tables = std::map<std::string, Outcomes>;  // of each situation

void put(Outcomes& block, const std::string& words, const std::string& outcome) {
  std::istringstream in{words};
  for (std::string word; in >> word;) {
    bool is_known = false;
    for (const std::string& event : told()) {
      if (!means(word, event)) continue;
      is_known = true;
      block.emplace(event, outcome);
    }
    EXPECT_TRUE(is_known) << word << " is no event";
  }
}

// A situation stands at the beginning of its line, what happens there below it: events, "->", what
// they do. What goes on on the next line is further in.
Tables read_tables() {
  Tables tables;
  Outcomes* block = nullptr;
  std::string events;
  std::string outcome;
  const auto end_row = [&] {
    if (!outcome.empty()) put(*block, std::exchange(events, {}), std::exchange(outcome, {}));
  };
  for (const std::string& line : lines_of_tables()) {
    const std::size_t text = line.find_first_not_of(' ');
    if (text < 8) end_row();
    if (text == 0) {
      const std::string name = line.substr(0, line.find(':'));
      EXPECT_FALSE(tables.contains(name)) << name << " is there twice";
      block = &tables[name];
    } else if (!outcome.empty()) {
      outcome += " " + line.substr(text);
    } else {
      const auto arrow = line.find("-> ");
      events += line.substr(0, arrow) + " ";
      if (arrow != std::string::npos) outcome = line.substr(arrow + 3);
    }
  }
  end_row();
  return tables;
}

std::string outcome_in(const Harness& before, std::string_view event) {
  const RolloutState& state = before.state();
  if (event == kControlComesBack) {
    return outcome_of(state, recover(state, before.rules(), before.now()));
  }
  const auto one = std::ranges::find(kSamples, event, &Sample::name);
  const Event made = one->make(before, "shop");
  EXPECT_EQ(made.index(), one->event) << event;
  return outcome_of(state, step(state, made, before.rules(), sample::time_of(*one, before)));
}

// --- the tests -----------------------------------------------------------------------------------

TEST(RolloutTable, EveryEventInEverySituation) {
  auto tables = read_tables();
  for (const Situation& situation : kSituations) {
    const auto block = tables.find(std::string(situation.name));
    if (block == tables.end()) {
      ADD_FAILURE() << "no block: " << situation.name;
      continue;
    }
    const Harness before = situation.reach();
    for (const std::string& event : told()) {
      const auto [first, last] = block->second.equal_range(event);
      EXPECT_EQ(std::distance(first, last), 1) << "rows: " << event << " while " << situation.name;
      if (first == last) continue;
      EXPECT_EQ(outcome_in(before, event), first->second) << event << " while " << situation.name;
    }
    tables.erase(block);
  }
  for (const auto& [name, block] : tables) ADD_FAILURE() << "no situation: " << name;
}

TEST(RolloutTable, EveryPhaseHasASituation) {
  std::set<std::size_t> phases;
  for (const Situation& situation : kSituations) {
    phases.insert(situation.reach().state().phase.index());
  }
  EXPECT_EQ(phases.size(), std::variant_size_v<Phase>);
}

// What of a state or of a rule makes a difference is so in one situation and not in another.
TEST(RolloutTable, EveryFlagHasASituationWithItAndOneWithout) {
  std::map<std::string_view, std::set<bool>> seen;
  for (const Situation& situation : kSituations) {
    const Harness rollout = situation.reach();
    for (const auto& [flag, is_so] : flags_of(rollout.state())) seen[flag].insert(is_so);
    for (const auto& [flag, is_so] : flags_of(rollout.rules())) seen[flag].insert(is_so);
  }
  for (const auto& [flag, values] : seen) EXPECT_EQ(values.size(), 2U) << flag;
}

TEST(RolloutTable, WhatIsSaidOfAServiceThatIsNotInItIsIgnored) {
  for (const Situation& situation : kSituations) {
    const Harness rollout = situation.reach();
    for (const Sample& one : kSamples) {
      const Event event = one.make(rollout, "nobody");
      const bool names_it =
          std::visit([](const auto& what) { return requires { what.service; }; }, event);
      // A build fails as a whole, whoever's it was.
      if (!names_it || std::holds_alternative<BuildFailed>(event)) continue;
      const Transition after = step(rollout.state(), event, rollout.rules(), rollout.now());
      EXPECT_EQ(outcome_of(rollout.state(), after), kIgnored)
          << one.name << " while " << situation.name;
    }
  }
}

TEST(RolloutTable, WhatIsNotOverHasADeadlineOrIsOwedAnAnswer) {
  for (const Situation& situation : kSituations) {
    const Harness rollout = situation.reach();
    const bool owed = is<Promoting>(rollout.state());
    EXPECT_EQ(next_deadline(rollout.state(), rollout.rules()).has_value(),
              !owed && !is_over(rollout.state()))
        << situation.name;
  }
}

}  // namespace
}  // namespace livefix::rollout
