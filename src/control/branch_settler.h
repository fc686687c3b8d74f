// Sees that the live branch says what runs, whoever died while it should have been moved: Git,
// whose hook was told that a push is taken, or a control between a rollback and its commit. Owned
// by RunWorld, used on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "control/announcer.h"
#include "control/release_office.h"

namespace livefix::control {

class BranchSettler {
 public:
  // While `is_busy` a rollout or a rollback is about to move it. All must outlive this.
  BranchSettler(boost::asio::io_context& context, ReleaseOffice& office, Announcer announcer,
                std::function<bool()> is_busy);

  // After Git had its time to move the branch itself. Tried again until it is done.
  void settle_later();

 private:
  void settle();

  ReleaseOffice& office_;
  const Announcer announcer_;
  const std::function<bool()> is_busy_;
  boost::asio::steady_timer timer_;
  bool warned_ = false;
};

}  // namespace livefix::control
