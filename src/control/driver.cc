#include "control/driver.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdio>
#include <span>

#include "control/run_world.h"
#include "model/codec.h"
#include "os/link_socket.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

}  // namespace

struct Driver::Impl {
  Impl(os::Fd fd, DriverSeams with)
      : seams(std::move(with)), link(std::move(fd)), descriptor(context, link.fd()) {}
  ~Impl() {
    world.reset();
    descriptor.release();  // it is the link's
  }

  void receive() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this](const ErrorCode& error) {
                            if (error) return;
                            // A few at a time, so that timers and output get their turn.
                            for (int messages = 0; messages < 32 && !closed; ++messages) {
                              auto outcome = link.receive();
                              if (std::holds_alternative<os::NothingYet>(outcome)) break;
                              if (std::holds_alternative<os::LinkClosed>(outcome)) return close();
                              on_packet(std::get<os::Packet>(std::move(outcome)));
                            }
                            if (!closed) receive();
                          });
  }

  void on_packet(os::Packet packet) {
    auto message = codec::decode<link::ToControl>(packet.bytes);
    if (!message) return fail(message.error().message);
    if (auto* welcome = std::get_if<link::Welcome>(&*message)) {
      return on_welcome(std::move(*welcome), std::move(packet.fds));
    }
    if (world) world->on_message(*message, std::move(packet.fds));
  }

  void on_welcome(link::Welcome welcome, std::vector<os::Fd> fds) {
    if (world) return;
    const bool is_whole = fds.size() >= 5 && !welcome.run.services.empty() &&
                          welcome.services.size() == welcome.run.services.size();
    if (welcome.version != link::kLinkVersion || !is_whole) {
      return fail(fmt::format("the keeper speaks version {} of the link, and this is version {}",
                              welcome.version, link::kLinkVersion));
    }
    WelcomeFds parts{std::move(fds[0]), std::move(fds[1]), std::move(fds[2]),
                     std::move(fds[3]), std::move(fds[4]), {}};
    for (std::size_t i = 5; i < fds.size(); ++i) parts.outputs.push_back(std::move(fds[i]));
    world = std::make_unique<RunWorld>(
        context, seams, std::move(welcome), std::move(parts),
        [this](const link::FromControl& order, std::span<const int> descriptors) {
          send(order, descriptors);
        },
        [this] { close(); });
    if (const auto begun = world->begin(); !begun) give_up(begun.error().message);
  }

  void send(const link::FromControl& order, std::span<const int> fds) {
    if (closed) return;
    if (!link.send(codec::encode(order), fds)) return close();
    flush_later();
  }

  void flush_later() {
    if (!link.has_backlog() || flushing) return;
    flushing = true;
    descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                          [this](const ErrorCode& error) {
                            flushing = false;
                            if (error || closed) return;
                            if (!link.flush()) return close();
                            flush_later();
                          });
  }

  // It ends, and livefix with it.
  void give_up(const std::string& reason) {
    fmt::print(stderr, "livefix: {}\n", reason);
    exit_status = 1;
    send(link::Finish{1}, {});
  }

  // The keeper starts another control, which may fare better.
  void fail(const std::string& reason) {
    fmt::print(stderr, "livefix: control: {}\n", reason);
    exit_status = 1;
    close();
  }

  // The keeper is gone, or has no more use for this control.
  void close() {
    closed = true;
    context.stop();
  }

  const DriverSeams seams;
  asio::io_context context{1};
  os::LinkSocket link;
  asio::posix::stream_descriptor descriptor;
  std::unique_ptr<RunWorld> world;
  bool closed = false;
  bool flushing = false;
  int exit_status = 0;
};

Driver::Driver(os::Fd link, DriverSeams seams)
    : impl_(std::make_unique<Impl>(std::move(link), std::move(seams))) {}

Driver::~Driver() = default;

int Driver::run() {
  impl_->receive();
  impl_->context.run();
  if (impl_->world) impl_->world->on_link_closed();
  return impl_->exit_status;
}

}  // namespace livefix::control
