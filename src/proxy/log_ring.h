// Lines on their way from one worker, which must not wait, to the thread that writes them. Bounded;
// no lock, no allocation. The worker appends, the writer takes; each index has one writer.
#pragma once

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace livefix::proxy {

class LogRing {
 public:
  static constexpr std::size_t kUsual = 1 << 20;  // 3,000 to 5,000 lines

  // `capacity` is a power of two. `wake` is an eventfd, which has to stay; it is written to when
  // the first line comes, and when half of the ring is full.
  explicit LogRing(int wake, std::size_t capacity = kUsual)
      : capacity_(capacity), wake_(wake), bytes_(new char[capacity]) {}

  // --- the worker's ---
  // Whole lines only. False when there is no room: the line is counted and gone.
  bool append(std::string_view line) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t used = head - tail_.load(std::memory_order_acquire);
    if (line.size() > capacity_ - used) {
      dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
    const std::size_t at = head & (capacity_ - 1);
    const std::size_t first = std::min(line.size(), capacity_ - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    // In one order for both threads: either this one sees that the other has taken everything and
    // wakes it, or the other sees the line before it sleeps.
    head_.store(head + line.size(), std::memory_order_seq_cst);
    const bool was_empty = tail_.load(std::memory_order_seq_cst) == head;
    if (was_empty || (used < capacity_ / 2 && used + line.size() >= capacity_ / 2)) wake();
    return true;
  }

  // --- the writer's ---
  // What is there, oldest first, in two pieces; the second may be empty. It ends with a line.
  std::array<iovec, 2> content() const {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const auto size = static_cast<std::size_t>(head_.load(std::memory_order_seq_cst) - tail);
    const std::size_t at = tail & (capacity_ - 1);
    const std::size_t first = std::min(size, capacity_ - at);
    return {iovec{bytes_.get() + at, first}, iovec{bytes_.get(), size - first}};
  }
  void take(std::size_t bytes) {
    tail_.store(tail_.load(std::memory_order_relaxed) + bytes, std::memory_order_seq_cst);
  }
  std::size_t size() const {
    return static_cast<std::size_t>(head_.load(std::memory_order_seq_cst) -
                                    tail_.load(std::memory_order_relaxed));
  }
  bool is_half_full() const { return size() >= capacity_ / 2; }
  // Lines that found no room, ever.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  const std::size_t capacity_;
  const int wake_;
  const std::unique_ptr<char[]> bytes_;  // touched only as far as it is used
  // Count up without end; modulo capacity they are places. Each in a cache line of its own.
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> dropped_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace livefix::proxy
