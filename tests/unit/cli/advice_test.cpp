// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What is said about fixed figures: nothing here is measured, so every word can be compared.
#include "tools/portolan/advice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/golden.hpp"

namespace {

using namespace portolan::tool;
namespace workload = portolan::workload;

workload::run_result run_of(double million_per_s, std::uint64_t p50_ns, std::uint64_t tail_ns, double bytes) {
  workload::run_result r;
  r.seconds = 0.4;
  r.operations = static_cast<std::uint64_t>(million_per_s * 1e6 * r.seconds);
  r.finds = r.operations * 9 / 10;
  for (int i = 0; i < 9980; ++i) r.find_ns.record(p50_ns);
  for (int i = 0; i < 20; ++i) r.write_ns.record(tail_ns);
  r.entries = 41'200;
  r.bytes_per_entry = bytes;
  r.bytes_held = bytes * 41'200;
  r.allocations_per_operation = 0.05;
  r.processors_used = 1.9;
  return r;
}

workload::standing standing_of(const std::string& name, workload::origin from, double speed, std::uint64_t tail_ns,
                               double bytes) {
  workload::standing s;
  s.which.name = name;
  s.which.origin = from;
  s.which.paste = "portolan::" + name + "<K, V> map;";
  s.which.header = "portolan/map/" + name + ".hpp";
  for (const double factor : {0.98, 1.0, 1.02}) s.runs.push_back(run_of(speed * factor, 80, tail_ns, bytes));
  return s;
}

advice example() {
  advice all;
  all.work.title = "sessions.csv (csv)";
  all.work.facts.operations = 12'400'000;
  all.work.facts.by_action[0] = 11'308'800;
  all.work.facts.by_action[2] = 644'800;
  all.work.facts.by_action[3] = 446'400;
  all.work.facts.hottest_key = "user:17";
  all.work.facts.hottest_key_operations = 285'200;
  all.work.facts.mean_value_bytes = 88;
  all.work.keys = 41'200;
  all.work.start_entries = 40'100;
  all.work.threads = 16;
  all.work.key_kind = workload::key_kind::text;
  all.work.value_kind = workload::value_kind::bytes;
  all.work.remarks = {"2 of 12,400,002 lines were bad and are left out, the first: sessions.csv:7: expected a key"};
  all.machine.processors = 8;
  all.machine.processor_name = "an example";
  all.machine.last_level_cache_bytes = 32.0 * 1024 * 1024;
  all.machine.compiler = "g++ 12.2";
  all.machine.build = "-O2";
  all.rounds = 3;
  all.run_seconds = 0.4;
  all.clock_floor_us = 0.024;
  all.survey.rounds_done = 3;
  using workload::origin;
  all.survey.standings.push_back(standing_of("concurrent_map", origin::family, 214, 900, 131));
  all.survey.standings.back().runs[0].kept_back_peak_bytes = 20'480;
  all.survey.standings.push_back(standing_of("snapshot_map", origin::family, 90, 41'000, 190));
  all.survey.standings.back().which.what = "each write copies the table of pointers";
  all.survey.standings.push_back(standing_of("mutex + unordered_map", origin::baseline, 31, 55'000, 97));
  workload::standing wrong = standing_of("planted", origin::outside, 999, 10, 10);
  wrong.runs.clear();
  wrong.refused = "lost 3 of 41200 keys; the first is \"user:9\"";
  all.survey.standings.push_back(wrong);
  workload::standing left;
  left.which.name = "libcds SplitListMap";
  left.left_out = "replaces no value but a number as one step; this workload stores bytes";
  all.survey.standings.push_back(left);
  workload::curve c;
  c.parameter = "finds";
  c.own = 0.912;
  c.names = {"concurrent_map", "snapshot_map"};
  c.at = {0.9, 1};
  c.speeds = {{{210e6, 212e6}, {80e6, 82e6}}, {{230e6, 231e6}, {300e6, 310e6}}};
  c.complete = true;
  all.curves.push_back(c);
  workload::shard_sweep sweep{"sharded_map", {1, 2, 4, 8}, {}, 4};
  for (const double speed : {20e6, 38e6, 60e6, 61e6}) sweep.speeds.push_back({speed, speed, speed});
  all.sweep = sweep;
  all.report_path = "portolan-advise.html";
  all.next = "portolan advise --trace sessions.csv --rate recorded";
  all.judged = judge(all);
  return all;
}

constexpr terminal page{.colour = false, .utf8 = true, .progress = false};

TEST(advice, reads_as_agreed) { support::expect_golden("advice.txt", as_text(example(), page)); }

TEST(advice, as_ascii_reads_as_agreed) {
  constexpr terminal plain{};
  const std::string text = plain.shown(as_text(example(), plain));
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
  support::expect_golden("advice-ascii.txt", text);
}

TEST(advice, no_line_but_code_is_longer_than_a_page) {
  const std::string text = as_text(example(), page);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    EXPECT_TRUE(width_of(line) <= page_columns || line.starts_with("change")) << line;
    at = end + 1;
  }
}

TEST(advice, colour_is_only_where_a_terminal_asks_for_it) {
  constexpr terminal coloured{.colour = true, .utf8 = true, .progress = true};
  EXPECT_NE(as_text(example(), coloured).find("\033["), std::string::npos);
  EXPECT_EQ(as_text(example(), page).find('\033'), std::string::npos);
}

TEST(advice, says_the_same_as_json) {
  const auto j = nlohmann::json::parse(as_json(example()));
  EXPECT_EQ(j["advice"]["best"], "concurrent_map");
  EXPECT_EQ(j["candidates"].size(), 5u);
  EXPECT_EQ(j["candidates"][3]["refused"], "lost 3 of 41200 keys; the first is \"user:9\"");
  EXPECT_FALSE(j["candidates"][3].contains("operations_per_second")) << "a wrong map has no speed";
  EXPECT_EQ(j["shards"]["knee"], 4);
  EXPECT_NEAR(j["candidates"][0]["operations_per_second"]["median"].get<double>(), 214e6, 1e4);
}

TEST(advice, any_bytes_in_a_key_are_no_trouble_for_json) {
  advice all = example();
  all.work.facts.hottest_key = "\xff\xfe\x01";
  EXPECT_TRUE(nlohmann::json::accept(as_json(all)));
}

TEST(advice, as_csv_has_a_line_for_each_verified_run) {
  const std::string csv = as_csv(example());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 3 * 3);
  EXPECT_NE(csv.find("\"mutex + unordered_map\",baseline,1,"), std::string::npos);
}

TEST(advice, as_a_page_needs_nothing_beside_it) {
  advice all = example();
  all.work.facts.hottest_key = "<script>alert(1)</script>";
  const std::string html = as_html(all);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  for (const char* outside : {"src=", "href=", "url(", "@import"}) EXPECT_EQ(html.find(outside), std::string::npos);
  EXPECT_NE(html.find("<svg"), std::string::npos);
  for (const char* tag : {"svg", "figure", "table", "pre", "g"}) {
    const std::string open = std::string("<") + tag;
    std::size_t opened = 0;
    std::size_t closed = 0;
    for (std::size_t at = 0; (at = html.find(open, at)) != std::string::npos; ++at) {
      const char next = html[at + open.size()];
      opened += next == ' ' || next == '>';
    }
    const std::string close = std::string("</") + tag + ">";
    for (std::size_t at = 0; (at = html.find(close, at)) != std::string::npos; ++at) ++closed;
    EXPECT_EQ(opened, closed) << tag;
  }
}

TEST(verdict, a_map_that_did_part_of_the_work_is_never_advised) {
  advice all = example();
  for (auto& run : all.survey.standings[0].runs) run.share_done = 0.5;
  EXPECT_EQ(judge(all).best, "snapshot_map");
}

TEST(verdict, among_equally_fast_maps_the_shorter_tail_wins) {
  advice all = example();
  all.survey.standings[1] = standing_of("snapshot_map", workload::origin::family, 212, 100, 131);
  EXPECT_EQ(judge(all).best, "snapshot_map");
}

TEST(verdict, among_equal_speed_and_tail_the_smaller_memory_wins) {
  advice all = example();
  all.survey.standings[1] = standing_of("snapshot_map", workload::origin::family, 212, 900, 60);
  EXPECT_EQ(judge(all).best, "snapshot_map");
}

TEST(verdict, without_any_figure_nothing_is_advised) {
  advice all = example();
  for (auto& s : all.survey.standings) s.runs.clear();
  EXPECT_EQ(judge(all).best, "");
  EXPECT_NE(as_text(all, page), "");
}

TEST(text, figures_have_three_digits_that_count) {
  EXPECT_EQ(three_digits(214.2), "214");
  EXPECT_EQ(three_digits(12.44), "12.4");
  EXPECT_EQ(three_digits(1.1), "1.10");
  EXPECT_EQ(three_digits(0.0512), "0.0512");
  EXPECT_EQ(three_digits(13404.4), "13404");
  EXPECT_EQ(three_digits(0), "0");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(12), "12");
  EXPECT_EQ(percent(0.023), "2.3 %");
  EXPECT_EQ(percent(0.912), "91 %");
  EXPECT_EQ(bytes_in_words(4.58 * 1024 * 1024), "4.58 MiB");
}

TEST(text, the_nearest_word_is_found_or_none) {
  const std::vector<std::string> known{"--quick", "--trace", "--threads"};
  EXPECT_EQ(nearest("--quik", known), "--quick");
  EXPECT_EQ(nearest("--thread", known), "--threads");
  EXPECT_EQ(nearest("--xyzzy-and-more", known), "");
}

TEST(text, a_file_that_cannot_be_written_says_why) {
  EXPECT_EQ(write_file("/dev/full", "x"), "No space left on device");
  EXPECT_EQ(write_file("/no/such/folder/x", "x"), "No such file or directory");
}

}  // namespace
