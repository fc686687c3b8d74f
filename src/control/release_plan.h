// What a push of a commit would do, and why, before anybody pushes: GET /v1/plan, `livefix plan`.
// Two halves: what Git and the disk say, which blocks, and what the services make of it, which is
// pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/commit_store.h"

namespace livefix::control {

// From what a service runs to the commit.
struct ServiceChanges {
  std::size_t count = 0;
  std::vector<releases::ChangedFile> files{};  // the first kMostFiles
};

struct CommitForecast {
  static constexpr std::size_t kMostFiles = 100;

  CommitFindings findings;
  std::vector<ServiceChanges> changes{};  // of each service
  std::optional<releases::ObjectId> branch_head{};
  bool is_forced = false;   // what the branch is at is not in its history
  bool is_built = false;    // it lies there whole, from an earlier rollout
  std::string directory{};  // where it lies, or would
  std::vector<releases::Carried> carried{};
};

struct ForecastQuestion {
  std::string revision;  // empty: the head of the live branch
  RunningReleases running;
  // Of each service, the directory that its `keep` would be taken from; by name.
  std::map<std::string, std::string> directories;
};

// The commit that a revision means; empty: the head of the live branch.
Result<releases::ObjectId> find_commit(const CommitStore& store, const std::string& revision);
Result<CommitForecast> forecast(const CommitStore& store, const ForecastQuestion& question);

enum class Way : std::uint8_t { nothing, first_start, handover, hold, refused };
std::string_view name_of(Way way);  // "first_start"

// Of one service now.
struct ServiceSituation {
  const ServiceSpec& service;
  bool serves = false;
  bool has_fixed_port = false;  // it cannot be started beside itself
};

Way way_of(const ServiceFindings& findings, const ServiceSituation& situation);
// Why it is that way, in a sentence.
std::string reason_of(Way way, const ServiceFindings& findings);

// What the run is at. `built`: services whose build step ended well in an earlier rollout of the
// commit; `busy`: what is under way, and would refuse a push now, or empty.
struct RunSituation {
  std::vector<ServiceSituation> services;  // in the order of the run
  std::vector<std::string> built{};
  std::string busy{};
};

boost::json::object plan_json(const CommitForecast& forecast, const CommitSpec& spec,
                              const RunSituation& run);

}  // namespace livefix::control
