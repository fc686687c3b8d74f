#include "cli/top_model.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

TopReading usual_reading(int second = 0) {
  TopReading reading;
  reading.at = TimePoint{} + 1h + std::chrono::seconds(second);
  reading.run = "shop";
  reading.services = 1;
  for (const int id : {3, 4}) {
    TopGeneration one;
    one.id = id;
    one.requests = static_cast<std::uint64_t>(100 * second);
    reading.generations.push_back(one);
  }
  reading.symptoms.push_back({.id = "29ab674d34", .service = "shop", .name = "GET /pay 500"});
  reading.has_rollouts = true;
  return reading;
}

TopReading rolling_out(int second = 0) {
  TopReading reading = usual_reading(second);
  reading.rollout.emplace().id = 12;
  return reading;
}

class TopModelTest : public ::testing::Test {
 protected:
  // The command that came of it.
  std::string press(std::initializer_list<TopKey> keys) {
    std::string command;
    for (const TopKey key : keys) command = model_.press(key).command;
    return command;
  }

  TopModel model_;
};

TEST_F(TopModelTest, EachCommandIsAskedForAndGivenByYes) {
  model_.take(rolling_out());
  const std::vector<std::pair<TopKey, std::string>> commands{{TopKey::pause, "pause"},
                                                             {TopKey::resume, "resume"},
                                                             {TopKey::promote, "promote"},
                                                             {TopKey::abort, "abort"},
                                                             {TopKey::rollback, "rollback"}};
  for (const auto& [key, command] : commands) {
    EXPECT_EQ(press({key}), "");
    EXPECT_EQ(model_.message().kind, TopMessage::Kind::question);
    EXPECT_TRUE(model_.message().text.ends_with("sure? y/n"));
    EXPECT_EQ(press({TopKey::yes}), command);
    EXPECT_EQ(press({TopKey::yes}), "") << "once";
  }
}

TEST_F(TopModelTest, AnyOtherKeyIsANo) {
  model_.take(rolling_out());
  for (const TopKey no : {TopKey::other, TopKey::escape, TopKey::quit, TopKey::abort}) {
    EXPECT_EQ(press({TopKey::abort, no, TopKey::yes}), "");
    EXPECT_EQ(model_.message().kind, TopMessage::Kind::none);
  }
  EXPECT_TRUE(model_.press(TopKey::quit).quits);
}

TEST_F(TopModelTest, AsksNothingWhereThereIsNothingToDo) {
  EXPECT_EQ(press({TopKey::abort, TopKey::yes}), "") << "nothing is known yet";
  model_.take(usual_reading());
  EXPECT_EQ(press({TopKey::abort, TopKey::yes}), "");
  press({TopKey::abort});
  EXPECT_EQ(model_.message().text, "no rollout is under way");
  EXPECT_EQ(press({TopKey::rollback, TopKey::yes}), "rollback") << "that needs none";
  TopReading directory = usual_reading();
  directory.has_rollouts = false;
  model_.take(directory);
  EXPECT_EQ(press({TopKey::rollback, TopKey::yes}), "");
}

TEST_F(TopModelTest, GivesNoCommandToAControlThatHasGone) {
  model_.take(rolling_out());
  press({TopKey::abort});
  model_.lost("connecting: Connection refused\x1b");
  EXPECT_TRUE(model_.is_lost());
  EXPECT_EQ(model_.message().text, "control is gone, waiting (connecting: Connection refused^[)");
  EXPECT_EQ(press({TopKey::yes}), "");
  ASSERT_TRUE(model_.reading()) << "what was known stays";
  model_.take(rolling_out(1));
  EXPECT_FALSE(model_.is_lost());
  EXPECT_EQ(model_.message().text, "control is back");
}

TEST_F(TopModelTest, ArrowsAndTabChoose) {
  const TopReading reading = usual_reading();
  model_.take(reading);
  const auto& [first, second] = std::tie(reading.generations[0], reading.generations[1]);
  EXPECT_TRUE(model_.is_chosen(first));
  press({TopKey::up});
  EXPECT_TRUE(model_.is_chosen(first)) << "there is none above";
  press({TopKey::down});
  EXPECT_TRUE(model_.is_chosen(second));
  press({TopKey::down, TopKey::down, TopKey::down});
  EXPECT_TRUE(model_.is_chosen(reading.symptoms[0]));
  press({TopKey::tab});
  EXPECT_TRUE(model_.is_chosen(first));
  press({TopKey::tab});
  EXPECT_TRUE(model_.is_chosen(reading.symptoms[0]));
}

TEST_F(TopModelTest, TheChosenOneStaysChosen) {
  TopReading reading = usual_reading();
  model_.take(reading);
  press({TopKey::down});
  reading.generations.erase(reading.generations.begin());
  model_.take(reading);
  EXPECT_TRUE(model_.is_chosen(reading.generations[0]));
  reading.generations.clear();
  model_.take(reading);
  EXPECT_TRUE(model_.is_chosen(reading.symptoms[0])) << "of those that are there";
  model_.take({});
  press({TopKey::down, TopKey::tab, TopKey::enter});
  EXPECT_EQ(model_.page(), TopModel::Page::overview);
}

TEST_F(TopModelTest, EnterShowsAllOfOneAndGoesBack) {
  model_.take(usual_reading());
  press({TopKey::enter});
  EXPECT_EQ(model_.page(), TopModel::Page::detail);
  EXPECT_TRUE(model_.wants_routes());
  EXPECT_EQ(model_.symptom_wanted(), "");
  ASSERT_TRUE(model_.chosen_generation());
  EXPECT_EQ(model_.chosen_generation()->id, 3);
  press({TopKey::enter});
  EXPECT_EQ(model_.page(), TopModel::Page::overview);
  EXPECT_FALSE(model_.wants_routes());
  press({TopKey::tab, TopKey::enter});
  EXPECT_EQ(model_.symptom_wanted(), "29ab674d34");
  model_.learn_symptom("another", "not this");
  EXPECT_TRUE(model_.symptom_lines().empty());
  model_.learn_symptom("29ab674d34", "symptom\n  requests  17\n");
  EXPECT_EQ(model_.symptom_lines(), (std::vector<std::string>{"symptom", "  requests  17"}));
  press({TopKey::escape});
  EXPECT_EQ(model_.page(), TopModel::Page::overview);
}

TEST_F(TopModelTest, GoesBackWhenWhatIsLookedAtHasGone) {
  TopReading reading = usual_reading();
  model_.take(reading);
  press({TopKey::enter});
  reading.generations.erase(reading.generations.begin());
  model_.take(reading);
  EXPECT_EQ(model_.page(), TopModel::Page::overview);
  EXPECT_EQ(model_.message().text, "it is not there any more");
}

TEST_F(TopModelTest, HelpGoesWithAnyKeyButQuitEnds) {
  model_.take(rolling_out());
  press({TopKey::help});
  EXPECT_EQ(model_.page(), TopModel::Page::help);
  EXPECT_EQ(press({TopKey::abort}), "");
  EXPECT_EQ(model_.page(), TopModel::Page::overview);
  EXPECT_EQ(model_.message().kind, TopMessage::Kind::none) << "it was no command";
  press({TopKey::help});
  EXPECT_TRUE(model_.press(TopKey::quit).quits);
}

TEST_F(TopModelTest, TellsWhatACommandCameTo) {
  model_.told(false, "too late: \x1b[31mkept\nsecond line");
  EXPECT_EQ(model_.message().kind, TopMessage::Kind::bad);
  EXPECT_EQ(model_.message().text, "too late: ^[[31mkept");
}

TEST_F(TopModelTest, RatesOfRoutesAreDifferences) {
  TopReading first = usual_reading(0);
  TopReading second = usual_reading(2);
  const TopRoute route{.generation = 3, .method = "GET", .route = "/", .requests = 10, .errors = 1};
  first.routes.push_back(route);
  second.routes.push_back(route);
  second.routes[0].requests = 30;
  model_.take(first);
  EXPECT_FALSE(model_.rate_of(first.routes[0]));
  model_.take(second);
  ASSERT_TRUE(model_.rate_of(second.routes[0]));
  EXPECT_DOUBLE_EQ(model_.rate_of(second.routes[0])->requests, 10);
  EXPECT_DOUBLE_EQ(model_.rate_of(second.routes[0])->errors, 0);
}

}  // namespace
}  // namespace livefix::cli
