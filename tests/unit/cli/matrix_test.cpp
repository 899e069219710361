// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan bench matrix`: what it makes of given figures, and that a small run of the command holds together. How fast
// anything was is not looked at.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/matrix/bars.hpp"
#include "bench/workload/distribution.hpp"
#include "tests/support/command.hpp"
#include "tests/support/golden.hpp"
#include "tools/portolan/matrix_report.hpp"

namespace {

using namespace ::portolan;
using matrix::cell_key;
using matrix::key_form;
using matrix::mix;
using matrix::skew;
using matrix::verdict;
using support::command_line;
using support::finished;
using support::in_one_line;
using support::portolan;

TEST(figures, the_interval_of_a_median_leaves_out_as_many_as_chance_allows) {
  const matrix::estimate five = matrix::estimate_of({5, 1, 4, 2, 3});
  EXPECT_EQ(five.median, 3);
  EXPECT_EQ(five.low, 1);
  EXPECT_EQ(five.high, 5);
  std::vector<double> twenty;
  for (int i = 1; i <= 20; ++i) twenty.push_back(i);
  const matrix::estimate many = matrix::estimate_of(twenty);
  EXPECT_EQ(many.median, 10.5);
  EXPECT_EQ(many.low, 6);  // at most 5 of 20 coins: 2.1 %; at most 6: 5.8 %, twice that is above 7 %
  EXPECT_EQ(many.high, 15);
  EXPECT_EQ(matrix::estimate_of({}).median, 0);
  EXPECT_EQ(matrix::estimate_of({7}).high, 7);
}

TEST(figures, a_ratio_is_taken_within_each_repetition) {
  // Both halve in the second one: the ratio does not notice.
  const matrix::estimate ratio = matrix::paired_ratio({60, 30, 60}, {30, 15, 30});
  EXPECT_EQ(ratio.low, 2);
  EXPECT_EQ(ratio.high, 2);
  EXPECT_DOUBLE_EQ(matrix::geometric_mean({2, 8}), 4);
  EXPECT_EQ(matrix::paired_ratio({60, 30, 90}, {30}).high, 2) << "a repetition that one of them lacks does not count";
}

TEST(keys, are_distinct_and_leave_out_what_some_maps_keep) {
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> texts;
  for (std::uint64_t id = 0; id < 20'000; ++id) {
    numbers.push_back(matrix::number_key_of(id));
    EXPECT_LT(numbers.back(), std::uint64_t{1} << 62);
    EXPECT_NE(numbers.back(), 0u);
    matrix::text_key_of(id, texts.emplace_back());
    EXPECT_GE(texts.back().size(), 16u);
    EXPECT_LE(texts.back().size(), 32u);
  }
  std::sort(numbers.begin(), numbers.end());
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
  EXPECT_EQ(std::adjacent_find(texts.begin(), texts.end()), texts.end());
}

TEST(mixes, hold_the_shares_that_they_are_called_after) {
  const auto share = [](mix what, matrix::step of) {
    const std::vector<matrix::step> steps = matrix::steps_of(what, 100'000, 1);
    return static_cast<double>(std::count(steps.begin(), steps.end(), of)) / 100'000;
  };
  EXPECT_NEAR(share(mix::find95, matrix::step::find), 0.95, 0.01);
  EXPECT_NEAR(share(mix::find50, matrix::step::insert), 0.25, 0.01);
  EXPECT_NEAR(share(mix::find50, matrix::step::erase), 0.25, 0.01);
  EXPECT_NEAR(share(mix::upsert, matrix::step::add), 0.5, 0.01);
  EXPECT_EQ(share(mix::hot_add, matrix::step::add), 1);
  EXPECT_EQ(share(mix::misses, matrix::step::find), 1);
}

// One size, two threads; ours, a general peer that is good at hits, one that is good at misses, a special one, the array,
// ours with a low load factor.
matrix::result example() {
  matrix::result of;
  of.names = {"concurrent_map", "hitter", "misser", "special one", "plain array", "concurrent_map, load ≤ 0.4"};
  of.leagues = {workload::league::general, workload::league::general, workload::league::general,
                workload::league::special, workload::league::general, workload::league::general};
  using role = matrix::entrant::role;
  of.roles = {role::map, role::map, role::map, role::map, role::array, role::roomy};
  of.how.sizes = {10'000'000};
  of.how.threads = {1, 2};
  of.how.forms = {key_form::number};
  of.how.mixes = {mix::hits, mix::misses};
  const auto add = [&](mix what, unsigned threads, std::vector<double> speeds, std::size_t batch = 0) {
    matrix::cell one{{key_form::number, 10'000'000, skew::uniform, what, threads, batch}, {}};
    for (const double speed : speeds) {
      one.speeds.push_back(speed == 0 ? std::vector<double>{}
                                      : std::vector<double>{1e6 * speed, 0.98e6 * speed, 1.02e6 * speed});
    }
    of.cells.push_back(std::move(one));
  };
  add(mix::hits, 1, {40, 10, 5, 30, 50, 42});
  add(mix::hits, 2, {80, 20, 9, 70, 100, 90});
  add(mix::misses, 1, {24, 6, 25, 20, 0, 0});
  add(mix::misses, 2, {60, 12, 40, 30, 0, 0});
  add(mix::bulk_hits, 1, {45, 0, 20, 0, 50, 0}, 16);
  add(mix::bulk_misses, 1, {20, 0, 40, 0, 0, 0}, 16);
  add(mix::fill, 1, {6, 3, 2, 5, 0, 0});
  add(mix::fill_bulk, 1, {9, 0, 0, 0, 0, 0});
  add(mix::hot_find, 2, {90, 10, 9, 0, 0, 0});
  add(mix::hot_add, 2, {10, 12, 9, 0, 0, 0});
  of.latencies = {{"", 1, {{{30, 999'990}, {50'000, 10}}, 60'000}},
                  {"concurrent_map", 1, {{{300, 998'000}, {3'900, 1'990}, {40'000, 10}}, 1'200'000}},
                  {"hitter", 1, {{{300, 999'999}, {3e8, 1}}, 3e8}}};
  matrix::memory_growth memory;
  memory.empty_bytes = 656;
  memory.settled_bytes = 290;
  memory.points = {{10, 300, 310}, {20, 620, 630}};
  of.memories = {{"concurrent_map", memory}};
  matrix::churn flat;
  for (int i = 0; i < 30; ++i) flat.windows.push_back({1.0 * i, 1e6, 1000.0 + i});
  of.churns = {{skew::uniform, flat}};
  of.half_grown = matrix::left_half_grown{true, 159e6, 29e6, 140};
  of.compiles = {{"concurrent_map", 1.1}, {"oneTBB", 3}};
  of.sizes = {{"concurrent_map", 10'000'000, 12}};
  of.said.left_out = {"huge with 10 M u64 keys: they may need 9.0 GB, 1.0 GB are free"};
  return of;
}

const matrix::bar& bar_called(const std::vector<matrix::bar>& all, const std::string& begin) {
  for (const matrix::bar& one : all) {
    if (one.full_name().starts_with(begin)) return one;
  }
  ADD_FAILURE() << "no bar " << begin;
  return all.front();
}

TEST(bars, each_cell_is_compared_with_its_own_best_peer) {
  const matrix::result of = example();
  const auto all = matrix::compare(of, key_form::number, 0, workload::league::general);
  ASSERT_EQ(all.size(), 4u) << "bulk, fill and hot cells are no part of the matrix";
  EXPECT_EQ(of.names[all[0].peer], "hitter");
  EXPECT_EQ(of.names[all[2].peer], "misser");
  EXPECT_NEAR(all[2].ratio.median, 0.96, 1e-9);
  const auto special = matrix::compare(of, key_form::number, 0, workload::league::special);
  EXPECT_EQ(of.names[special.at(0).peer], "special one");
  EXPECT_TRUE(matrix::compare(of, key_form::text, 0, workload::league::general).empty());
}

TEST(bars, pass_and_miss) {
  matrix::result of = example();
  const auto judged = [&](const std::string& name) { return bar_called(matrix::bars_of(of), name).verdict; };
  EXPECT_EQ(judged("u64, 10 M: geometric mean"), verdict::pass);  // 4, 4, 0.96, 1.5: 2.19
  EXPECT_EQ(judged("u64: cells wholly below 1.0"), verdict::miss);
  EXPECT_EQ(judged("u64, special league: geometric mean"), verdict::pass);
  EXPECT_EQ(judged("find, 10 M present ÷ array, 1 thread"), verdict::pass);
  EXPECT_EQ(judged("find, 10 M present ÷ array, load ≤ 0.4, 1 thread"), verdict::miss);
  EXPECT_EQ(judged("find, 10 M present ÷ array, load ≤ 0.4, 2 threads"), verdict::pass);
  EXPECT_EQ(judged("bulk find of 16–64, hits ÷ array, 1"), verdict::pass);
  EXPECT_EQ(judged("bulk find of 16–64, misses ÷ peer's, 1"), verdict::miss);
  EXPECT_EQ(judged("fill to 10 M, 1"), verdict::pass);
  EXPECT_EQ(judged("bulk insert to 10 M ÷ a peer's fill, 1"), verdict::pass);
  EXPECT_EQ(judged("insert p99.9, 1"), verdict::pass);
  EXPECT_EQ(judged("insert p99.999, 1"), verdict::pass);
  EXPECT_EQ(judged("insert worst, 1"), verdict::miss);
  EXPECT_EQ(judged("left half-grown"), verdict::miss);
  EXPECT_EQ(judged("one hot key, all find, 2"), verdict::open) << "Boost is not there";
  EXPECT_EQ(judged("one hot key, all compute, 2"), verdict::miss);
  EXPECT_EQ(judged("memory, mean over the sizes"), verdict::pass);
  EXPECT_EQ(judged("memory, peak"), verdict::miss);  // 630 of 290
  EXPECT_EQ(judged("memory, empty map"), verdict::pass);
  EXPECT_EQ(judged("churn for 60 s, uniform: memory"), verdict::pass);
  EXPECT_EQ(judged("size()"), verdict::pass);
  EXPECT_EQ(judged("compile time"), verdict::pass);

  of.latencies[0].figures.max_ns = 2e6;
  EXPECT_EQ(judged("insert worst, 1"), verdict::pass) << "doing nothing took longer";
  of.names[1] = "boost::concurrent_flat_map";
  EXPECT_EQ(judged("one hot key, all find, 2"), verdict::pass);
  of.cells[2].speeds[0] = {24e6, 24e6, 26e6};
  EXPECT_EQ(judged("u64: cells wholly below 1.0"), verdict::pass) << "the interval reaches above 1.0";
  of.said.wrong = {"concurrent_map: size() says 3, the operations left 4"};
  EXPECT_EQ(judged("size()"), verdict::miss);
}

TEST(bars, nothing_measured_is_nothing_said) {
  matrix::result of = example();
  of.cells.clear();
  of.latencies.clear();
  of.memories.clear();
  of.churns.clear();
  of.half_grown.reset();
  of.compiles.clear();
  of.sizes.clear();
  EXPECT_TRUE(matrix::bars_of(of).empty());
}

tool::matrix_report reported() {
  tool::matrix_report of;
  of.found = example();
  of.bars = matrix::bars_of(of.found);
  of.command = "portolan bench matrix";
  of.date = "2026-01-31 12:00 UTC";
  of.machine.processors = 2;
  of.machine.processor_name = "an example";
  of.machine.compiler = "g++ 12.2";
  of.machine.build = "-O2";
  return of;
}

TEST(matrix_report, reads_as_agreed) {
  constexpr tool::terminal page{.colour = false, .utf8 = true, .progress = false};
  const std::string text = tool::as_text(reported(), page);
  support::expect_golden("matrix.txt", text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(tool::width_of(text.substr(at, end - at)), tool::page_columns) << text.substr(at, end - at);
    at = end + 1;
  }
  support::expect_golden("matrix-tables.txt", tool::as_markdown(reported()));
}

// Then: everything as now, but for what is changed.
tool::matrix_then against(const std::function<void(nlohmann::json&)>& changed) {
  auto then = nlohmann::json::parse(tool::as_json(reported()));
  changed(then);
  return tool::compare_with("then/matrix.json", then.dump(), reported().found, reported().machine);
}
nlohmann::json& speeds(nlohmann::json& of, std::size_t cell, const char* map) {
  return of["cells"][cell]["operations_per_second"][map];
}

TEST(matrix_then, a_loss_is_ours_alone_and_beyond_the_noise) {
  EXPECT_EQ(against([](auto&) {}).lost(), 0u);
  EXPECT_EQ(against([](auto&) {}).changes.size(), 10u);
  const auto one = against([](auto& then) { speeds(then, 0, "concurrent_map") = {50e6, 51e6, 49e6}; });
  EXPECT_EQ(one.lost(), 1u);
  EXPECT_TRUE(one.changes[0].lost);
  EXPECT_NEAR(one.changes[0].ratio(), 0.8, 1e-9);
  EXPECT_EQ(against([](auto& then) {
              speeds(then, 0, "concurrent_map") = {50e6, 60e6, 40.5e6};
            }).lost(),
            0u)
      << "the ranges meet";
  EXPECT_EQ(against([](auto& then) {
              speeds(then, 0, "concurrent_map") = {41.5e6, 41.4e6, 41.6e6};
            }).lost(),
            0u)
      << "less than the least noise";
  EXPECT_EQ(against([](auto& then) {
              speeds(then, 0, "concurrent_map") = {50e6, 51e6, 49e6};
              speeds(then, 0, "plain array") = {65e6, 66e6, 67e6};
            }).lost(),
            0u)
      << "the machine lost as much";
  EXPECT_EQ(against([](auto& then) { speeds(then, 0, "concurrent_map") = {20e6, 21e6, 19e6}; }).lost(), 0u) << "a gain";
  EXPECT_EQ(against([](auto& then) { then["cells"].erase(0); }).changes.size(), 9u) << "a cell of one run alone";
  EXPECT_EQ(against([](auto& then) { then["machine"]["processor"] = "another"; }).doubts.size(), 1u);
}

TEST(matrix_then, stands_in_the_text_and_in_the_tables) {
  tool::matrix_report of = reported();
  of.then = against([](auto& then) {
    speeds(then, 0, "concurrent_map") = {50e6, 51e6, 49e6};
    then["machine"]["build"] = "-O3";
  });
  constexpr tool::terminal page{.colour = false, .utf8 = true, .progress = false};
  const std::string text = tool::as_text(of, page);
  EXPECT_NE(text.find("against   then/matrix.json of 2026-01-31 12:00 UTC: 0.98 now ÷ then"), std::string::npos)
      << text;
  EXPECT_NE(text.find("\n  0.80  u64 10 M uniform hit, 1 thread\n"), std::string::npos) << text;
  EXPECT_NE(text.find("build: then -O3, now -O2"), std::string::npos) << text;
  const std::string tables = tool::as_markdown(of);
  EXPECT_NE(tables.find("| u64 10 M uniform hit, 1 thread | 50.0 | 40.0 | 0.80 | 1.00 to 1.00 | LOST |"),
            std::string::npos)
      << tables;
  EXPECT_EQ(nlohmann::json::parse(tool::as_json(of))["baseline"]["changes"][0]["lost"], true);
}

TEST(matrix_report, json_and_csv_hold_every_repetition) {
  const auto j = nlohmann::json::parse(tool::as_json(reported()));
  EXPECT_EQ(j["cells"].size(), 10u);
  EXPECT_EQ(j["cells"][0]["operations_per_second"]["hitter"].size(), 3u);
  EXPECT_EQ(j["maps"][3]["league"], "special");
  EXPECT_EQ(j["growth"]["half_grown"]["until_full_ms"], 140);
  EXPECT_EQ(j["bars"].size(), reported().bars.size());
  const std::string csv = tool::as_csv(reported());
  std::size_t series = 0;
  for (const matrix::cell& one : reported().found.cells) {
    for (const auto& speeds : one.speeds) series += speeds.size();
  }
  EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')), 1 + series);
  for (const auto& [name, content] : tool::as_plots(reported())) {
    EXPECT_TRUE(name.ends_with(".svg"));
    EXPECT_EQ(content.find("nan"), std::string::npos) << name;
    EXPECT_EQ(content.find("inf"), std::string::npos) << name;
  }
  EXPECT_GE(tool::as_plots(reported()).size(), 5u);
}

// ---- the command ---------------------------------------------------------------------------------------------------

std::vector<std::string> briefly(std::vector<std::string> more) {
  std::vector<std::string> all{"bench", "matrix",          "--sizes", "1k",     "--seconds",
                               "0.001", "--churn-seconds", "0.05",    "--reps", "2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// A mutex around an unordered_map, which gives wrong values where the environment says so.
constexpr const char* a_peer = R"(#include "bench/peers/adapter.hpp"
#include <cstdlib>
#include <mutex>
#include <unordered_map>
namespace outside_peer {
inline constexpr const char* name = "attached map";
template <class K, class V>
class adapter {
 public:
  explicit adapter(const portolan::workload::setup&) {}
  template <class F> bool find(const K& key, F&& f) {
    std::lock_guard held(lock_);
    const auto at = map_.find(key);
    if (at == map_.end()) return false;
    if (lies_) f(V()); else f(std::as_const(at->second));
    return true;
  }
  bool insert(const K& key, V value) { std::lock_guard held(lock_); return map_.try_emplace(key, value).second; }
  void assign(const K& key, V value) { std::lock_guard held(lock_); map_.insert_or_assign(key, value); }
  bool erase(const K& key) { std::lock_guard held(lock_); return map_.erase(key) != 0; }
  void add(const K& key, std::uint64_t amount) { std::lock_guard held(lock_); map_[key] += amount; }
  template <class F> void for_each(F&& f) { for (const auto& [key, value] : map_) f(key, value); }
  std::size_t size() { return map_.size(); }
 private:
  std::mutex lock_;
  bool lies_ = std::getenv("A_PEER_LIES") != nullptr;
  std::unordered_map<K, V, portolan::workload::shared_hash<K>, portolan::workload::shared_equal<K>> map_;
};
}
)";

TEST_F(command_line, a_matrix_of_everything_with_an_attached_map) {
  const std::string header = file("peer.hpp", a_peer);
  const std::string out = path("out");
  const std::vector<std::string> arguments =
      briefly({"--rows", "cells,bulk,fill,latency,half-grown,hot-key,memory,churn,scaling,size", "--peer-header",
               header, "--out", out});
  support::started_with cached;
  cached.environment.push_back("XDG_CACHE_HOME=" + path("cache"));
  const finished f = portolan(arguments, cached);
  EXPECT_EQ(f.status, 0) << f.err << f.out;
  for (const char* said :
       {"u64, 1 k: geometric mean", "text32: cells wholly below 1.0", "attached map", "bars reached"}) {
    EXPECT_NE(f.out.find(said), std::string::npos) << said;
  }
  std::ifstream in(out + "/matrix.json");
  const auto j = nlohmann::json::parse(in);
  EXPECT_TRUE(j["wrong"].empty());
  EXPECT_FALSE(j["interrupted"].get<bool>());
  std::size_t attached = 0;
  for (const auto& cell : j["cells"]) attached += cell["operations_per_second"].contains("attached map");
  EXPECT_GT(attached, 3u * 2 * 6 * 2) << "it took part in every cell of three forms";
  for (const char* name : {"matrix.md", "matrix.csv", "latency-1.svg", "memory.svg", "churn.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(out + "/" + name)) << name;
  }

  const finished again = portolan(
      briefly({"--rows", "cells", "--keys", "u64", "--mixes", "hit", "--baseline", out + "/matrix.json", "--out", out}),
      cached);
  EXPECT_NE(again.status, 2) << again.err;
  EXPECT_NE(in_one_line(again.out).find("matrix.json of 2"), std::string::npos) << again.out;

  cached.environment.emplace_back("A_PEER_LIES=1");
  const finished lying = portolan(
      briefly({"--rows", "cells", "--keys", "u64", "--mixes", "hit", "--peer-header", header, "--out", out}), cached);
  EXPECT_EQ(lying.status, 1) << lying.out;
  EXPECT_NE(in_one_line(lying.out).find("attached map: a find gave a value that nobody stored"), std::string::npos);
}

TEST_F(command_line, a_header_that_does_not_compile_says_where) {
  support::started_with cached;
  cached.environment.push_back("XDG_CACHE_HOME=" + path("cache"));
  const auto refused = [&](const std::string& name, const std::string& content) {
    const finished f = portolan(briefly({"--peer-header", file(name, content), "--out", path("out")}), cached);
    EXPECT_EQ(f.status, 2);
    return f.err;
  };
  const std::string missing = refused("a.hpp", "#include <no_such_map.hpp>\n");
  EXPECT_NE(missing.find("a.hpp does not compile"), std::string::npos) << missing;
  EXPECT_NE(missing.find("no_such_map.hpp"), std::string::npos) << missing;
  EXPECT_NE(missing.find("--peer-include"), std::string::npos) << missing;
  const std::string empty = refused("b.hpp", "namespace outside_peer {}\n");
  EXPECT_NE(empty.find("b.hpp does not compile"), std::string::npos) << empty;
}

TEST_F(command_line, what_the_matrix_does_not_know_is_named) {
  std::string said;
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--sizes", "many"},
                                             {"--sizes", "5"},
                                             {"--threads", "0"},
                                             {"--mixes", "hits"},
                                             {"--keys", "u32"},
                                             {"--rows", "cell"},
                                             {"--repz", "3"},
                                             {"--peer-header", path("missing.hpp")},
                                             {"--baseline", path("missing.json")},
                                             {"--baseline", file("other.json", "{}")},
                                             {"--out", "/proc/portolan"}}) {
    std::vector<std::string> arguments{"bench", "matrix"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const finished f = portolan(arguments);
    EXPECT_EQ(f.status, 2) << wrong.front();
    said += without_folder("$ " + wrong[0] + " " + wrong[1] + "\n" + f.err);
  }
  support::expect_golden("matrix-mistakes.txt", said);
  const finished full = support::run({support::portolan_tool(), "bench", "matrix", "--rows", "size", "--sizes", "1k",
                                      "--keys", "u64", "--out", path("out")},
                                     {.input = {}, .environment = {"LC_ALL=C.UTF-8"}, .output = "/dev/full"});
  EXPECT_EQ(full.status, 2);
}

}  // namespace
