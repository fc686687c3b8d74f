// What goes on, second by second, for whoever watches: GET /v1/watch (docs/control-api.md). Keeps
// the time line; everything else is asked for only while somebody watches, once for all of them.
// Owned by RunWorld, used on the driver's thread.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/control_api.h"
#include "control/service_facts.h"
#include "control/timeline.h"
#include "control/timeline_marks.h"
#include "control/traffic.h"

namespace livefix::control {

class LiveFeed {
 public:
  static constexpr std::size_t kMostWatchers = 64;
  static constexpr std::size_t kMostCrashes = 50;

  struct Sources {
    const Traffic& traffic;
    // Without their processes; asked each second.
    std::function<std::vector<ServiceFacts>()> generations;
    // Those of releases; crashes are known here.
    std::function<std::vector<TimelineMark>(WallTime since)> marks;
    // JSON each, as their routes answer it; "null" where there is none.
    std::function<std::string()> status;
    std::function<std::string()> rollout;
    std::function<std::string()> symptoms;
    std::function<std::string()> history;
  };

  // What `sources` refer to must outlive this.
  LiveFeed(boost::asio::io_context& context, Sources sources);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // From now on it reads by itself, at each whole second.
  void begin();
  void crashed(std::string text);
  // One second. For begin(), and for tests.
  void tick(UnixSecond now);
  // This must outlive the API.
  std::vector<ControlApi::Route> routes();

 private:
  static constexpr std::size_t kTexts = 5;
  // Of status, rollout, symptoms, history, marks, in this order.
  using Texts = std::array<std::string, kTexts>;

  void tick_later();
  void watch(const ApiRequest& request, const ApiReply& reply);
  Texts ask(UnixSecond now) const;
  std::string marks_json(UnixSecond now) const;
  // `before`: what the watcher knows, of which only what differs is said.
  std::string message(std::string_view event, UnixSecond since, UnixSecond now, const Texts& texts,
                      const Texts* before) const;

  const Sources sources_;
  boost::asio::steady_timer timer_;
  Timeline timeline_;
  std::deque<TimelineMark> crashes_;  // oldest first
  std::map<std::uint64_t, ApiReply> watchers_;
  std::uint64_t last_watcher_ = 0;
  UnixSecond told_{};  // until when all watchers know it
  Texts texts_;        // what they know
};

}  // namespace livefix::control
