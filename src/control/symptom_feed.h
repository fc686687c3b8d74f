// Tells the book of symptoms (observe/symptom_book) what there is to tell: failures that were
// recorded, each with the line that the program wrote then, and what was counted of requests and of
// failures that nobody has recorded. No clock and no I/O: times and counts come with what is told,
// and lines from whoever made this. Owned by Symptoms, on its thread.
//
// Bounded, however many fail: of failures that are alike only a few at a time wait for their lines,
// the others are counted with those that were found last, in their proportion.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "control/failure_tally.h"
#include "control/service_facts.h"
#include "model/run_spec.h"
#include "observe/exchange_record.h"
#include "observe/symptom_book.h"

namespace livefix::control {

struct FailedRequest {
  std::uint64_t id = 0;  // of the record; 0: it is not kept
  std::size_t service_index = 0;
  UnitId generation{};
  std::string release;
  std::string method;  // "GET", "OTHER"
  std::string route;
  int status = 0;          // that the client got
  int counted_status = 0;  // by its route
  std::string cause;       // "backend closed"; empty: the program's own answer
  observe::WallTime ended;
  Milliseconds took{};
};

// Of what a proxy has told; what has yet to come ends now.
FailedRequest failed_request(const observe::ExchangeRecord& record, observe::WallTime now);

class SymptomFeed {
 public:
  // A failure waits so long for its line, which may come behind the answer.
  static constexpr Milliseconds kPatience{200};
  static constexpr std::size_t kMostWaiting = 128;
  static constexpr std::size_t kMostAlike = 32;     // of these
  static constexpr std::size_t kMostKinds = 1'024;  // whose last lines are known
  static constexpr std::size_t kMostLines = 16;     // of each

  // What the program wrote about it, without secrets; empty: nothing. nullopt: nobody can tell.
  using FindLine = std::function<std::optional<std::string>(const FailedRequest&)>;

  // `run` must outlive this.
  SymptomFeed(const RunSpec& run, FindLine find_line);

  // Kept by a control before this one, oldest first. `line` as above; its requests are not known.
  void restore(const FailedRequest& failure, const std::optional<std::string>& line);
  void failed(FailedRequest failure, observe::WallTime now);
  // Those that have waited enough.
  void join(observe::WallTime now);
  // When that has to be done; nullopt: nobody waits.
  std::optional<observe::WallTime> next_join() const;
  // Which generations there are now. Returns those whose counts are to be read: these, and once
  // more those that have gone since.
  std::vector<UnitId> learn(const std::vector<ServiceFacts>& services);
  // One reading of all counts of them. Whether a request has ended since the one before.
  bool count(std::span<const RouteCount> counts, observe::WallTime now);

  const observe::SymptomBook& book() const { return book_; }
  void mark_gone(std::string_view id) { book_.mark_gone(id); }
  // Of each symptom that the book has not had, or not any more; none of restored ones.
  void on_new(std::function<void(const observe::Symptom&)> callback) {
    on_new_ = std::move(callback);
  }
  // Of each failure that is kept, by the id of its record, once its symptom is known.
  using OnJoined = std::function<void(std::uint64_t record, const observe::Symptom& symptom)>;
  void on_joined(OnJoined callback) { on_joined_ = std::move(callback); }

 private:
  // What failures have in common that may have the same line.
  struct Kind {
    std::size_t service_index = 0;
    std::string method;
    std::string route;
    int status = 0;

    auto operator<=>(const Kind&) const = default;
  };
  struct LastLines {
    std::string cause;
    std::deque<std::string> lines;  // as they were found, the last one at the end
  };
  struct SpareKey {
    Kind kind;
    std::string cause;
    std::string release;

    auto operator<=>(const SpareKey&) const = default;
  };
  struct Waiting {
    FailedRequest failure;
    observe::WallTime until;
  };
  struct Generation {
    std::size_t service_index = 0;
    std::string release;
  };

  static Kind kind_of(const FailedRequest& failure);
  bool is_failure(UnitId generation, int status) const;
  void add(const FailedRequest& failure, const std::optional<std::string>& line, bool restored);
  void tell_book(const observe::Failure& failure);
  void add_spare(const SpareKey& spare, std::uint64_t count, observe::WallTime now);
  void learn_line(const Kind& kind, const std::string& cause, const std::string& line);
  // nullptr: none was found.
  const std::deque<std::string>* last_lines(const Kind& kind, std::string_view cause) const;

  const RunSpec& run_;
  const FindLine find_line_;
  observe::SymptomBook book_;
  std::function<void(const observe::Symptom&)> on_new_;
  OnJoined on_joined_;
  FailureTally tally_;
  std::deque<Waiting> waiting_;        // in the order in which they came
  std::map<Kind, std::size_t> alike_;  // of these
  std::map<SpareKey, std::uint64_t> spare_;
  std::map<Kind, LastLines> last_lines_;
  std::map<UnitId, Generation> generations_;  // that are there, or were at the last reading
  std::vector<UnitId> gone_;                  // of these
};

}  // namespace livefix::control
