#include "control/drift_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <utility>

#include "control/patch_json.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostDriftDiff = 1 << 20;  // bytes

json::array files_json(const std::vector<releases::DriftedFile>& files) {
  const auto paths = paths_of(files);
  json::array array;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    array.emplace_back(json::object{{"path", paths[i]}, {"kind", name_of(files[i].kind)}});
  }
  return array;
}

json::array names_json(const std::vector<std::string>& names) {
  json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

json::object drift_json(const ReleaseDrift& drift) {
  json::object object{{"release", drift.release.name},
                      {"commit", drift.release.commit},
                      {"services", names_json(drift.release.services)},
                      {"count", drift.files.size()},
                      {"files", files_json(drift.files)}};
  for (const auto& field : patch_json(drift.diff)) object.insert(field);
  return object;
}

}  // namespace

DriftWatch::DriftWatch(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
                       Announcer announcer, Milliseconds interval)
    : office_(office),
      run_(run),
      announcer_(std::move(announcer)),
      interval_(interval),
      timer_(context) {}

std::vector<RunningRelease> DriftWatch::running() const {
  std::vector<RunningRelease> all;
  for (const ServiceSpec& service : run_.services) {
    const ReleaseRecord* kept = office_.book().kept(service.name);
    if (!kept) continue;
    auto one = std::ranges::find(all, kept->number, &RunningRelease::number);
    if (one == all.end()) {
      one = all.insert(all.end(), {kept->number, kept->id(), kept->name, kept->commit, {}});
    }
    one->services.push_back(service.name);
  }
  return all;
}

// --- looking -------------------------------------------------------------------------------------

void DriftWatch::begin() {
  look();
}

void DriftWatch::look() {
  office_.in_background(
      [running = running()](const CommitStore& store) { return look_for_drift(store, running, 0); },
      [this](const Result<std::vector<ReleaseDrift>>& looked) {
        if (looked) {
          last_error_.clear();
          for (const ReleaseDrift& drift : *looked) found(drift);
        } else if (std::exchange(last_error_, looked.error().message) != looked.error().message) {
          announcer_.warn("looking for drift: " + looked.error().message);
        }
        look_later();
      });
}

void DriftWatch::look_later() {
  timer_.expires_after(interval_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look();
  });
}

void DriftWatch::found(const ReleaseDrift& drift) {
  const auto files = paths_of(drift.files);
  const std::vector<std::string>& told = office_.book().drifted(drift.release.number);
  if (files == told) return;
  std::vector<std::string> news;
  std::ranges::copy_if(files, std::back_inserter(news), [&](const std::string& file) {
    return std::ranges::find(told, file) == told.end();
  });
  record({drift.release.number, files.empty() ? "ended" : "found", files, {}}, {},
         ledger::Durability::note);
  if (!news.empty()) tell(drift, news);
}

void DriftWatch::tell(const ReleaseDrift& drift, const std::vector<std::string>& news) {
  const std::string& release = drift.release.name;
  const std::string message = fmt::format(
      "what runs is not what was committed: {} of {}, which {} runs: {}; livefix drift shows it, "
      "livefix drift adopt makes a commit of it",
      count_text(news.size(), "file"), release, fmt::join(drift.release.services, ", "),
      some_of(news));
  if (!announcer_.json()) return announcer_.warn(message);
  announcer_.event("drift", {{"release", release},
                             {"commit", drift.release.commit},
                             {"files", files_json(drift.files)},
                             {"message", message}});
}

void DriftWatch::record(const DriftRecord& record, const std::string& who,
                        ledger::Durability durability) {
  const auto recorded = office_.record(record, who, durability);
  if (!recorded) announcer_.warn("the ledger: " + recorded.error().message);
}

// --- what somebody asks for ----------------------------------------------------------------------

void DriftWatch::show(const ApiReply& reply) {
  office_.in_background(
      [running = running()](const CommitStore& store) {
        return look_for_drift(store, running, kMostDriftDiff);
      },
      [this, reply](const Result<std::vector<ReleaseDrift>>& looked) {
        if (!looked) return reply.answer(api_outcome(500, false, looked.error().message));
        json::array all;
        for (const ReleaseDrift& drift : *looked) {
          found(drift);
          if (!drift.files.empty()) all.emplace_back(drift_json(drift));
        }
        reply.answer({200, json::serialize(json::object{{"drift", std::move(all)}})});
      });
}

void DriftWatch::adopt(const std::string& branch, const std::string& who, const ApiReply& reply) {
  office_.in_background(
      [running = running(), branch, who](const CommitStore& store) {
        return adopt_drift(store, running, branch, who);
      },
      [this, who, reply](const Result<std::vector<AdoptedDrift>>& adopted) {
        if (!adopted) return reply.answer(api_outcome(409, false, adopted.error().message));
        std::vector<std::string> lines;
        for (const AdoptedDrift& one : *adopted) {
          found(one.drift);
          record({one.drift.release.number, "adopted", paths_of(one.drift.files), one.branch}, who,
                 ledger::Durability::decision);
          lines.push_back(fmt::format(
              "{} of {} {} now the commit {} on the branch {}; fetch it where you push from: git "
              "fetch live {}",
              count_text(one.drift.files.size(), "file"), one.drift.release.name,
              one.drift.files.size() == 1 ? "is" : "are", one.commit.short_hex(), one.branch,
              one.branch));
        }
        reply.answer(api_outcome(200, true, fmt::format("{}", fmt::join(lines, "\n"))));
      });
}

void DriftWatch::restore(const std::string& who, const ApiReply& reply) {
  office_.in_background(
      [running = running()](const CommitStore& store) { return restore_drift(store, running); },
      [this, who, reply](const Result<std::vector<ReleaseDrift>>& restored) {
        if (!restored) return reply.answer(api_outcome(409, false, restored.error().message));
        std::vector<std::string> lines;
        for (const ReleaseDrift& drift : *restored) {
          record({drift.release.number, "restored", paths_of(drift.files), {}}, who,
                 ledger::Durability::decision);
          lines.push_back(fmt::format(
              "{} of {} as committed again: {}; a process that has read the edited ones keeps them "
              "until livefix reload",
              count_text(drift.files.size(), "file"), drift.release.name,
              some_of(paths_of(drift.files))));
        }
        reply.answer(api_outcome(200, true, fmt::format("{}", fmt::join(lines, "\n"))));
      });
}

}  // namespace livefix::control
