#include "control/release_office.h"

#include <ranges>

namespace livefix::control {
namespace {

// The disk that refused a record may have room again, or be well.
constexpr std::chrono::seconds kOwedPause{2};

WallTime wall_now() {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

std::string owed_text(const Error& error) {
  return "the ledger cannot be written, which is tried again: " + error.message;
}

Result<std::unique_ptr<ReleaseOffice>> ReleaseOffice::open(boost::asio::io_context& context,
                                                           const RunSpec& run) {
  auto store = CommitStore::open(run);
  if (!store) return std::unexpected(store.error());
  auto ledger = ledger::Ledger::open(run.commits->state_directory + "/ledger.db");
  if (!ledger) return std::unexpected(ledger.error());
  std::unique_ptr<ReleaseOffice> office(
      new ReleaseOffice(context, run, std::move(*store), std::move(*ledger)));
  const auto read = office->for_each(1, [&](const Recorded& recorded) {
    office->book_.enter(recorded.record, recorded.who, recorded.at);
  });
  if (!read) return std::unexpected(read.error());
  return office;
}

Status ReleaseOffice::for_each(std::uint64_t from,
                               const std::function<void(const Recorded&)>& each) {
  return ledger_.for_each(from, [&](const ledger::Event& event) -> Status {
    const auto record = parse_record(event.entry.kind, event.entry.body);
    if (!record) {
      return fail("event {} of the ledger, {}, cannot be read: {}", event.sequence,
                  event.entry.kind, record.error().message);
    }
    if (*record) {
      each({event.sequence, event.hash, event.entry.time, event.entry.actor, **record});
    }
    return {};
  });
}

Status ReleaseOffice::record(const Record& record, std::string_view who,
                             ledger::Durability durability) {
  if (const auto paid = pay(); !paid) return paid;
  return append(record, who, durability);
}

Status ReleaseOffice::record_surely(Record record, std::string_view who) {
  owed_.push_back({std::move(record), std::string(who)});
  auto paid = pay();
  if (!paid) pay_later();
  return paid;
}

Status ReleaseOffice::pay() {
  while (!owed_.empty()) {
    const Owed& first = owed_.front();
    const auto paid = append(first.record, first.who, ledger::Durability::decision);
    if (!paid) return paid;
    owed_.pop_front();
  }
  return {};
}

void ReleaseOffice::pay_later() {
  owed_timer_.expires_after(kOwedPause);
  owed_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !pay()) pay_later();
  });
}

Status ReleaseOffice::append(const Record& record, std::string_view who,
                             ledger::Durability durability) {
  ledger::Entry entry{wall_now(), std::string(kind_of(record)),
                      who.empty() ? "livefix" : std::string(who), body_of(record)};
  const WallTime at = entry.time;
  const auto stored = ledger_.append(std::move(entry), durability);
  if (!stored) return std::unexpected(stored.error());
  book_.enter(record, who, at);
  for (const auto& observer : observers_) {
    observer({*stored, ledger_.head().hash, at, who.empty() ? "livefix" : who, record});
  }
  return {};
}

Release ReleaseOffice::release_of(const ReleaseRecord& record, const ServiceSpec& service) const {
  Release release{record.number, record.name, record.directory};
  if (!service.place.empty()) release.directory += "/" + service.place;
  return release;
}

Remembered ReleaseOffice::remembered(const ServiceSpec& service) const {
  Remembered remembered;
  for (const ReleaseRecord& record : book_.releases() | std::views::values) {
    remembered.commits.push_back(release_of(record, service));
  }
  if (const ReleaseRecord* kept = book_.kept(service.name)) {
    remembered.kept = release_of(*kept, service);
  }
  if (const ReleaseRecord* before = book_.kept_before(service.name)) {
    remembered.before = release_of(*before, service);
  }
  return remembered;
}

RunningReleases ReleaseOffice::running() const {
  RunningReleases running;
  for (const ServiceSpec& service : run_.services) {
    const ReleaseRecord* kept = book_.kept(service.name);
    if (!kept) continue;
    ReleaseSource& release = running[service.name];
    release.commit = kept->commit;
    for (const std::string& text : kept->artifacts) {
      if (auto artifact = parse_artifact(text)) release.artifacts.push_back(std::move(*artifact));
    }
  }
  return running;
}

std::optional<LiveChange> ReleaseOffice::live_change() const {
  for (const RolloutStory& story : book_.stories() | std::views::reverse) {
    if (story.outcome != "promoted") continue;
    return LiveChange{story.rollout.commit, story.rollout.services, story.who, story.is_rollback,
                      running()};
  }
  return std::nullopt;
}

void ReleaseOffice::sweep() {
  sweeper_.run([store = store_, stop = end_of_sweep_.get_token()] { return store->sweep(stop); },
               [](const Status&) {});  // what cannot be deleted now is tried the next time
}

std::set<std::string> ReleaseOffice::in_use() const {
  std::set<std::string> ids;
  for (const ServiceSpec& service : run_.services) {
    for (const ReleaseRecord* record :
         {book_.kept(service.name), book_.kept_before(service.name)}) {
      if (record) ids.insert(record->id());
    }
  }
  return ids;
}

std::set<std::string> ReleaseOffice::were_live() const {
  std::set<std::string> ids;
  for (const ReleaseRecord& record : book_.releases() | std::views::values) {
    if (book_.was_live(record.number)) ids.insert(record.id());
  }
  return ids;
}

}  // namespace livefix::control
