// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan prove` with lists of its own: the programs are shells, so what becomes of a row is known.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.hpp"
#include "tests/support/golden.hpp"

namespace {

using support::command_line;
using support::finished;
using support::in_one_line;
using support::portolan;

constexpr const char* a_list =
    "# kept, proved, broken and not promised\n"
    "== ledger | no entry is lost\n"
    "by    stress\n"
    "run   /bin/echo 1,200 entries seen, 34 entries seen\n"
    "over  ([0-9,]+) entries | entries\n"
    "== ledger | two small programs have the outcomes that they may have, which takes a long line to say\n"
    "by    schedule search\n"
    "run   /bin/echo 7 complete, all\n"
    "over  ([0-9]+) complete | executions\n"
    "all   not all\n"
    "== ledger | four programs more\n"
    "by    schedule search\n"
    "run   /bin/echo 9 complete, not all\n"
    "over  ([0-9]+) complete | executions\n"
    "all   not all\n"
    "for   returns sees | insert erase\n"
    "== ledger | its size is exact\n"
    "== ledger | a book of 2^40 pages\n"
    "open  no machine has the memory\n"
    "== queue | nothing waits for ever\n"
    "by    tests\n"
    "run   /bin/false\n";

TEST_F(command_line, promises_are_shown_one_by_one) {
  const finished f = portolan({"prove", "--list", file("list.txt", a_list), "--seed", "4711"});
  EXPECT_EQ(f.status, 1) << f.err;
  std::string shown = f.out;
  shown.replace(shown.find(path("list.txt")), path("list.txt").size(), "list.txt");
  support::expect_golden("prove.txt", support::masked(shown));
  const finished kept = portolan({"prove", "ledger", "--list", path("list.txt")});
  EXPECT_EQ(kept.status, 0) << kept.err;
  EXPECT_NE(kept.out.find("3 kept (1 proved, 2 held), 0 broken, 1 not promised, 1 not shown"), std::string::npos)
      << kept.out;
}

TEST_F(command_line, promises_as_data_and_as_a_page) {
  const finished f = portolan({"prove", "--list", file("list.txt", a_list), "--json", "--write", path("evidence.md")});
  EXPECT_EQ(f.status, 1) << f.err;
  const auto all = nlohmann::json::parse(f.out);
  ASSERT_EQ(all["promises"].size(), 6u);
  EXPECT_EQ(all["promises"][0]["over"], 1234);
  EXPECT_EQ(all["promises"][1]["result"], "proved");
  EXPECT_EQ(all["promises"][4]["why"], "no machine has the memory");
  EXPECT_EQ(all["promises"][5]["result"], "BROKEN");
  std::ifstream in(path("evidence.md"));
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_NE(page.find("| no entry is lost | stress | 1,234 entries | held | `/bin/echo"), std::string::npos) << page;
  const std::size_t gaps = page.find("## Not covered");
  ASSERT_NE(gaps, std::string::npos) << page;
  EXPECT_NE(page.find("| ledger | its size is exact | not promised |", gaps), std::string::npos) << page;
  EXPECT_NE(page.find("| ledger | a book of 2^40 pages | no machine has the memory |", gaps), std::string::npos)
      << page;
}

TEST_F(command_line, a_page_is_made_anew_between_its_marks_only) {
  const std::string list = file("list.txt", "== a | ends\nby tests\nrun /bin/true\n");
  const std::string page =
      file("page.md", "# Ours\n<!-- prove: begin -->\nold\n<!-- prove: end -->\nwritten by hand\n");
  EXPECT_EQ(portolan({"prove", "--list", list, "--write", page}).status, 0);
  std::ifstream in(page);
  const std::string made{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(made.find("# Ours\n<!-- prove: begin -->\n"), 0u) << made;
  EXPECT_EQ(made.find("old"), std::string::npos) << made;
  EXPECT_NE(made.find("| ends | tests |  | held | `/bin/true` |"), std::string::npos) << made;
  EXPECT_NE(made.find("<!-- prove: end -->\nwritten by hand\n"), std::string::npos) << made;
}

// Method: the program of two rows writes a line each time it runs.
TEST_F(command_line, promises_of_one_command_are_shown_by_one_run) {
  const std::string ran = path("ran.txt");
  const std::string program = file("program.sh", "echo once >> " + ran + "\n");
  const std::string row = "by tests\nrun /bin/sh " + program + "\n";
  EXPECT_EQ(portolan({"prove", "--list", file("list.txt", "== a | one\n" + row + "== a | two\n" + row)}).status, 0);
  std::ifstream in(ran);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()), "once\n");
}

TEST_F(command_line, a_promise_whose_program_does_not_end_or_says_nothing_is_not_kept) {
  const finished late =
      portolan({"prove", "--budget", "1s", "--list",
                file("late.txt", "== a | ends\nby tests\nrun /bin/sleep 60\n== a | then\nrun /bin/true\n")});
  EXPECT_EQ(late.status, 0) << late.err;
  EXPECT_NE(late.out.find("0 kept (0 proved, 0 held), 0 broken, 0 not promised, 2 not run"), std::string::npos)
      << late.out;
  const finished silent = portolan(
      {"prove", "--list", file("silent.txt", "== a | counts\nby tests\nrun /bin/true\nover ([0-9]+) runs | runs\n")});
  EXPECT_EQ(silent.status, 1);
  EXPECT_NE(in_one_line(silent.out).find("said nothing that matches"), std::string::npos) << silent.out;
  const finished absent =
      portolan({"prove", "--list", file("absent.txt", "== a | is there\nby tests\nrun /no/such/program\n")});
  EXPECT_EQ(absent.status, 1);
  EXPECT_NE(in_one_line(absent.out).find("cannot be started: No such file"), std::string::npos) << absent.out;
}

TEST_F(command_line, a_list_of_promises_that_cannot_be_read_says_where) {
  const auto refused = [&](const std::string& list) {
    const finished f = portolan({"prove", "--list", file("list.txt", list)});
    EXPECT_EQ(f.status, 2) << f.out;
    return in_one_line(f.err);
  };
  EXPECT_NE(refused("").find("holds no promise"), std::string::npos);
  EXPECT_NE(refused("by tests\n").find("stands before the first promise"), std::string::npos);
  EXPECT_NE(refused("== alone\n").find("wants == MAP | PROMISE"), std::string::npos);
  EXPECT_NE(refused("== a | b\nruns x\n").find("begins with runs"), std::string::npos);
  EXPECT_NE(refused("== a | b\nover ([0-9 | x\n").find("no regular expression"), std::string::npos);
  EXPECT_NE(refused("== a | b\nover [0-9]+ | x\n").find("wants one group"), std::string::npos);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"prove", "--budget", "soon"},
                                                {"prove", "--sead", "1"},
                                                {"prove", "--list", "/no/such/list"},
                                                {"prove", "ledgre", "--list", file("list.txt", a_list)}}) {
    EXPECT_EQ(portolan(wrong).status, 2) << wrong.back();
  }
  EXPECT_NE(portolan({"prove", "ledgre", "--list", path("list.txt")}).err.find("did you mean ledger"),
            std::string::npos);
  EXPECT_NE(portolan({"prove", "--sead", "1"}).err.find("did you mean --seed"), std::string::npos);
}

}  // namespace
