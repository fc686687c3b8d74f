#include "control/program_output.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

#include "base/clock.h"
#include "control/announcer.h"
#include "control/line_assembler.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds kHalfLine{100};
constexpr std::size_t kOutputReadAtOnce = 64 * 1024;
constexpr int kOutputReadsInARow = 64;  // read_now takes 4 MiB at most

}  // namespace

// One stream of one unit.
struct ProgramOutput::Source {
  Source(asio::io_context& context, Stream of) : stream(of), descriptor(context), timer(context) {}

  Stream stream;
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;  // until a half line is shown
  LineAssembler assembler;
  std::size_t shown = 0;  // bytes of the half line that are on the screen
  bool waiting = false;   // for the descriptor to become readable
};

struct ProgramOutput::Impl {
  struct Unit {
    UnitId id{};
    std::size_t service_index = 0;
    std::string label;
    std::array<std::shared_ptr<Source>, 2> sources;
    bool finished = false;
  };

  Impl(asio::io_context& in, Console& to, ProgramLog& into, const RunSpec& of, LineSink as_json)
      : context(in), console(to), log(into), run(of), json(std::move(as_json)) {
    for (const ServiceSpec& service : run.services) {
      longest_name = std::max(longest_name, service.name.size());
    }
  }

  std::string prefix_of(const Unit& unit) const {
    const auto running = std::ranges::count_if(units, [&](const auto& entry) {
      return !entry.second.finished && entry.second.service_index == unit.service_index;
    });
    const std::string label = running < 2 ? std::string() : unit.label;
    const std::string rest =
        run.output.colour ? fmt::format("\x1b[2m{} |\x1b[0m ", label) : fmt::format("{} | ", label);
    if (run.services.size() < 2) return label.empty() ? std::string() : rest;
    const std::string& name = run.services[unit.service_index].name;
    return fmt::format("{}{:{}}{}", shown_name(run, unit.service_index), "",
                       longest_name - name.size(), label.empty() ? rest : " " + rest);
  }

  static std::uint64_t key_of(const Unit& unit, const Source& source) {
    return std::uint64_t{number(unit.id)} * 2 + static_cast<std::uint64_t>(source.stream);
  }

  void show_line(Unit& unit, Source& source, const std::string& line) {
    log.add(unit.id, source.stream, line);
    if (observer) observer(unit.service_index, unit.id, line);
    if (json) return json(unit.service_index, unit.label, source.stream, line);
    const std::string_view rest =
        std::string_view(line).substr(std::min(source.shown, line.size()));
    source.shown = 0;
    console.program(key_of(unit, source), source.stream, prefix_of(unit), rest, true);
  }

  void show_half_line(Unit& unit, Source& source) {
    const std::string& rest = source.assembler.rest();
    if (json || rest.size() <= source.shown) return;
    console.program(key_of(unit, source), source.stream, prefix_of(unit),
                    std::string_view(rest).substr(source.shown), false);
    source.shown = rest.size();
  }

  // Returns false at the end of the stream, and when nothing is there yet.
  bool read_once(Unit& unit, Source& source) {
    if (!source.descriptor.is_open()) return false;
    const ssize_t size = ::read(source.descriptor.native_handle(), buffer.data(), buffer.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {  // a pseudo-terminal without writers says EIO
      end(unit, source);
      return false;
    }
    const auto lines =
        source.assembler.feed(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    for (const std::string& line : lines) show_line(unit, source, line);
    if (!source.assembler.rest().empty()) show_half_line_later(unit.id, unit, source);
    return true;
  }

  void show_half_line_later(UnitId id, Unit& unit, Source& source) {
    const auto index = static_cast<std::size_t>(source.stream);
    source.timer.expires_after(kHalfLine);
    source.timer.async_wait([this, id, weak = std::weak_ptr(unit.sources[index])](
                                const boost::system::error_code& error) {
      const auto alive = weak.lock();
      const auto found = units.find(id);
      if (!error && alive && found != units.end()) show_half_line(found->second, *alive);
    });
  }

  void end(Unit& unit, Source& source) {
    boost::system::error_code ignored;
    source.descriptor.close(ignored);
    source.timer.cancel();
    if (!source.assembler.rest().empty()) show_line(unit, source, source.assembler.take_rest());
  }

  void wait(UnitId id, const std::shared_ptr<Source>& source) {
    if (source->waiting || !source->descriptor.is_open() || console.is_congested()) return;
    source->waiting = true;
    source->descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this, id, weak = std::weak_ptr(source)](const boost::system::error_code& error) {
          const auto alive = weak.lock();
          const auto found = units.find(id);
          if (!alive || found == units.end()) return;
          alive->waiting = false;
          if (error) return;
          read_once(found->second, *alive);
          wait(id, alive);
        });
  }

  void wait_all() {
    for (auto& [id, unit] : units) {
      for (const auto& source : unit.sources) wait(id, source);
    }
  }

  asio::io_context& context;
  Console& console;
  ProgramLog& log;
  const RunSpec& run;
  const LineSink json;
  Observer observer;
  std::size_t longest_name = 0;
  std::map<UnitId, Unit> units;
  std::array<char, kOutputReadAtOnce> buffer{};
};

ProgramOutput::ProgramOutput(asio::io_context& context, Console& console, ProgramLog& log,
                             const RunSpec& run, LineSink json)
    : impl_(std::make_unique<Impl>(context, console, log, run, std::move(json))) {
  console.on_relief([this] { impl_->wait_all(); });
}

ProgramOutput::~ProgramOutput() {
  impl_->console.on_relief({});
}

void ProgramOutput::observe(Observer observer) {
  impl_->observer = std::move(observer);
}

void ProgramOutput::attach(UnitId id, std::size_t service_index, std::string label, os::Fd output,
                           os::Fd error) {
  auto& unit = impl_->units[id];
  unit.id = id;
  unit.service_index = service_index;
  unit.label = std::move(label);
  impl_->log.begin(id, service_index, unit.label);
  std::array<os::Fd, 2> fds{std::move(output), std::move(error)};
  for (const Stream stream : {Stream::output, Stream::error}) {
    const auto index = static_cast<std::size_t>(stream);
    auto source = std::make_shared<Source>(impl_->context, stream);
    unit.sources[index] = source;
    const int fd = fds[index].get();
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) continue;
    boost::system::error_code failure;
    source->descriptor.assign(fd, failure);
    if (failure) continue;  // nothing can be read from it
    fds[index].release();
    impl_->wait(id, source);
  }
}

void ProgramOutput::read_now(UnitId id) {
  const auto found = impl_->units.find(id);
  if (found == impl_->units.end()) return;
  for (const auto& source : found->second.sources) {
    for (int reads = 0; reads < kOutputReadsInARow; ++reads) {
      if (!impl_->read_once(found->second, *source)) break;
    }
  }
}

void ProgramOutput::finish(UnitId id) {
  const auto found = impl_->units.find(id);
  if (found == impl_->units.end() || found->second.finished) return;
  read_now(id);
  for (const auto& source : found->second.sources) impl_->end(found->second, *source);
  found->second.finished = true;
  impl_->log.end(id);
}

void ProgramOutput::forget(UnitId id) {
  finish(id);
  impl_->units.erase(id);
}

std::vector<std::string> ProgramOutput::last_lines(UnitId id) const {
  const auto found = impl_->units.find(id);
  if (found == impl_->units.end()) return {};
  auto lines = impl_->log.newest_of(id, kLastLines);
  for (const auto& source : found->second.sources) {
    if (!source->assembler.rest().empty()) lines.push_back(source->assembler.rest());
  }
  return lines;
}

}  // namespace livefix::control
