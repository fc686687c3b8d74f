// Records of exchanges on their way from a proxy worker, which must not wait, to control: a ring of
// bytes in memory that both map (a memfd of the keeper's, so that it outlives both). One writer and
// one reader each; no lock, no allocation. All-zero bytes are a valid start, and pages that were
// never written cost nothing.
//
// A record lies in it as its size (32 bits, four bytes of nothing behind them) and its bytes,
// filled up to a multiple of eight. It is there once `head` says so: a writer that is killed before
// that leaves nothing. The reader trusts nothing that is in here, since the proxy parses what
// strangers send and may have been taken over: the worst that it can do is to lose records, or to
// invent some.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace livefix {

struct alignas(64) RecordRing {
  static constexpr std::size_t kBytes = 1 << 20;
  static constexpr std::size_t kMostOfOne = kBytes / 2;
  static constexpr std::size_t kFrame = 8;  // what is in front of a record

  static constexpr std::uint64_t space_of(std::uint64_t size) {
    return kFrame + ((size + 7) & ~std::uint64_t{7});
  }

  // Count up without end; modulo kBytes they are places. Each in a cache line of its own.
  std::atomic<std::uint64_t> head{0};
  std::atomic<std::uint64_t> dropped{0};  // records that found no room, ever
  alignas(64) std::atomic<std::uint64_t> tail{0};
  alignas(64) std::array<char, kBytes> bytes;
};

// The whole mapping: one ring a worker, one behind the other.
constexpr std::size_t record_ring_memory(std::size_t workers) {
  return workers * sizeof(RecordRing);
}

// The worker's side.
class RecordRingWriter {
 public:
  // `ring` must outlive this. `wake` is an eventfd, which has to stay; it is written to when the
  // reader has taken everything that was there before.
  RecordRingWriter(RecordRing& ring, int wake) : ring_(ring), wake_(wake) {}

  // Whether a record of that size would find room now.
  bool has_room(std::size_t size) const {
    const std::uint64_t used =
        ring_.head.load(std::memory_order_relaxed) - ring_.tail.load(std::memory_order_acquire);
    return size <= RecordRing::kMostOfOne && used <= RecordRing::kBytes &&
           RecordRing::space_of(size) <= RecordRing::kBytes - used;
  }
  // One record, in pieces. False when there is no room: it is counted and gone.
  bool append(std::span<const std::string_view> pieces) {
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    if (!has_room(size)) {
      drop();
      return false;
    }
    const std::uint64_t head = ring_.head.load(std::memory_order_relaxed) & ~std::uint64_t{7};
    const auto frame = std::array{static_cast<std::uint32_t>(size), std::uint32_t{0}};
    std::uint64_t at = head;
    at = put(at, {reinterpret_cast<const char*>(frame.data()), sizeof frame});
    for (const auto piece : pieces) at = put(at, piece);
    // In one order for both sides: either this one sees that the other has taken everything and
    // wakes it, or the other sees the record before it sleeps.
    ring_.head.store(head + RecordRing::space_of(size), std::memory_order_seq_cst);
    if (ring_.tail.load(std::memory_order_seq_cst) == head) wake();
    return true;
  }
  void drop() {
    ring_.dropped.store(ring_.dropped.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }

 private:
  std::uint64_t put(std::uint64_t at, std::string_view piece) {
    if (piece.empty()) return at;  // memcpy takes no null pointer, even of nothing
    const std::size_t place = at & (RecordRing::kBytes - 1);
    const std::size_t first = std::min(piece.size(), RecordRing::kBytes - place);
    std::memcpy(ring_.bytes.data() + place, piece.data(), first);
    std::memcpy(ring_.bytes.data(), piece.data() + first, piece.size() - first);
    return at + piece.size();
  }
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  RecordRing& ring_;
  const int wake_;
};

// Control's side. What it has taken is its own, whatever the proxy writes afterwards.
class RecordRingReader {
 public:
  // `ring` must outlive this. Goes on where the reader before it has stopped.
  explicit RecordRingReader(RecordRing& ring)
      : ring_(&ring), tail_(ring.tail.load(std::memory_order_relaxed)) {}

  // The oldest record; nothing: there is none now. It stays in the ring until done() is called, so
  // that a reader that is killed between the two does not take it along.
  std::optional<std::string> next() {
    const std::uint64_t there = ring_->head.load(std::memory_order_seq_cst) - tail_;
    if (there == 0) return std::nullopt;
    if (there < RecordRing::kFrame || there > RecordRing::kBytes || tail_ % 8 != 0) {
      return give_up();
    }
    std::uint32_t size = 0;
    std::memcpy(&size, ring_->bytes.data() + place(tail_), sizeof size);
    if (size > RecordRing::kMostOfOne || RecordRing::space_of(size) > there) return give_up();
    std::string record(size, '\0');
    const std::size_t start = place(tail_ + RecordRing::kFrame);
    const std::size_t first = std::min<std::size_t>(size, RecordRing::kBytes - start);
    std::memcpy(record.data(), ring_->bytes.data() + start, first);
    std::memcpy(record.data() + first, ring_->bytes.data(), size - first);
    taken_ = RecordRing::space_of(size);
    return record;
  }
  void done() {
    tail_ += std::exchange(taken_, 0);
    ring_->tail.store(tail_, std::memory_order_seq_cst);
  }

  std::uint64_t dropped() const { return ring_->dropped.load(std::memory_order_relaxed); }
  // How often what was in it made no sense, and all of it was passed over.
  std::uint64_t damaged() const { return damaged_; }

 private:
  static std::size_t place(std::uint64_t at) { return at & (RecordRing::kBytes - 1); }
  std::nullopt_t give_up() {
    ++damaged_;
    taken_ = 0;
    tail_ = ring_->head.load(std::memory_order_seq_cst) & ~std::uint64_t{7};
    ring_->tail.store(tail_, std::memory_order_seq_cst);
    return std::nullopt;
  }

  RecordRing* ring_;
  std::uint64_t tail_;
  std::uint64_t taken_ = 0;
  std::uint64_t damaged_ = 0;
};

}  // namespace livefix
