#include "os/event_loop.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

namespace livefix::os {

Result<EventLoop> EventLoop::create() {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("epoll_create1");
  return EventLoop(std::move(epoll));
}

Status EventLoop::add(int fd, std::uint32_t events, EventSink& sink) {
  epoll_event event{.events = events, .data = {.ptr = &sink}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return fail_errno("epoll_ctl add");
  return {};
}

Status EventLoop::modify(int fd, std::uint32_t events, EventSink& sink) {
  epoll_event event{.events = events, .data = {.ptr = &sink}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) < 0) return fail_errno("epoll_ctl mod");
  return {};
}

void EventLoop::remove(int fd, EventSink& sink) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (auto& event : pending_) {
    if (event.data.ptr == &sink) event.data.ptr = nullptr;
  }
}

int EventLoop::wait_milliseconds(std::optional<Milliseconds> timeout) const {
  if (!timers_.empty()) {
    const auto until_timer = std::chrono::ceil<Milliseconds>(timers_.begin()->first - Clock::now());
    timeout = std::min(timeout.value_or(until_timer), until_timer);
  }
  if (!timeout) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(timeout->count(), 0, 3'600'000));
}

void EventLoop::run_once(std::optional<Milliseconds> timeout) {
  const int count = epoll_wait(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()),
                               wait_milliseconds(timeout));
  now_ = Clock::now();
  pending_ = std::span(batch_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!pending_.empty()) {
    const epoll_event event = pending_.front();
    pending_ = pending_.subspan(1);
    if (event.data.ptr) static_cast<EventSink*>(event.data.ptr)->on_events(event.events);
  }
  fire_timers();
}

void EventLoop::run() {
  stopped_ = false;
  while (!stopped_) run_once();
}

void EventLoop::fire_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Timer& timer = *timers_.begin()->second;
    timer.stop();
    timer.callback_();
  }
}

void Timer::start(Milliseconds delay) {
  stop();
  place_ = loop_.timers_.emplace(Clock::now() + delay, this);
}

void Timer::stop() {
  if (place_) loop_.timers_.erase(*place_);
  place_.reset();
}

Watch::Watch(EventLoop& loop, int fd, std::uint32_t events, Callback callback)
    : loop_(loop), fd_(fd), callback_(std::move(callback)) {
  if (const auto added = loop_.add(fd_, events, *this); !added) {
    fmt::print(stderr, "livefix: {}\n", added.error().message);
    std::abort();
  }
}

void Watch::modify(std::uint32_t events) {
  if (const auto changed = loop_.modify(fd_, events, *this); !changed) {
    fmt::print(stderr, "livefix: {}\n", changed.error().message);
    std::abort();
  }
}

void Watch::stop() {
  if (fd_ >= 0) loop_.remove(fd_, *this);
  fd_ = -1;
}

}  // namespace livefix::os
