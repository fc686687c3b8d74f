#include "control/branch_settler.h"

#include <chrono>
#include <utility>

namespace livefix::control {
namespace {

// How long Git may take to move the branch itself.
constexpr std::chrono::seconds kSettledAfter{5};

}  // namespace

BranchSettler::BranchSettler(boost::asio::io_context& context, ReleaseOffice& office,
                             Announcer announcer, std::function<bool()> is_busy)
    : office_(office),
      announcer_(std::move(announcer)),
      is_busy_(std::move(is_busy)),
      timer_(context) {}

void BranchSettler::settle_later() {
  timer_.expires_after(kSettledAfter);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) settle();
  });
}

void BranchSettler::settle() {
  if (is_busy_()) return settle_later();
  const auto change = office_.live_change();
  if (!change) return;
  office_.in_background(
      [change = *change](CommitStore& store) { return store.settle_branch(change); },
      [this](const Status& settled) {
        if (settled) {
          warned_ = false;
          return;
        }
        if (!std::exchange(warned_, true)) {
          announcer_.warn("the branch does not say what runs: " + settled.error().message +
                          "; it is tried again");
        }
        settle_later();
      });
}

}  // namespace livefix::control
