// The WebSockets of a generation that is going to be cut, and when each of them is told: one after
// the other over the last part of the drain, so that ten thousand clients do not come back in the
// same moment. Paced and not drawn by lot, which would leave bursts. Owned by its generation; one
// loop.
#pragma once

#include <optional>

#include "base/clock.h"
#include "http/websocket_frames.h"
#include "proxy/deadline_list.h"
#include "proxy/intrusive_list.h"

namespace livefix::proxy {

class Exchange;
struct FarewellTag;

class Farewell final : public Deadline {
 public:
  // An exchange whose tunnel is a WebSocket. It leaves by itself.
  void add(Exchange& exchange);

  // `ends`: when the generation is cut; nothing: not at all. `list` must outlive this. May be
  // said again and again; another time than before counts from now on.
  void plan(DeadlineList& list, TimePoint now, std::optional<TimePoint> ends, http::CloseCode code);

  void on_deadline() noexcept override;

 private:
  DeadlineList* list_ = nullptr;
  std::optional<TimePoint> ends_;
  TimePoint last_;  // by then everybody was told
  http::CloseCode code_{};
  IntrusiveList<Exchange, FarewellTag> waiting_;
};

}  // namespace livefix::proxy
