// What control knows of releases and keeps for good: the ledger, what it says by now, and Git with
// the directories of releases, which work in the background. One for a run whose releases are
// commits; used on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "control/background.h"
#include "control/commit_store.h"
#include "control/release_book.h"
#include "control/service_machine.h"
#include "ledger/ledger.h"
#include "model/release.h"

namespace livefix::control {

// For the operator, of what record_surely() could not write at once.
std::string owed_text(const Error& error);

// A record that the ledger has.
struct Recorded {
  std::uint64_t sequence = 0;
  ledger::Hash hash{};  // of its event: no other in any ledger has it
  WallTime at;
  std::string_view who;
  const Record& record;
};

class ReleaseOffice {
 public:
  // Reads the ledger. `context` and `run` must outlive it.
  static Result<std::unique_ptr<ReleaseOffice>> open(boost::asio::io_context& context,
                                                     const RunSpec& run);

  // Waits for the job that runs in the background.
  ~ReleaseOffice() { end_of_sweep_.request_stop(); }
  ReleaseOffice(const ReleaseOffice&) = delete;
  ReleaseOffice& operator=(const ReleaseOffice&) = delete;

  const ReleaseBook& book() const { return book_; }
  ledger::Ledger& ledger() { return ledger_; }
  // Written down, and from then on in the book. `who`: a user, or "livefix".
  Status record(const Record& record, std::string_view who,
                ledger::Durability durability = ledger::Durability::decision);

  // Has to be written down whatever the disk says now: it is tried until it is done, and before
  // anything else is recorded. Until then it is not in the book. The error is that of the first
  // try.
  Status record_surely(Record record, std::string_view who);

  // Called after each record from now on, when the book has it, too; records nothing itself.
  void observe(std::function<void(const Recorded&)> observer) {
    observers_.push_back(std::move(observer));
  }
  // Those that are on record from `sequence` on.
  Status for_each(std::uint64_t from, const std::function<void(const Recorded&)>& each);

  // Tries it at once.
  Status pay();
  // How many records are owed.
  std::size_t owed() const { return owed_.size(); }

  // `job(CommitStore&)` in the background, then `then` with its result on the driver's thread.
  template <class Job, class Then>
  void in_background(Job job, Then then) {
    background_.run([store = store_, job = std::move(job)]() mutable { return job(*store); },
                    std::move(then));
  }

  // As the service's generations run it.
  Release release_of(const ReleaseRecord& record, const ServiceSpec& service) const;
  // What a control that begins or comes back has to know of a service.
  Remembered remembered(const ServiceSpec& service) const;
  RunningReleases running() const;
  // nullopt: nothing runs yet.
  std::optional<LiveChange> live_change() const;
  // Deletes what was removed, on a thread of its own: it may take minutes, and nobody waits for it.
  void sweep();
  // Ids of the directories that must stay.
  std::set<std::string> in_use() const;
  // And of those that a service has ever run.
  std::set<std::string> were_live() const;

 private:
  ReleaseOffice(boost::asio::io_context& context, const RunSpec& run, CommitStore store,
                ledger::Ledger ledger)
      : run_(run),
        store_(std::make_shared<CommitStore>(std::move(store))),
        ledger_(std::move(ledger)),
        owed_timer_(context),
        background_(context),
        sweeper_(context) {}

  struct Owed {
    Record record;
    std::string who;
  };
  Status append(const Record& record, std::string_view who, ledger::Durability durability);
  void pay_later();

  const RunSpec& run_;
  const std::shared_ptr<CommitStore> store_;
  ledger::Ledger ledger_;
  ReleaseBook book_;
  std::vector<std::function<void(const Recorded&)>> observers_;
  std::deque<Owed> owed_;
  boost::asio::steady_timer owed_timer_;
  Background background_;
  std::stop_source end_of_sweep_;
  Background sweeper_;
};

}  // namespace livefix::control
