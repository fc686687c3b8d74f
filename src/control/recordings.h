// The recorder: takes what the proxy's workers have recorded out of their rings, keeps it, and
// shows it to whoever asks the control API (docs/recorder.md). Owned by RunWorld, on the driver's
// thread.
//
// The rings are looked at when a worker says that one has something, ten times a second at most,
// and when somebody asks; where nothing is recorded nothing happens here. What is taken is in
// memory of the keeper's before it is out of its ring, so that a control that is killed loses none
// of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <vector>

#include "control/control_api.h"
#include "model/record_ring.h"
#include "model/run_spec.h"
#include "observe/recorder.h"
#include "observe/redaction.h"
#include "os/fd.h"
#include "os/shared_memory.h"

namespace livefix::control {

class Recordings {
 public:
  static constexpr std::chrono::milliseconds kPause{100};  // between two looks

  // As link::Welcome brings them. What cannot be mapped holds nothing. `context` and `run` must
  // outlive this.
  struct Fds {
    os::Fd rings;
    os::Fd wake;
    os::Fd kept;
  };
  Recordings(boost::asio::io_context& context, const RunSpec& run, std::size_t workers, Fds fds);
  ~Recordings();
  Recordings(const Recordings&) = delete;
  Recordings& operator=(const Recordings&) = delete;

  // This must outlive the API.
  std::vector<ControlApi::Route> routes();

  // As they were, secrets and all: nobody may see them but through redaction_of().
  std::optional<observe::ExchangeRecord> find(std::uint64_t id);
  std::vector<observe::ExchangeRecord> newest(const observe::RecordFilter& filter,
                                              std::size_t most);
  const observe::Redaction& redaction_of(std::size_t service_index) const {
    return redactions_.at(service_index);
  }

 private:
  void wait();
  void look_later();
  // Takes what is there; false: nothing was.
  bool look();
  void list(const ApiRequest& request, const ApiReply& reply);
  void tell(const ApiRequest& request, const ApiReply& reply);
  std::uint64_t dropped() const;

  const RunSpec& run_;
  std::optional<os::Mapping> ring_memory_;
  std::optional<os::Mapping> kept_memory_;
  std::vector<RecordRingReader> rings_;
  std::optional<observe::Recorder> recorder_;
  std::vector<observe::Redaction> redactions_;  // of each service
  boost::asio::posix::stream_descriptor wake_;
  boost::asio::steady_timer timer_;
};

}  // namespace livefix::control
