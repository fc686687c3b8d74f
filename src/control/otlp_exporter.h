// Sends spans to a collector by OTLP/HTTP, in batches, one at a time. What it does not take is
// tried again with growing pauses; what finds no room meanwhile is dropped and counted, and nobody
// waits. Owned by TraceReporter, used on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/notify_schedule.h"
#include "control/otlp_span.h"
#include "control/web_client.h"

namespace livefix::control {

class OtlpExporter {
 public:
  static constexpr std::size_t kMostWaiting = 2'048;
  static constexpr std::size_t kMostInBatch = 256;

  struct Seams {
    // One try with this body, as WebClient::post().
    std::function<void(const std::string& body, WebClient::Then)> post;
    std::function<void(const std::string&)> warn;  // a sentence without the collector's name
    std::function<double()> chance;                // from 0 to 1
    Milliseconds pause{5'000};                     // so long a span waits for others
    NotifySchedule schedule{
        .pauses = {Milliseconds{1'000}, Milliseconds{2'000}, Milliseconds{5'000},
                   Milliseconds{10'000}, Milliseconds{30'000}},
        .longest = Milliseconds{120'000}};
  };

  // `context` must outlive this.
  OtlpExporter(boost::asio::io_context& context, std::vector<SpanAttribute> resource, Seams seams);

  // Sends nothing itself.
  void add(TraceSpan span);
  // Of somebody who had no span to add, because it would have been too many.
  void drop(std::uint64_t count) { dropped_ += count; }

  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void send_later(Milliseconds pause);
  void send_batch();
  void try_batch();
  void ended(const WebAnswer& answer);
  void taken(const WebAnswer& answer);
  void batch_is_over();
  void warn_once(const std::string& what);

  const std::vector<SpanAttribute> resource_;
  const Seams seams_;
  boost::asio::steady_timer timer_;
  std::deque<TraceSpan> waiting_;
  std::string batch_;                 // that is on its way, or waits for its next try; empty: none
  std::size_t batch_size_ = 0;        // spans of it
  std::size_t tries_ = 0;             // of it
  bool is_waiting_ = false;           // for others to send with; not with a batch
  bool is_in_trouble_ = false;        // which was told
  bool is_rejected_in_part_ = false;  // which was told
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_before_trouble_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace livefix::control
