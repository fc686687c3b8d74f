#include "cli/artifact_upload.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "cli/http_client.h"
#include "model/sha256.h"
#include "os/fd.h"

namespace livefix::cli {
namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kCreated = 201;
constexpr unsigned kNoSuchArtifact = 404;
constexpr Milliseconds kPatience{120'000};  // the other side syncs its disk before it answers

Result<os::Fd> open_file(const std::string& file) {
  os::Fd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!opened || fstat(opened.get(), &status) < 0) return fail_errno("--artifact {}", file);
  if (!S_ISREG(status.st_mode)) {
    return fail("--artifact {} is no file; pack a directory into one, or commit it", file);
  }
  return opened;
}

std::unexpected<Error> not_reached(const PushTarget& target, const Error& error) {
  return std::unexpected(Error{fmt::format("{}: {}", target.url(), error.message), ECONNREFUSED});
}

}  // namespace

Result<LocalArtifact> read_artifact(std::string_view text) {
  LocalArtifact local;
  const auto equals = text.rfind('=');
  local.file = text.substr(0, equals);
  auto place = equals == std::string_view::npos ? text : text.substr(equals + 1);
  while (place.starts_with("./")) place.remove_prefix(2);
  local.artifact.path = place;
  if (const auto fits = check_artifact_path(place); !fits) {
    return fail("--artifact {}: {}; --artifact FILE=bin/shop says where it is in the release", text,
                fits.error().message);
  }
  const auto file = open_file(local.file);
  if (!file) return std::unexpected(file.error());
  Sha256 hash;
  std::array<char, 64U << 10> portion;
  for (;;) {
    const ssize_t size = read(file->get(), portion.data(), portion.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("--artifact {}", local.file);
    if (size == 0) break;
    hash.add({portion.data(), static_cast<std::size_t>(size)});
    local.size += static_cast<std::uint64_t>(size);
  }
  if (local.size > Artifact::kLargest) {
    return fail("--artifact {} has {} MiB; an artifact has at most {}", local.file,
                local.size >> 20, Artifact::kLargest >> 20);
  }
  local.artifact.sha256 = hash.hex();
  return local;
}

std::string refusal_text(unsigned status, std::string_view body) {
  constexpr std::string_view kMark = "livefix: ";
  auto line = body.substr(0, body.find('\n'));
  if (!line.starts_with(kMark))
    return fmt::format("it answers {}, and not as livefix does", status);
  return std::string(line.substr(kMark.size()));
}

Result<Upload> upload(const PushTarget& target, const LocalArtifact& artifact) {
  const std::string path = target.path + "/artifacts/" + artifact.artifact.sha256;
  const auto asked = send_http(target, {.method = "HEAD", .path = path});
  if (!asked) return not_reached(target, asked.error());
  if (asked->status == kOk) return Upload::was_there;
  if (asked->status != kNoSuchArtifact) return fail("{} answers {}", target.url(), asked->status);
  const auto file = open_file(artifact.file);
  if (!file) return std::unexpected(file.error());
  const auto sent = send_http(target, {.method = "PUT",
                                       .path = path,
                                       .file = file->get(),
                                       .size = artifact.size,
                                       .patience = kPatience});
  if (!sent) return not_reached(target, sent.error());
  if (sent->status == kOk) return Upload::was_there;  // somebody else was faster
  if (sent->status == kCreated) return Upload::sent;
  return fail("the artifact {} is not taken: {}", artifact.artifact.path,
              refusal_text(sent->status, sent->body));
}

}  // namespace livefix::cli
