// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The command as a person or a script meets it: what it says, and its exit status (0 clean, 1 found, 2 could not).
// Only the mutex is measured here, and briefly: figures are masked, none is judged.
#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/scale.hpp"

namespace {

using support::command_line;
using support::finished;
using support::in_one_line;
using support::masked;
using support::portolan;

const std::vector<std::string> briefly{"--only", "mutex +", "--rounds", "2", "--seconds", "0.02", "--no-variants"};

std::vector<std::string> advise(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "advise");
  arguments.insert(arguments.end(), briefly.begin(), briefly.end());
  return arguments;
}

TEST_F(command_line, help_and_version) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"help"}, {"--help"}, {}}) {
    const finished f = portolan(arguments);
    EXPECT_EQ(f.status, 0);
    support::expect_golden("help.txt", f.out);
  }
  EXPECT_EQ(portolan({"help", "advise"}).out, portolan({"advise", "--help"}).out);
  support::expect_golden("help-advise.txt", portolan({"help", "advise"}).out);
  support::expect_golden("help-bench.txt", portolan({"help", "bench"}).out);
  support::expect_golden("help-prove.txt", portolan({"help", "prove"}).out);
  support::expect_golden("help-check-history.txt", portolan({"help", "check-history"}).out);
  EXPECT_EQ(portolan({"--version"}).out.rfind("portolan ", 0), 0u);
}

TEST_F(command_line, help_fits_a_page) {
  for (const char* of : {"advise", "bench", "prove", "check-history"}) {
    std::istringstream lines(portolan({"help", of}).out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 102u) << line;
  }
}

// Each wrong command line with what it must say; all of it stands in one golden file.
TEST_F(command_line, mistakes_are_named_with_their_remedy) {
  const std::string trace = file("bad.csv", "get,a\nset,b,12\nfrob,c\n");
  const std::string cut = file("cut.csv", "get,a\nset,b,1\nse");
  const std::string empty = file("empty.csv", "");
  const std::vector<std::vector<std::string>> wrong{
      {"advize"},
      {"help", "advize"},
      {"advise", "--quik"},
      {"advise", "--trase", trace},
      {"advise", "--scenario", "read-mostely"},
      {"advise", "--scenario", "nonsense"},
      {"advise", "--synthetic", "--trace", trace},
      {"advise", "--words", "/tmp", "--synthetic"},
      {"advise", "--mix", "find=100"},
      {"advise", "--skip-bad"},
      {"advise", "--synthetic", "--keys", "0"},
      {"advise", "--synthetic", "--keys", "many"},
      {"advise", "--synthetic", "--mix", "find=50,insert=20"},
      {"advise", "--synthetic", "--mix", "fnd=100"},
      {"advise", "--synthetic", "--mix", "find=50,insert=20,add=30"},
      {"advise", "--synthetic", "--mix", "find=50,add=50", "--value-bytes", "100"},
      {"advise", "--synthetic", "--distribution", "zipff"},
      {"advise", "--synthetic", "--rate", "0"},
      {"advise", "--synthetic", "--rate", "recorded"},
      {"advise", "--rate", "1000"},
      {"advise", "--synthetic", "--threads", "0"},
      {"advise", "--synthetic", "--keys", "1", "--threads", "2"},
      {"advise", "--only", "concurent_map", "--synthetic"},
      {"advise", "--report", "x.html", "--no-report"},
      {"advise", "--trace", path("missing.csv")},
      {"advise", "--trace", trace},
      {"advise", "--trace", cut},
      {"advise", "--trace", empty},
      {"advise", "--trace", trace, "--format", "rediss"},
      {"advise", "--trace", trace, "--format", "redis"},
      {"advise", "--trace", trace, "--skip-bad", "--rate", "recorded"},
      {"advise", "--words", path("missing")},
      {"advise", "--words", empty},
      {"advise", "--shards", "--crossings"},
      {"advise", "--shards", "--scenario", "mixed"},
      {"advise", "--synthetic", "--crossings", "--rate", "10"},
      {"advise", "--shards", "--report", "x.html"},
      {"advise", "--synthetic", "--plots", "x"},
      {"advise", "--crossings", "--baseline", "x.json"},
      {"advise", "--scenario", "mixed", "--baseline", path("missing.json")},
      {"advise", "--scenario", "mixed", "--baselin", "x.json"},
      {"bench"},
      {"bench", "stridded"},
      {"bench", "fork", "--forx", "3"},
      {"bench", "fork", "--forks", "none"},
  };
  std::string said;
  for (const auto& arguments : wrong) {
    const finished f = portolan(arguments);
    std::string line = "$ portolan";
    for (const std::string& word : arguments) line += " " + word;
    EXPECT_EQ(f.status, 2) << line;
    if (f.err.find("there are: ") != std::string::npos) {
      said += without_folder(line) + "\n" + f.err.substr(0, f.err.find("there are: ")) + "…\n";  // depends on the build
    } else {
      said += without_folder(line + "\n" + f.err);
    }
  }
  support::expect_golden("mistakes.txt", said);
}

TEST_F(command_line, one_map_on_an_invented_workload) {
  const finished f = portolan(advise({"--synthetic", "--keys", "1000", "--no-report", "--threads", "2"}));
  EXPECT_EQ(f.status, 0) << f.err;
  std::string text = in_one_line(masked(f.out));
  // What this machine and build are is not under test.
  const std::size_t machine = text.find("machine ");
  text.replace(machine, text.find("# runs", machine) - machine, "machine … ");
  support::expect_golden("one-map.txt", text);
}

TEST_F(command_line, json_is_json_and_nothing_else) {
  const finished f = portolan(advise({"--synthetic", "--json"}));
  EXPECT_EQ(f.status, 0) << f.err;
  const auto j = nlohmann::json::parse(f.out);
  EXPECT_EQ(j["candidates"][0]["name"], "mutex + unordered_map");
  EXPECT_GT(j["candidates"][0]["operations_per_second"]["median"].get<double>(), 0);
  EXPECT_EQ(j["candidates"][0]["verified_runs"], 2);
}

TEST_F(command_line, outside_utf8_only_ascii_is_written) {
  std::vector<std::string> arguments = advise({"--synthetic", "--no-report"});
  arguments.insert(arguments.begin(), support::portolan_tool());
  const finished f = support::run(arguments, {.input = {}, .environment = {"LC_ALL=C"}, .output = {}});
  EXPECT_EQ(f.status, 0);
  for (const char c : f.out + f.err) ASSERT_LT(static_cast<unsigned char>(c), 128);
}

TEST_F(command_line, words_of_a_file_are_counted_and_reported) {
  const std::string text = file("text.txt", "the quick brown fox jumps over the lazy dog and the cat");
  const finished f = portolan(advise({"--words", text, "--report", path("r.html")}));
  EXPECT_EQ(f.status, 0) << f.err;
  EXPECT_NE(in_one_line(f.out).find("12 operations, 10 keys"), std::string::npos) << f.out;
  EXPECT_NE(in_one_line(f.out).find("hottest key \"the\": 25 %"), std::string::npos) << f.out;
  EXPECT_NE(support::process::content_of(path("r.html")).find("<svg"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(support::process::content_of(path("r.json"))));
  EXPECT_EQ(support::process::content_of(path("r.csv")).rfind("candidate,", 0), 0u);
}

TEST_F(command_line, the_good_lines_of_a_bad_trace_are_used_on_demand) {
  const std::string trace = file("bad.csv", "get,a\nfrob,c\nset,b,12\n");
  const finished f = portolan(advise({"--trace", trace, "--skip-bad", "--no-report"}));
  EXPECT_EQ(f.status, 0) << f.err;
  EXPECT_NE(in_one_line(f.out).find("1 of 3 lines were bad"), std::string::npos) << f.out;
  EXPECT_NE(in_one_line(f.out).find("2 operations, 2 keys"), std::string::npos) << f.out;
}

TEST_F(command_line, a_truncated_gz_is_refused_unless_its_lines_are_asked_for) {
  std::string plain;
  for (int i = 0; i < 20'000; ++i) plain += "set,k" + std::to_string(i * 7919 % 20'011) + ",30\n";
  const std::string whole = path("whole.csv.gz");
  gzFile out = ::gzopen(whole.c_str(), "wb");
  ::gzwrite(out, plain.data(), static_cast<unsigned>(plain.size()));
  ::gzclose(out);
  EXPECT_EQ(portolan(advise({whole, "--no-report"})).status, 0);
  const std::string all = support::process::content_of(whole);
  const std::string half = file("half.csv.gz", all.substr(0, all.size() / 2));
  const finished refused = portolan(advise({half, "--no-report"}));
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("cut off"), std::string::npos) << refused.err;
  const finished used = portolan(advise({half, "--no-report", "--skip-bad"}));
  EXPECT_EQ(used.status, 0) << used.err;
}

TEST_F(command_line, a_trace_may_come_through_a_pipe) {
  const finished f = portolan(advise({"--trace", "-", "--no-report"}),
                              {.input = "get,a\nset,a,40\n", .environment = {}, .output = {}});
  EXPECT_EQ(f.status, 0) << f.err;
  EXPECT_NE(in_one_line(f.out).find("2 operations, 1 keys"), std::string::npos) << f.out;
}

TEST_F(command_line, the_open_loop_and_the_recorded_pace_run) {
  const finished open = portolan(advise({"--synthetic", "--rate", "5000", "--no-report"}));
  EXPECT_EQ(open.status, 0) << open.err;
  EXPECT_NE(in_one_line(open.out).find("open loop at 5.00 k operations/s"), std::string::npos) << open.out;
  const std::string trace = file("t.csv", "set,a,10,0\nget,a,,2000\nget,a,,4000\n");
  const finished recorded = portolan(advise({trace, "--rate", "recorded", "--no-report"}));
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_NE(in_one_line(recorded.out).find("at the times of the trace"), std::string::npos) << recorded.out;
}

TEST_F(command_line, a_full_disk_is_told_and_the_table_still_stands) {
  const finished report = portolan(advise({"--synthetic", "--report", "/dev/full"}));
  EXPECT_EQ(report.status, 2);
  EXPECT_NE(report.err.find("could not be written to /dev/full: No space left on device"), std::string::npos)
      << report.err;
  EXPECT_NE(report.out.find("advice "), std::string::npos) << "the figures were measured, so they are shown";
  const finished out =
      portolan(advise({"--synthetic", "--no-report"}), {.input = {}, .environment = {}, .output = "/dev/full"});
  EXPECT_EQ(out.status, 2);
  EXPECT_NE(out.err.find("standard output"), std::string::npos) << out.err;
}

// Method: thousands of rounds are asked for, so the end can only come from the signal. When it comes too early for a
// single result the program says that; then it gets more time.
TEST_F(command_line, control_c_gives_the_results_so_far) {
  for (int patience_ms = 700; patience_ms < 50'000; patience_ms *= 4) {
    support::process child({support::portolan_tool(), "advise", "--synthetic", "--keys", "1000", "--only", "mutex +",
                            "--rounds", "1000", "--seconds", "0.5", "--no-variants", "--no-report"});
    std::this_thread::sleep_for(std::chrono::milliseconds(patience_ms));
    child.signal(SIGINT);
    const int status = child.wait(std::chrono::seconds(60));
    if (status == 2 && child.err().find("before the first result") != std::string::npos) continue;
    EXPECT_EQ(status, 0) << child.err();
    EXPECT_NE(child.out().find("by you"), std::string::npos) << child.out();
    EXPECT_NE(child.out().find("mutex + unordered_map"), std::string::npos);
    return;
  }
  FAIL() << "no run had a result within 45 seconds";
}

TEST_F(command_line, every_map_is_verified_on_every_kind_of_key_and_value) {
  for (const std::vector<std::string>& kind :
       std::vector<std::vector<std::string>>{{},
                                             {"--text-keys"},
                                             {"--value-bytes", "40"},
                                             {"--text-keys", "--value-bytes", "40"},
                                             {"--mix", "find=50,add=50"}}) {
    std::vector<std::string> arguments{"advise", "--synthetic", "--keys", "300",         "--json",       "--rounds",
                                       "1",      "--seconds",   "0.02",   "--no-report", "--no-variants"};
    arguments.insert(arguments.end(), kind.begin(), kind.end());
    const finished f = portolan(arguments);
    EXPECT_EQ(f.status, 0) << f.err << f.out;
    EXPECT_GE(nlohmann::json::parse(f.out)["candidates"].size(), 7u);
  }
}

TEST_F(command_line, the_benches_run) {
  const finished strided = portolan({"bench", "strided", "--entries", "2000"});
  EXPECT_EQ(strided.status, 0) << strided.err;
  EXPECT_NE(strided.out.find("concurrent_map is at most"), std::string::npos) << strided.out;
  const finished floods = portolan({"bench", "floods", "--entries", "1000"});
  EXPECT_EQ(floods.status, 0) << floods.err;
  EXPECT_NE(floods.out.find("concurrent_map is at most"), std::string::npos) << floods.out;
  const finished growth = portolan({"bench", "insert-latency", "--entries", "20000"});
  EXPECT_EQ(growth.status, 0) << growth.out << growth.err;
  EXPECT_NE(growth.out.find("nothing (the clock)"), std::string::npos) << growth.out;
}

}  // namespace
