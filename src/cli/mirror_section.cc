#include "cli/mirror_section.h"

namespace livefix::cli {
namespace {

constexpr double kWholeShare = 100;  // percent
constexpr Milliseconds kShortestMirror{1'000};
constexpr NumberRange kMirrored{1, MirrorSpec::kMostRequests};

}  // namespace

void read_mirror(ConfigTable& service, const RecordSpec& record, MirrorSpec& mirror) {
  auto table = service.read_table("mirror", R"({ share = "5%" })");
  if (!table) return;
  table->read_share("share", mirror.share, R"("5%")", kWholeShare);
  table->read_duration("time", mirror.time, kShortestMirror);
  table->read_number("requests", mirror.requests, kMirrored);
  table->read_choice("answers", mirror.must_be_alike, {{"tell", false}, {"must_be_alike", true}});
  table->refuse_unknown_keys();
  if (const auto share = table->find("share"); share && mirror.share > 0 && record.memory == 0) {
    share->refuse(
        R"(the recorder takes the requests that are mirrored, and record.memory is "0"; remove one of them)");
  }
}

}  // namespace livefix::cli
