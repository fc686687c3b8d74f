#include "observe/record_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

namespace livefix::observe {

struct RecordStore::Entry {
  std::atomic<std::uint64_t> id;  // 0: nobody's
  std::uint32_t first;            // block
  std::uint32_t size;             // of the record
};

struct RecordStore::Block {
  static constexpr std::size_t kBytes = kBlock - sizeof(std::uint32_t);

  std::uint32_t next;
  std::array<char, kBytes> bytes;
};

// One entry for each two blocks: few records are smaller than that.
RecordStore::RecordStore(std::span<char> memory) : memory_(memory) {
  static_assert(sizeof(Block) == kBlock && sizeof(Entry) == 16);
  entries_ = memory.size() / (2 * kBlock + sizeof(Entry));
  blocks_ = (memory.size() - entries_ * sizeof(Entry)) / kBlock;
  if (entries_ == 0) blocks_ = 0;
  std::vector<bool> is_used(blocks_);
  for (std::size_t index = entries_; index-- > 0;) {
    Entry& one = entry(index);
    const std::uint64_t id = one.id.load(std::memory_order_relaxed);
    const auto chain = id == 0 ? std::vector<std::uint32_t>() : chain_of(one);
    const bool is_sound =
        !used_.contains(id) && !chain.empty() &&
        std::ranges::none_of(chain, [&](std::uint32_t block) { return is_used[block]; });
    if (!is_sound) {
      // Never written, so that untouched memory stays so.
      if (id != 0) one.id.store(0, std::memory_order_relaxed);
      free_entries_.push_back(static_cast<std::uint32_t>(index));
      continue;
    }
    for (const std::uint32_t block : chain) is_used[block] = true;
    used_.emplace(id, static_cast<std::uint32_t>(index));
  }
  for (std::size_t block = blocks_; block-- > 0;) {
    if (!is_used[block]) free_blocks_.push_back(static_cast<std::uint32_t>(block));
  }
}

RecordStore::Entry& RecordStore::entry(std::size_t index) const {
  return reinterpret_cast<Entry*>(memory_.data())[index];
}

RecordStore::Block& RecordStore::block(std::size_t index) const {
  char* const blocks = memory_.data() + entries_ * sizeof(Entry);
  return *reinterpret_cast<Block*>(blocks + index * kBlock);
}

std::size_t RecordStore::blocks_for(std::size_t size) {
  return (size + Block::kBytes - 1) / Block::kBytes;
}

bool RecordStore::fits(std::size_t size) const {
  return size > 0 && blocks_for(size) <= free_blocks_.size() && !free_entries_.empty();
}

std::vector<std::uint32_t> RecordStore::chain_of(const Entry& entry) const {
  const std::size_t count = blocks_for(entry.size);
  if (count == 0 || count > blocks_) return {};
  std::vector<std::uint32_t> chain;
  for (std::uint32_t at = entry.first; chain.size() < count; at = block(at).next) {
    if (at >= blocks_) return {};
    chain.push_back(at);
  }
  std::vector<std::uint32_t> sorted = chain;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) return {};
  return chain;
}

std::vector<std::uint64_t> RecordStore::ids() const {
  std::vector<std::uint64_t> all;
  for (const auto& [id, index] : used_) all.push_back(id);
  return all;
}

RecordStore::Entry* RecordStore::find(std::uint64_t id) const {
  const auto found = used_.find(id);
  return found == used_.end() ? nullptr : &entry(found->second);
}

bool RecordStore::put(std::uint64_t id, std::string_view bytes) {
  if (id == 0 || !fits(bytes.size()) || find(id)) return false;
  used_.emplace(id, write(id, bytes));
  return true;
}

bool RecordStore::replace(std::uint64_t id, std::string_view bytes) {
  const auto found = used_.find(id);
  if (found == used_.end() || !fits(bytes.size())) return false;
  Entry& before = entry(found->second);
  found->second = write(id, bytes);
  release(before);
  return true;
}

std::uint32_t RecordStore::write(std::uint64_t id, std::string_view bytes) {
  const std::uint32_t index = free_entries_.back();
  Entry& one = entry(index);
  one.first = free_blocks_.back();
  one.size = static_cast<std::uint32_t>(bytes.size());
  while (!bytes.empty()) {
    Block& piece = block(free_blocks_.back());
    free_blocks_.pop_back();
    const std::size_t size = std::min(bytes.size(), piece.bytes.size());
    std::memcpy(piece.bytes.data(), bytes.data(), size);
    bytes.remove_prefix(size);
    piece.next = bytes.empty() ? 0 : free_blocks_.back();
  }
  free_entries_.pop_back();
  one.id.store(id, std::memory_order_release);
  return index;
}

std::optional<std::string> RecordStore::get(std::uint64_t id) const {
  const Entry* one = find(id);
  if (!one) return std::nullopt;
  std::string bytes;
  for (const std::uint32_t at : chain_of(*one)) {
    const std::size_t size = std::min(one->size - bytes.size(), Block::kBytes);
    bytes.append(block(at).bytes.data(), size);
  }
  return bytes;
}

void RecordStore::remove(std::uint64_t id) {
  Entry* one = find(id);
  if (!one) return;
  release(*one);
  used_.erase(id);
}

void RecordStore::release(Entry& one) {
  const auto chain = chain_of(one);
  one.id.store(0, std::memory_order_release);
  free_blocks_.insert(free_blocks_.end(), chain.begin(), chain.end());
  free_entries_.push_back(static_cast<std::uint32_t>(&one - &entry(0)));
}

}  // namespace livefix::observe
