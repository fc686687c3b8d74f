#include "cli/top_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

struct Asked {
  TopKey key;
  std::string_view command;
  std::string_view question;
};

constexpr std::array<Asked, 5> kAsked{{
    {TopKey::pause, "pause", "hold the rollout at the share that it has"},
    {TopKey::resume, "resume", "let the rollout go on"},
    {TopKey::promote, "promote", "give the new release all traffic now"},
    {TopKey::abort, "abort", "take the rollout back"},
    {TopKey::rollback, "rollback", "go back to what ran before"},
}};

}  // namespace

// --- what is known -------------------------------------------------------------------------------

void TopModel::take(TopReading reading) {
  if (std::exchange(is_lost_, false)) message_ = {TopMessage::Kind::good, "control is back"};
  rates_.take(reading);
  before_ = std::exchange(reading_, std::move(reading));
  const auto all = places();
  const bool is_there = chosen_ && std::ranges::find(all, *chosen_) != all.end();
  if (is_there) return;
  // What was looked at has gone.
  if (page_ == Page::detail) {
    page_ = Page::overview;
    message_ = {TopMessage::Kind::note, "it is not there any more"};
  }
  chosen_ = all.empty() ? std::nullopt : std::optional(all.front());
}

void TopModel::lost(const std::string& why) {
  is_lost_ = true;
  asked_.clear();
  message_ = {TopMessage::Kind::bad,
              fmt::format("control is gone, waiting ({})", terminal_text(why))};
}

void TopModel::told(bool ok, const std::string& text) {
  message_ = {ok ? TopMessage::Kind::good : TopMessage::Kind::bad,
              terminal_text(std::string_view(text).substr(0, text.find('\n')))};
}

void TopModel::learn_symptom(const std::string& id, const std::string& text) {
  if (id != symptom_wanted()) return;
  symptom_ = id;
  symptom_lines_.clear();
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    symptom_lines_.emplace_back(line);
  }
}

// --- what is chosen ------------------------------------------------------------------------------

std::vector<TopModel::Place> TopModel::places() const {
  std::vector<Place> all;
  if (!reading_) return all;
  for (const auto& one : reading_->generations) all.push_back({false, std::to_string(one.id)});
  for (const auto& one : reading_->symptoms) all.push_back({true, one.id});
  return all;
}

bool TopModel::is_chosen(const TopGeneration& generation) const {
  return chosen_ == Place{false, std::to_string(generation.id)};
}

bool TopModel::is_chosen(const TopSymptom& symptom) const {
  return chosen_ == Place{true, symptom.id};
}

const TopGeneration* TopModel::chosen_generation() const {
  if (!reading_) return nullptr;
  const auto& all = reading_->generations;
  const auto found =
      std::ranges::find_if(all, [this](const TopGeneration& one) { return is_chosen(one); });
  return found == all.end() ? nullptr : &*found;
}

std::string TopModel::symptom_wanted() const {
  return page_ == Page::detail && chosen_ && chosen_->is_symptom ? chosen_->id : std::string();
}

bool TopModel::wants_routes() const {
  return page_ == Page::detail && chosen_ && !chosen_->is_symptom;
}

std::optional<TopRate> TopModel::rate_of(const TopRoute& route) const {
  if (!reading_ || !before_) return std::nullopt;
  const auto found = std::ranges::find_if(before_->routes, [&](const TopRoute& one) {
    return one.generation == route.generation && one.method == route.method &&
           one.route == route.route;
  });
  const std::chrono::duration<double> between = reading_->at - before_->at;
  // There was no reading of routes, or it is another generation of that number.
  if (found == before_->routes.end() || found->requests > route.requests ||
      found->errors > route.errors || between.count() <= 0) {
    return std::nullopt;
  }
  return TopRate{static_cast<double>(route.requests - found->requests) / between.count(),
                 static_cast<double>(route.errors - found->errors) / between.count()};
}

void TopModel::move(std::ptrdiff_t by) {
  const auto all = places();
  if (all.empty()) return;
  const auto at = chosen_ ? std::ranges::find(all, *chosen_) - all.begin() : 0;
  const auto last = static_cast<std::ptrdiff_t>(all.size()) - 1;
  chosen_ = all[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at + by, 0, last))];
}

// The first of the other ones.
void TopModel::change_group() {
  const auto all = places();
  const bool was_symptom = chosen_ && chosen_->is_symptom;
  const auto other = std::ranges::find_if(
      all, [was_symptom](const Place& place) { return place.is_symptom != was_symptom; });
  if (other != all.end()) chosen_ = *other;
}

// --- keys ----------------------------------------------------------------------------------------

void TopModel::ask_for(std::string_view command) {
  const auto note = [this](std::string_view text) {
    message_ = {TopMessage::Kind::note, std::string(text)};
  };
  if (!reading_ || is_lost_) return note("control is gone; nothing can be asked of it");
  if (!reading_->has_rollouts) return note("what runs here are no commits: there are no rollouts");
  const bool is_busy = reading_->rollout && is_under_way(*reading_->rollout);
  if (command != "rollback" && !is_busy) return note("no rollout is under way");
  asked_ = command;
  const auto* asked = std::ranges::find(kAsked, command, &Asked::command);
  message_ = {TopMessage::Kind::question, fmt::format("{} - sure? y/n", asked->question)};
}

TopWish TopModel::press(TopKey key) {
  if (!asked_.empty()) {
    std::string command = std::exchange(asked_, {});
    message_ = {};
    if (key != TopKey::yes) return {};
    message_ = {TopMessage::Kind::note, command + " ..."};
    return {.quits = false, .command = std::move(command)};
  }
  if (!is_lost_) message_ = {};
  if (key == TopKey::quit) return {.quits = true, .command = {}};
  if (page_ == Page::help) {
    page_ = Page::overview;
    return {};
  }
  if (const auto* asked = std::ranges::find(kAsked, key, &Asked::key); asked != kAsked.end()) {
    ask_for(asked->command);
    return {};
  }
  switch (key) {
    case TopKey::help:
      page_ = Page::help;
      break;
    case TopKey::escape:
      page_ = Page::overview;
      break;
    case TopKey::enter:
      page_ = page_ == Page::detail || !chosen_ ? Page::overview : Page::detail;
      if (chosen_ && symptom_ != chosen_->id) symptom_lines_.clear();
      break;
    case TopKey::up:
    case TopKey::down:
      if (page_ == Page::overview) move(key == TopKey::up ? -1 : 1);
      break;
    case TopKey::tab:
      if (page_ == Page::overview) change_group();
      break;
    default:
      break;
  }
  return {};
}

}  // namespace livefix::cli
