#include "observe/recorder.h"

#include <algorithm>

#include "model/grpc_status.h"

namespace livefix::observe {
namespace {

bool fits(const ExchangeRecord& record, const RecordFilter& filter) {
  return (filter.route.empty() || record.route == filter.route) &&
         (!filter.status || http_status_in(record.status) == *filter.status) &&
         (!filter.cause || record.cause == *filter.cause);
}

std::optional<ExchangeRecord> read(const RecordStore& store, std::uint64_t id) {
  const auto bytes = store.get(id);
  const auto frame = bytes ? decode_record(*bytes) : std::nullopt;
  if (!frame) return std::nullopt;
  return parse_exchange(id, *frame);
}

}  // namespace

// --- one share -----------------------------------------------------------------------------------

RecordPool::RecordPool(std::span<char> memory) : store_(memory) {
  for (const std::uint64_t id : store_.ids()) {
    const auto bytes = store_.get(id);
    const auto frame = bytes ? decode_record(*bytes) : std::nullopt;
    if (frame) {
      note(id, kind_of(*frame));
    } else {
      store_.remove(id);
    }
  }
}

bool RecordPool::add(std::uint64_t id, const std::string& kind, std::string_view bytes) {
  if (!store_.could_fit(bytes.size())) return false;
  while (!store_.fits(bytes.size())) forget_one();
  if (!store_.put(id, bytes)) return false;
  note(id, kind);
  return true;
}

bool RecordPool::replace(std::uint64_t id, std::string_view bytes) {
  if (!store_.could_fit(2 * bytes.size())) return false;
  while (!store_.fits(bytes.size()) && store_.has(id)) forget_one();
  return store_.replace(id, bytes);
}

void RecordPool::note(std::uint64_t id, const std::string& kind) {
  auto& [name, ids] = *kinds_.try_emplace(kind).first;
  const auto count = -static_cast<std::int64_t>(ids.size());
  if (!ids.empty()) order_.erase({count, ids.front(), &name});
  ids.push_back(id);
  order_.insert({count - 1, ids.front(), &name});
}

void RecordPool::forget_one() {
  const auto [count, oldest, name] = *order_.begin();
  order_.erase(order_.begin());
  const auto kind = kinds_.find(*name);
  store_.remove(oldest);
  ++forgotten_;
  kind->second.pop_front();
  if (kind->second.empty()) {
    kinds_.erase(kind);
  } else {
    order_.insert({count + 1, kind->second.front(), name});
  }
}

// --- all services --------------------------------------------------------------------------------

Recorder::Recorder(std::span<char> memory, const std::vector<std::size_t>& shares) {
  constexpr std::size_t kAligned = 4096;
  for (const std::size_t wanted : shares) {
    const std::size_t share = std::min(wanted, memory.size()) / kAligned * kAligned;
    const std::size_t healthy = share / 4 / kAligned * kAligned;
    const auto mine = memory.first(share);
    services_.push_back({RecordPool(mine.subspan(healthy)), RecordPool(mine.first(healthy))});
    memory = memory.subspan(share);
    for (const RecordPool* pool : {&services_.back().failures, &services_.back().healthy}) {
      const auto ids = pool->store().ids();
      if (!ids.empty()) last_id_ = std::max(last_id_, ids.back());
    }
  }
}

std::uint64_t Recorder::add(std::string_view bytes) {
  const auto frame = decode_record(bytes);
  if (!frame || frame->service_index >= services_.size()) {
    ++refused_;
    return 0;
  }
  Service& service = services_[frame->service_index];
  RecordPool& pool = frame->cause == RecordCause::healthy ? service.healthy : service.failures;
  if (pool.add(last_id_ + 1, kind_of(*frame), bytes)) return ++last_id_;
  ++refused_;
  return 0;
}

void Recorder::note_line(const ExchangeRecord& failure, std::string_view line) {
  if (failure.service_index >= services_.size()) return;
  RecordPool& pool = services_[failure.service_index].failures;
  const auto bytes = pool.store().get(failure.id);
  auto frame = bytes ? decode_record(*bytes) : std::nullopt;
  if (!frame) return;
  frame->joined = true;
  frame->line = line;
  RecordFrameFixed fixed;
  std::string with_line;
  for (const auto piece : encode_record(*frame, fixed)) with_line += piece;
  pool.replace(failure.id, with_line);
}

void Recorder::for_each_failure(const std::function<void(const ExchangeRecord&)>& visit) const {
  std::map<std::uint64_t, const RecordStore*> all;
  for (const Service& service : services_) {
    const RecordStore& store = service.failures.store();
    for (const std::uint64_t id : store.ids()) all.emplace(id, &store);
  }
  for (const auto& [id, store] : all) {
    const auto bytes = store->get(id);
    const auto frame = bytes ? decode_record(*bytes) : std::nullopt;
    if (frame) visit(parse_exchange_briefly(id, *frame));
  }
}

std::vector<ExchangeRecord> Recorder::newest(const RecordFilter& filter, std::size_t most) const {
  std::vector<std::pair<std::uint64_t, const RecordStore*>> all;
  for (std::size_t index = 0; index < services_.size(); ++index) {
    if (filter.service_index && *filter.service_index != index) continue;
    const Service& service = services_[index];
    for (const RecordPool* pool : {&service.failures, &service.healthy}) {
      if (filter.failures_only && pool == &service.healthy) continue;
      for (const std::uint64_t id : pool->store().ids()) all.emplace_back(id, &pool->store());
    }
  }
  std::ranges::sort(all, std::greater());
  std::vector<ExchangeRecord> found;
  for (const auto& [id, store] : all) {
    if (found.size() >= most) break;
    auto record = read(*store, id);
    if (record && fits(*record, filter)) found.push_back(std::move(*record));
  }
  return found;
}

std::optional<ExchangeRecord> Recorder::find(std::uint64_t id) const {
  for (const Service& service : services_) {
    for (const RecordPool* pool : {&service.failures, &service.healthy}) {
      if (auto record = read(pool->store(), id)) return record;
    }
  }
  return std::nullopt;
}

std::size_t Recorder::kept() const {
  std::size_t count = 0;
  for (const Service& service : services_) {
    count += service.failures.store().ids().size() + service.healthy.store().ids().size();
  }
  return count;
}

std::uint64_t Recorder::forgotten() const {
  std::uint64_t count = 0;
  for (const Service& service : services_) {
    count += service.failures.forgotten() + service.healthy.forgotten();
  }
  return count;
}

}  // namespace livefix::observe
