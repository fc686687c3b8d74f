// A thread for work that blocks (Git, files, the ledger's sync), one job after the other, so that
// control's own thread never waits. Owned by the driver.
//
// A job runs on the thread of this, and touches nothing of control's; what it returns is handed to
// `then` on control's thread. At the end jobs that were not begun are dropped, the one that runs is
// waited for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace livefix::control {

class Background {
 public:
  // `context` is control's, and must outlive this.
  explicit Background(boost::asio::io_context& context) : context_(context) {}
  ~Background() {
    pool_.stop();
    pool_.join();
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  template <class Job, class Then>
  void run(Job job, Then then) {
    boost::asio::post(pool_, [this, job = std::move(job), then = std::move(then)]() mutable {
      boost::asio::post(context_,
                        [result = job(), then = std::move(then), alive = weak()]() mutable {
                          if (!alive.expired()) then(std::move(result));
                        });
    });
  }

 private:
  std::weak_ptr<const bool> weak() const { return alive_; }

  boost::asio::io_context& context_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  boost::asio::thread_pool pool_{1};
};

}  // namespace livefix::control
