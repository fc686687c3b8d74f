// What `livefix top` shows, and what keys do: the last reading with its rates, what is chosen, what
// is asked. Owned by the command, on its thread. No terminal, no clock, no I/O.
//
//   overview --enter--> detail --escape, enter--> overview
//   any      --?-----> help   --any key--------> overview
//   overview --p r P a R--> asked --y--> the command; --any other--> overview
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/top_rates.h"
#include "cli/top_reading.h"

namespace livefix::cli {

enum class TopKey : std::uint8_t {
  other,
  quit,
  pause,
  resume,
  promote,
  abort,
  rollback,
  yes,
  up,
  down,
  tab,
  enter,
  escape,
  help
};

// What a key asks for.
struct TopWish {
  bool quits = false;
  std::string command;  // "pause"; empty: none
};

// A message below; of an outcome, of a question.
struct TopMessage {
  enum class Kind : std::uint8_t { none, note, good, bad, question };
  Kind kind = Kind::none;
  std::string text;
};

class TopModel {
 public:
  enum class Page : std::uint8_t { overview, detail, help };

  // --- what is known ---
  void take(TopReading reading);
  // It cannot be asked; what was known stays.
  void lost(const std::string& why);
  // What a command came to.
  void told(bool ok, const std::string& text);
  // All of a symptom, as `livefix symptoms ID` has it.
  void learn_symptom(const std::string& id, const std::string& text);

  // --- what somebody wants ---
  TopWish press(TopKey key);
  // Of the symptom that is looked at; empty: none.
  std::string symptom_wanted() const;
  bool wants_routes() const;

  // --- what is shown ---
  const std::optional<TopReading>& reading() const { return reading_; }
  const TopRates& rates() const { return rates_; }
  Page page() const { return page_; }
  bool is_lost() const { return is_lost_; }
  const TopMessage& message() const { return message_; }
  bool is_chosen(const TopGeneration& generation) const;
  bool is_chosen(const TopSymptom& symptom) const;
  // Of the detail: the generation, or the lines about the symptom.
  const TopGeneration* chosen_generation() const;
  const std::vector<std::string>& symptom_lines() const { return symptom_lines_; }
  std::optional<TopRate> rate_of(const TopRoute& route) const;

 private:
  // In the order in which they are shown: generations, then symptoms.
  struct Place {
    bool is_symptom = false;
    std::string id;
    bool operator==(const Place&) const = default;
  };
  std::vector<Place> places() const;
  void move(std::ptrdiff_t by);
  void change_group();
  void ask_for(std::string_view command);

  std::optional<TopReading> reading_;
  std::optional<TopReading> before_;  // of the same routes
  TopRates rates_;
  Page page_ = Page::overview;
  bool is_lost_ = false;
  std::optional<Place> chosen_;
  std::string asked_;  // the command that waits for a yes
  TopMessage message_;
  std::string symptom_;  // that the lines are about
  std::vector<std::string> symptom_lines_;
};

}  // namespace livefix::cli
