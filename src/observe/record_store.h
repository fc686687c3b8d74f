// Records in memory that somebody else owns and that outlives this process, so that a control that
// is killed loses none of them. The memory is cut into blocks of 1 KiB; a record is a chain of
// these, and an entry of a table says which. A record is there once its entry has its id, which is
// written last; what a kill has left half written belongs to nobody and is free again.
//
// All-zero bytes are a valid start; blocks that were never used are never touched. One writer. The
// memory is not shared with the proxy, but nothing in it is trusted: what makes no sense is
// dropped. Not safe on several threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::observe {

class RecordStore {
 public:
  static constexpr std::size_t kBlock = 1024;

  // `memory` must outlive this, and be aligned as for 64-bit numbers. Less than a few KiB hold
  // nothing.
  explicit RecordStore(std::span<char> memory);

  // What is there, oldest id first.
  std::vector<std::uint64_t> ids() const;
  bool has(std::uint64_t id) const { return used_.contains(id); }
  // False: there is no room, or something is there under this id. 0 is no id.
  bool put(std::uint64_t id, std::string_view bytes);
  // Instead of what is there; killed within, one of the two is there. False: there is no room.
  bool replace(std::uint64_t id, std::string_view bytes);
  std::optional<std::string> get(std::uint64_t id) const;
  void remove(std::uint64_t id);

  bool fits(std::size_t size) const;
  // Whether it would, were nothing else there.
  bool could_fit(std::size_t size) const { return size > 0 && blocks_for(size) <= blocks_; }

 private:
  struct Entry;
  struct Block;

  // Into free blocks, under a free entry: its index.
  std::uint32_t write(std::uint64_t id, std::string_view bytes);
  void release(Entry& one);
  static std::size_t blocks_for(std::size_t size);
  Entry* find(std::uint64_t id) const;
  Entry& entry(std::size_t index) const;
  Block& block(std::size_t index) const;
  // The chain of an entry, which makes sense; empty: it makes none.
  std::vector<std::uint32_t> chain_of(const Entry& entry) const;

  std::span<char> memory_;
  std::size_t entries_ = 0;
  std::size_t blocks_ = 0;
  std::vector<std::uint32_t> free_blocks_;  // the last one is used next
  std::vector<std::uint32_t> free_entries_;
  std::map<std::uint64_t, std::uint32_t> used_;  // ids and entries
};

}  // namespace livefix::observe
