// Back to the release before: the services run it again, at once where its generation is still
// warm, and a commit on the branch says so. Owned by RunWorld, used on the driver's thread.
//
// It is written down first. A control that comes back after that runs the older release, and sees
// to the branch (branch_settler.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/announcer.h"
#include "control/branch_settler.h"
#include "control/control_api.h"
#include "control/release_office.h"
#include "control/rollout_symptoms.h"
#include "control/service_world.h"

namespace livefix::control {

struct RollbackRequest {
  std::string to;  // as release_choice.h takes it; empty: what ran before
  std::string who;
  bool ref_only = false;  // the branch goes back to that commit, instead of a new commit on it
};

class Rollback {
 public:
  // All must outlive this.
  Rollback(ReleaseOffice& office, std::vector<ServiceWorld*> services, BranchSettler& branch,
           RolloutSymptoms& symptoms, Announcer announcer);
  ~Rollback();
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;

  // Answered when the older release serves and the branch says so.
  void begin(const RollbackRequest& request, const ApiReply& reply);
  void on_report(ServiceWorld& service, const Report& report);

  bool is_busy() const { return current_ != nullptr; }

 private:
  struct Current;

  ReleaseAsked order_of(const ServiceWorld& world, const ReleaseRecord& release) const;
  void switch_services();
  void served();
  void watch_symptoms() const;
  void failed(ServiceWorld& service, const AttemptFailed& report);
  void end(unsigned status, bool ok, const std::string& message);

  ReleaseOffice& office_;
  const std::vector<ServiceWorld*> services_;
  BranchSettler& branch_;
  RolloutSymptoms& symptoms_;
  const Announcer announcer_;
  std::unique_ptr<Current> current_;
};

}  // namespace livefix::control
