// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan check-history` as a person or a script meets it.
#include <gtest/gtest.h>

#include "tests/support/command.hpp"
#include "tests/support/golden.hpp"

namespace {

using support::command_line;
using support::finished;
using support::portolan;

const std::string write =
    "{:process 0, :type :invoke, :f :write, :key \"x\", :value 3}\n{:process 0, :type :ok, :f :write, :key \"x\", "
    ":value 3}\n";
const std::string stale =
    "{:process 1, :type :invoke, :f :read, :key \"x\"}\n{:process 1, :type :ok, :f :read, :key \"x\", :value nil}\n";

TEST_F(command_line, a_history_that_has_an_order) {
  const finished f = portolan({"check-history", file("good.edn", write)});
  EXPECT_EQ(f.status, 0) << f.err;
  EXPECT_EQ(f.out, "1 operations on 1 keys: each can have happened at one instant of its call\n");
  const std::string cas = "{:process 0 :type :invoke :f :cas :value [1 2]}{:process 0 :type :ok :f :cas :value [1 2]}";
  EXPECT_EQ(portolan({"check-history", file("cas.edn", cas)}).status, 1);
  EXPECT_EQ(portolan({"check-history", file("cas.edn", cas), "--initial", "1"}).status, 0);
}

TEST_F(command_line, a_history_that_has_none_is_drawn) {
  const finished f = portolan({"check-history", file("bad.edn", write + stale), "--draw", path("bad.html")});
  EXPECT_EQ(f.status, 1) << f.err;
  support::expect_golden("check-history.txt", f.out);
  std::ifstream drawn(path("bad.html"));
  const std::string page{std::istreambuf_iterator<char>(drawn), {}};
  EXPECT_NE(page.find("</html>"), std::string::npos);
}

TEST_F(command_line, mistakes_in_histories_are_named_with_their_remedy) {
  const std::vector<std::vector<std::string>> wrong{
      {"check-history"},
      {"check-history", path("missing.edn")},
      {"check-history", file("empty.edn", "")},
      {"check-history", file("words.edn", write + "{:process 0 :type :invoke :f :enqueue :value 3}\n")},
      {"check-history", file("open.json", "{\"process\": 0,\n"), "--format", "json"},
      {"check-history", file("good.edn", write), "--format", "xml"},
      {"check-history", file("good.edn", write), "--initial", "7x"},
      {"check-history", file("good.edn", write), "--drawn", "x.html"},
      {"check-history", file("good.edn", write), "--draw", path("missing/x.html")},
      {"check-histories"},
  };
  std::string said;
  for (const auto& arguments : wrong) {
    const finished f = portolan(arguments);
    std::string line = "$ portolan";
    for (const std::string& word : arguments) line += " " + word;
    EXPECT_EQ(f.status, 2) << line;
    said += without_folder(line + "\n" + f.err);
  }
  support::expect_golden("check-history-mistakes.txt", said);
}

}  // namespace
