// The recorded exchanges of all services, in memory that outlives this (observe/record_store.h).
// Bounded: of each service's share three quarters are for failures and one is for healthy samples,
// and where there is no room the oldest of the kind that is there most often goes, so that a storm
// of one failure does not push out the others. Not safe on several threads.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "observe/exchange_record.h"
#include "observe/record_store.h"

namespace livefix::observe {

// One share of the memory. Kinds are forgotten with their last record.
class RecordPool {
 public:
  explicit RecordPool(std::span<char> memory);

  // False: it would not even fit alone.
  bool add(std::uint64_t id, const std::string& kind, std::string_view bytes);
  // Older ones make room. False: it is not there, or would not even fit beside what it was.
  bool replace(std::uint64_t id, std::string_view bytes);
  const RecordStore& store() const { return store_; }
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  using Kinds = std::map<std::string, std::deque<std::uint64_t>, std::less<>>;

  void note(std::uint64_t id, const std::string& kind);
  void forget_one();

  RecordStore store_;
  Kinds kinds_;  // with the ids of each, oldest first
  // The kind whose oldest record goes next is the first: how many there are, less than nothing, and
  // the oldest.
  std::set<std::tuple<std::int64_t, std::uint64_t, const std::string*>> order_;
  std::uint64_t forgotten_ = 0;
};

struct RecordFilter {
  std::optional<std::size_t> service_index;  // nothing: all
  std::string route;                         // "/cart/:id"; empty: all
  std::optional<int> status;
  std::optional<RecordCause> cause;
  bool failures_only = false;
};

class Recorder {
 public:
  // `memory` must outlive this; `shares` are the bytes of each service, one behind the other in it.
  // What is there already is taken over.
  Recorder(std::span<char> memory, const std::vector<std::size_t>& shares);

  // Bytes that a proxy has written: what is no record, or of no service, is passed over. Its id; 0:
  // it is not kept.
  std::uint64_t add(std::string_view bytes);
  // What the program wrote about a failure that is kept, without secrets; where there is room.
  void note_line(const ExchangeRecord& failure, std::string_view line);
  // Failures that are kept, the oldest first, without their messages.
  void for_each_failure(const std::function<void(const ExchangeRecord&)>& visit) const;

  // Newest first.
  std::vector<ExchangeRecord> newest(const RecordFilter& filter, std::size_t most) const;
  std::optional<ExchangeRecord> find(std::uint64_t id) const;

  std::size_t kept() const;
  std::uint64_t forgotten() const;  // for want of room, by this one
  std::uint64_t refused() const { return refused_; }

 private:
  struct Service {
    RecordPool failures;
    RecordPool healthy;
  };

  std::vector<Service> services_;
  std::uint64_t last_id_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace livefix::observe
