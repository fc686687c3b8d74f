#include "cli/audit_log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace livefix::cli {
namespace {

TEST(AuditLog, IsALineForEachEventNewestLast) {
  const auto events = parse_audit_log(R"json(
      {"events":[
        {"sequence":1,"time":"2026-11-26T01:40:00.123Z","kind":"command","who":"anna",
         "text":"token add ci (push)","body":{}},
        {"time":"2026-11-26T01:41:00.000Z","who":"signal","text":"stop SIGTERM"}]})json");
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_EQ(audit_table(*events),
            "UTC                  WHO     WHAT\n"
            "2026-11-26 01:40:00  anna    token add ci (push)\n"
            "2026-11-26 01:41:00  signal  stop SIGTERM\n");
}

TEST(AuditLog, NothingInItActsOnATerminal) {
  const auto table = audit_table({{"\x1b[2J", "an\x1b]0;owned\x07na", "one\ntwo\x1b[31m"}});
  EXPECT_EQ(table.find('\x1b'), std::string::npos) << table;
  EXPECT_EQ(std::ranges::count(table, '\n'), 2) << "an event is one line";
}

TEST(AuditLog, WhatIsEmptyOrNoLogIsSaid) {
  EXPECT_EQ(audit_table({}), "nothing is on record yet\n");
  EXPECT_FALSE(parse_audit_log("<html>"));
  EXPECT_TRUE(parse_audit_log("{}")->empty());
}

}  // namespace
}  // namespace livefix::cli
