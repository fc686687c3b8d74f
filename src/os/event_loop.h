// One epoll loop for one thread: descriptors, timers, nothing else. The keeper has one, each
// proxy worker has one. Nothing here may be called from another thread; wake a loop through an
// eventfd that it watches.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

// What a descriptor belongs to. It may remove itself or others inside on_events: what is left of
// the batch for a removed sink is dropped. It must not be destroyed inside its own on_events.
class EventSink {
 public:
  virtual void on_events(std::uint32_t events) noexcept = 0;

 protected:
  ~EventSink() = default;
};

class EventLoop {
 public:
  static Result<EventLoop> create();

  // `events` as in epoll_ctl(2), EPOLLET included. `sink` must stay until remove. A sink may have
  // several descriptors only if it need not know which one became ready.
  Status add(int fd, std::uint32_t events, EventSink& sink);
  Status modify(int fd, std::uint32_t events, EventSink& sink);
  // Call before closing `fd`.
  void remove(int fd, EventSink& sink);

  // Waits for at most `timeout` (nullopt: until something happens), then dispatches one batch
  // and the timers that are due. The time of the batch is `now()`.
  void run_once(std::optional<Milliseconds> timeout = std::nullopt);
  void run();  // until stop()
  void stop() { stopped_ = true; }

  // The time at which the current batch was taken.
  TimePoint now() const { return now_; }

 private:
  friend class Timer;
  using Timers = std::multimap<TimePoint, class Timer*>;

  explicit EventLoop(Fd epoll) : epoll_(std::move(epoll)), now_(Clock::now()) {}
  int wait_milliseconds(std::optional<Milliseconds> timeout) const;
  void fire_timers();

  Fd epoll_;
  TimePoint now_;
  bool stopped_ = false;
  Timers timers_;
  std::array<epoll_event, 256> batch_{};
  std::span<epoll_event> pending_;  // what is left of the batch in dispatch
};

// A function called once at a time, unless stopped or destroyed before. The loop must outlive it.
// It may be started again inside its own call.
class Timer {
 public:
  using Callback = std::move_only_function<void()>;

  Timer(EventLoop& loop, Callback callback) : loop_(loop), callback_(std::move(callback)) {}
  ~Timer() { stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(Milliseconds delay);  // from now; a running timer starts anew
  void stop();
  bool running() const { return place_.has_value(); }

 private:
  friend class EventLoop;
  EventLoop& loop_;
  Callback callback_;
  std::optional<EventLoop::Timers::iterator> place_;
};

// An EventSink that calls a function, where a class of its own would say no more.
class Watch final : private EventSink {
 public:
  using Callback = std::move_only_function<void(std::uint32_t events)>;

  // Watches `fd`, which must stay open as long as this. A failure of epoll_ctl is a programming
  // error here (a bad descriptor) and ends the process.
  Watch(EventLoop& loop, int fd, std::uint32_t events, Callback callback);
  ~Watch() { stop(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void modify(std::uint32_t events);
  // Nothing comes any more. Allowed inside the callback, unlike destruction.
  void stop();

 private:
  void on_events(std::uint32_t events) noexcept override { callback_(events); }

  EventLoop& loop_;
  int fd_;
  Callback callback_;
};

}  // namespace livefix::os
