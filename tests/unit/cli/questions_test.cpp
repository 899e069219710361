// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan advise` beyond the survey, as a person or a script meets it: scenarios, --shards, --crossings, --save and
// --baseline. Runs are as short as they can be: no figure is judged, only what is said and the exit status.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/command.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/scale.hpp"

namespace {

using support::finished;
using support::in_one_line;
using support::masked;
using support::portolan;

class questions : public support::command_line {};

finished scenario(const std::string& name, std::vector<std::string> more = {}) {
  std::vector<std::string> all{"advise", "--scenario", name, "--seconds", "0.01", "--rounds", "1"};
  all.insert(all.end(), more.begin(), more.end());
  return portolan(all);
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  std::istringstream lines(portolan({"advise", "--scenario", "list"}).out);
  for (std::string line; std::getline(lines, line) && !line.empty();) names.push_back(line.substr(0, line.find(' ')));
  return names;
}

// A saved scenario with one figure, of a machine that is none of ours.
nlohmann::ordered_json saved() {
  return {
      {"portolan", "scenario"},
      {"version", 2},
      {"portolan_version", "0.1.0"},
      {"of", "read-mostly"},
      {"rounds", 3},
      {"run_seconds", 0.3},
      {"machine",
       {{"processors", 96}, {"processor", "Abacus"}, {"compiler", "g++ 12.2"}, {"build", "-O2"}, {"load_before", 0.1}}},
      {"figures",
       {{{"map", "read-mostly, sync_map"},
         {"measure", "time"},
         {"unit", "ms"},
         {"better", "less"},
         {"median", 4.0},
         {"low", 3.9},
         {"high", 4.1}}}}};
}

TEST_F(questions, scenarios_are_listed_with_what_they_ask) {
  const finished f = portolan({"advise", "--scenario", "list"});
  EXPECT_EQ(f.status, 0);
  support::expect_golden("scenarios-list.txt", f.out);
}

// One map each: who is ahead is then no matter of speed, and every word can be compared.
TEST_F(questions, scenarios_read_as_agreed) {
  std::string said;
  for (const char* name : {"rw-vs-mutex", "read-mostly", "mixed", "aggregator", "aggregator-histogram", "bulk-replace",
                           "versioned-update"}) {
    const finished f = scenario(name, {"--only", "mutex"});
    EXPECT_EQ(f.status, 0) << name << f.err;
    said += in_one_line(masked(f.out)) + "\n";
  }
  support::expect_golden("scenarios.txt", said);
}

// Exit status 0 says that every map's content was right in every run.
TEST_F(questions, every_scenario_runs_and_is_verified) {
  const std::vector<std::string> names = scenario_names();
  EXPECT_EQ(names.size(), 15u);
  for (const std::string& name : names) {
    // A million operations each: too many where a sanitizer looks at every one.
    if (support::sanitized && (name == "memory-pressure" || name == "reserve" || name == "lazy-init")) continue;
    const finished f = scenario(name);
    EXPECT_EQ(f.status, 0) << name << f.out << f.err;
    EXPECT_NE(f.out.find("\nanswer "), std::string::npos) << name << f.out;
    EXPECT_EQ(f.out.find("refused   "), std::string::npos) << name << f.out;
    std::istringstream lines(f.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 140u) << name;
  }
}

TEST_F(questions, scenarios_show_the_articles_figures_beside_ours) {
  const finished f = scenario("rw-vs-mutex", {"--only", "mutex,rwlock"});
  EXPECT_EQ(f.status, 0) << f.err;
  for (const char* theirs : {"820", "210", "950", "930", "824", "312"}) {
    EXPECT_NE(in_one_line(f.out).find(theirs), std::string::npos) << theirs;
  }
  const auto j = nlohmann::json::parse(scenario("read-mostly", {"--json", "--only", "sync_map"}).out);
  EXPECT_DOUBLE_EQ(j["rows"][0]["time"]["theirs"].get<double>(), 12.3);
  EXPECT_GT(j["rows"][0]["time"]["ours"]["median"].get<double>(), 0);
  EXPECT_EQ(j["rows"].size(), 1u) << "--only leaves the others out";
}

TEST_F(questions, the_shard_sweep_names_a_knee) {
  const std::vector<std::string> sweep{"advise", "--shards",  "--synthetic", "--keys",    "1000", "--rounds",
                                       "1",      "--seconds", "0.005",       "--threads", "2"};
  const finished f = portolan(sweep);
  EXPECT_EQ(f.status, 0) << f.err;
  EXPECT_NE(f.out.find("answer    The knee is at "), std::string::npos) << f.out;
  std::vector<std::string> json = sweep;
  json.emplace_back("--json");
  const auto j = nlohmann::json::parse(portolan(json).out);
  EXPECT_EQ(j["counts"], nlohmann::json({1, 2, 4, 8, 16, 32, 64, 128, 256}));
  EXPECT_EQ(j["figures"].size(), 27u);
  EXPECT_NE(std::find(j["counts"].begin(), j["counts"].end(), j["knee"]), j["counts"].end());
}

TEST_F(questions, crossings_are_curves_with_plots) {
  const finished f =
      portolan({"advise", "--crossings", "--quick", "--rounds", "1", "--seconds", "0.003", "--limit", "5000", "--keys",
                "1000", "--only", "mutex,guarded", "--plots", path("plots"), "--save", path("c.json")});
  EXPECT_EQ(f.status, 0) << f.err;
  const auto j = nlohmann::json::parse(support::process::content_of(path("c.json")));
  ASSERT_EQ(j["curves"].size(), 4u);
  for (const auto& one : j["curves"]) {
    EXPECT_TRUE(one["complete"].get<bool>());
    EXPECT_EQ(one["operations_per_second"]["guarded_map"].size(), one["at"].size());
  }
  for (const char* name : {"finds", "threads", "keys", "value-bytes"}) {
    const std::string plot = support::process::content_of(path("plots") + "/" + name + ".svg");
    EXPECT_EQ(plot.rfind("<svg xmlns=", 0), 0u) << name;
    EXPECT_NE(plot.find("</svg>"), std::string::npos) << name;
  }
}

TEST_F(questions, words_have_no_curve_of_keys_or_sizes) {
  const std::string text = file("text.txt", "the quick brown fox jumps over the lazy dog and the cat");
  const finished f = portolan(
      {"advise", "--crossings", "--quick", "--words", text, "--rounds", "1", "--seconds", "0.003", "--only", "mutex"});
  EXPECT_EQ(f.status, 0) << f.err;
  const std::string said = in_one_line(f.out);
  EXPECT_NE(said.find("not done with other numbers of keys"), std::string::npos) << said;
  EXPECT_NE(said.find("not done with other sizes of values: additions need numbers"), std::string::npos) << said;
}

TEST_F(questions, a_saved_run_is_compared_with_itself_without_a_word_of_change) {
  const std::vector<std::string> once{"advise",    "--synthetic", "--keys",        "100",        "--limit",  "2000",
                                      "--threads", "2",           "--only",        "mutex",      "--rounds", "3",
                                      "--seconds", "0.01",        "--no-variants", "--no-report"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), once.begin(), once.end());
    return portolan(more);
  };
  ASSERT_EQ(with({"--save", path("then.json")}).status, 0);
  // Speeds that no run can reach on either side: what is said of them cannot depend on the machine.
  auto then = nlohmann::ordered_json::parse(support::process::content_of(path("then.json")));
  ASSERT_EQ(then["version"], 2);
  for (auto& f : then["figures"]) {
    const double value = f["measure"] == "operations" ? 1e9 : f["measure"] == "p99" ? 1e9 : 0;
    f["median"] = f["low"] = f["high"] = value;
    if (f["measure"] == "memory" || f["measure"] == "allocs" || f["measure"] == "p99.9") {
      f["low"] = 0;
      f["high"] = 1e12;
    }
  }
  file("fast.json", then.dump());
  const finished slower = with({"--baseline", path("fast.json")});
  EXPECT_EQ(slower.status, 1) << slower.out << slower.err;
  const std::string said = in_one_line(slower.out);
  EXPECT_NE(said.find("mutex + unordered_map, operations M/s"), std::string::npos) << said;
  EXPECT_NE(said.find("worse"), std::string::npos) << said;
  EXPECT_NE(said.find("changed 2 of 5 figures beyond the noise: 1 better, 1 worse, 0 neither."), std::string::npos)
      << said;
  for (auto& f : then["figures"]) {
    f["low"] = 0;
    f["high"] = 1e12;
  }
  file("same.json", then.dump());
  const finished same = with({"--baseline", path("same.json"), "--json"});
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  const auto j = nlohmann::json::parse(same.out);
  for (const auto& change : j["baseline"]["changes"]) EXPECT_EQ(change["verdict"], "same");
}

// A baseline is looked at before anything is measured, so a bad one costs no time.
TEST_F(questions, a_baseline_that_cannot_serve_is_refused_with_the_remedy) {
  auto other_scenario = saved();
  other_scenario["of"] = "mixed";
  auto old = saved();
  old["version"] = 1;
  auto newer = saved();
  newer["version"] = 3;
  auto lacking = saved();
  lacking.erase("figures");
  auto wrong_type = saved();
  wrong_type["figures"][0]["median"] = "four";
  const std::vector<std::pair<std::string, std::string>> bad{{"empty.json", ""},
                                                             {"cut.json", saved().dump().substr(0, 200)},
                                                             {"text.json", "these are no figures"},
                                                             {"other.json", "{\"a\": 1}"},
                                                             {"array.json", "[1, 2]"},
                                                             {"old.json", old.dump()},
                                                             {"newer.json", newer.dump()},
                                                             {"lacking.json", lacking.dump()},
                                                             {"type.json", wrong_type.dump()},
                                                             {"mixed.json", other_scenario.dump()}};
  std::string said;
  for (const auto& [name, content] : bad) {
    const finished f = scenario("read-mostly", {"--baseline", file(name, content)});
    EXPECT_EQ(f.status, 2) << name;
    EXPECT_EQ(f.out, "") << name;
    said += without_folder(f.err);
  }
  said += without_folder(scenario("read-mostly", {"--baseline", path("missing.json")}).err);
  support::expect_golden("baselines-refused.txt", said);
  const finished elsewhere = scenario("read-mostly", {"--baseline", file("far.json", saved().dump())});
  EXPECT_EQ(elsewhere.status, 2);
  EXPECT_NE(elsewhere.err.find("was measured on another machine (96 processors Abacus; here "), std::string::npos)
      << elsewhere.err;
}

TEST_F(questions, what_cannot_be_saved_is_told_after_the_table) {
  const finished f = scenario("mixed", {"--only", "mutex", "--save", "/dev/full"});
  EXPECT_EQ(f.status, 2);
  EXPECT_NE(f.err.find("could not be saved to /dev/full: No space left on device"), std::string::npos) << f.err;
  EXPECT_NE(f.out.find("answer "), std::string::npos);
}

}  // namespace
