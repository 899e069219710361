// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan prove`: runs what shows the promises, and says how far each is shown.
#include "tools/portolan/prove.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "bench/workload/input.hpp"
#include "tools/portolan/child_program.hpp"
#include "tools/portolan/commands.hpp"
#include "tools/portolan/option_names.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

namespace fs = std::filesystem;

struct prove_options {
  std::vector<std::string> maps;
  std::string budget = "10m";
  double budget_seconds = 600;
  std::uint64_t seed = 1;
  std::string list;
  std::string write;
  bool json = false;
  std::string problem;
};

/// "90", "90s", "10m", "2h"; 0: it is none of these.
double seconds_in(const std::string& text) {
  char* rest = nullptr;
  const double value = std::strtod(text.c_str(), &rest);
  const std::string unit = rest;
  if (rest == text.c_str() || !(value > 0)) return 0;
  if (unit.empty() || unit == "s") return value;
  if (unit == "m") return 60 * value;
  return unit == "h" ? 3600 * value : 0;
}

prove_options read_options(const arguments& given) {
  prove_options made;
  CLI::App app;
  app.set_help_flag();
  app.add_option("maps", made.maps);
  app.add_option("--budget", made.budget);
  app.add_option("--seed", made.seed);
  app.add_option("--list", made.list);
  app.add_option("--write", made.write);
  app.add_flag("--json", made.json);
  try {
    app.parse(arguments(given.rbegin(), given.rend()));
  } catch (const CLI::ParseError& error) {
    made.problem = explained(app, error, given);
    return made;
  }
  made.budget_seconds = seconds_in(made.budget);
  if (made.budget_seconds == 0) made.problem = "--budget wants a time as 90s, 10m or 2h, not " + made.budget;
  return made;
}

/// Where the programs lie that show the promises: beside this one.
fs::path programs() {
  std::error_code none;
  return fs::read_symlink("/proc/self/exe", none).parent_path() / "tests";
}

std::vector<promise> wanted_rows(const prove_options& how) {
  const std::string file = how.list.empty() ? PORTOLAN_PROMISES : how.list;
  if (how.list.empty() && !fs::exists(file)) {
    throw workload::input_error(file, 0,
                                "is not there: portolan prove runs in a build of the sources (./run makes one)");
  }
  std::vector<promise> all = promises_in(file);
  std::vector<std::string> known;
  for (const promise& each : all) known.push_back(each.of);
  for (const std::string& map : how.maps) {
    if (std::find(known.begin(), known.end(), map) != known.end()) continue;
    const std::string near = nearest(map, known);
    throw std::runtime_error("there is no promise of " + map + (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (!how.maps.empty()) {
    std::erase_if(all, [&](const promise& each) {
      return std::find(how.maps.begin(), how.maps.end(), each.of) == how.maps.end();
    });
  }
  return all;
}

/// The numbers that match, added up; "1,234" is 1234.
std::uint64_t amount_in(const std::string& said, const std::string& expression) {
  const std::regex wanted(expression);
  std::uint64_t sum = 0;
  for (std::sregex_iterator at(said.begin(), said.end(), wanted), end; at != end; ++at) {
    std::string digits = (*at)[1].str();
    std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
    if (!digits.empty()) sum += std::stoull(digits);
  }
  return sum;
}

/// The last lines, where a program says what was wrong.
std::string end_of(const std::string& said) {
  constexpr std::size_t most = 4000;
  if (said.size() <= most) return said;
  return "…\n" + said.substr(said.find('\n', said.size() - most) + 1);
}

void judge(shown_promise& row, const child_program& done) {
  row.seconds = done.seconds;
  using end = child_program::end;
  if (done.how == end::too_late) return;  // not run
  if (done.how == end::exited && done.status == 0) {
    if (!row.what.amount.empty()) row.amount = amount_in(done.said, row.what.amount);
    const bool some = row.what.amount.empty() || row.amount != 0;
    const bool all = !row.what.unless.empty() && !std::regex_search(done.said, std::regex(row.what.unless));
    row.verdict = !some ? verdict_of_promise::broken : all ? verdict_of_promise::proved : verdict_of_promise::held;
    if (!some) row.said = "it ended well, but said nothing that matches " + row.what.amount + "\n" + end_of(done.said);
    return;
  }
  row.verdict = verdict_of_promise::broken;
  const std::string ending = done.how == end::exited ? fmt::format("exit status {}", done.status)
                             : done.how == end::signalled
                                 ? fmt::format("ended by {}", ::strsignal(done.status))
                                 : std::string("cannot be started: ") + std::strerror(done.status);
  row.said = end_of(done.said) + ending;
}

/// A row's command as it is started.
std::vector<std::string> started(const promise& row) {
  std::vector<std::string> words = row.command;
  if (words.front().find('/') == std::string::npos) {
    const fs::path here = programs() / words.front();
    if (fs::exists(here)) words.front() = here.string();
  }
  return words;
}

void run_rows(proof& of, const prove_options& how, const terminal& to) {
  progress_bar bar(to);
  const auto begin = std::chrono::steady_clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  bar.expect(how.budget_seconds);
  std::map<std::vector<std::string>, child_program> done;
  for (shown_promise& row : of.rows) {
    if (row.what.command.empty()) {
      row.verdict = row.what.open.empty() ? verdict_of_promise::not_promised : verdict_of_promise::not_shown;
      continue;
    }
    if (const auto before = done.find(row.what.command); before != done.end()) {
      judge(row, before->second);
      continue;
    }
    const double left = how.budget_seconds - spent();
    if (left <= 0 || interrupted()) continue;
    bar.show(spent(), row.what.of + ": " + row.what.says);
    const std::string seed = std::to_string(how.seed);
    judge(row, done[row.what.command] =
                   run_child(started(row.what), {"PORTOLAN_SEED=" + seed, "GTEST_RANDOM_SEED=" + seed}, left));
  }
  of.seconds = spent();
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  (void)::gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

bool write_page(const proof& of, const prove_options& how, const terminal& to) {
  const std::string& file = how.write;
  const bool ours = how.list.empty();
  const std::vector<mended_fault> faults = ours ? faults_in(PORTOLAN_FAULTS) : std::vector<mended_fault>();
  const std::string page = page_in(file, proof_page(of, faults, today(), workload::this_machine()));
  std::ofstream out(file, std::ios::binary);
  out << page;
  out.close();
  if (!out) complain(to, file + ": cannot be written: " + std::strerror(errno) + "; give --write another place");
  return static_cast<bool>(out);
}

}  // namespace

std::string prove_help() {
  return "portolan prove [MAP...]: runs what shows each promise of the family, and says how far it is shown\n"
         "\n"
         "  --budget TIME    at most so long: 90s, 10m (10m), 2h; what is left over is \"not run\"\n"
         "  --seed N         of what is random (1)\n"
         "  --list FILE      your own promises and programs in place of Portolan's:\n"
         "                     == MAP | PROMISE              whose it is, and what\n"
         "                     by    how it is shown\n"
         "                     run   PROGRAM ARGUMENT...     exit status 0: it was kept\n"
         "                     over  ([0-9]+) runs | runs    how much: the numbers that match, added up\n"
         "                     all   not all                 proved, unless its output has this\n"
         "                     for   returns | find erase    what of the documentation it shows: for people\n"
         "                     open  WHY                     in place of run: nothing shows it\n"
         "                   a promise without run and open is one that is not made\n"
         "  --write FILE     the rows as a page, with their commands, date, machine and seed; in a file that has\n"
         "                   the lines <!-- prove: begin --> and <!-- prove: end --> between these\n"
         "  --json           as data\n"
         "\n"
         "proved: all of what the row names was run. held: no counter-example in what was tried.\n"
         "Exit status: 0 no promise was broken, 1 one was, 2 it could not be done.\n";
}

status run_prove(const arguments& given, const terminal& to) {
  if (std::any_of(given.begin(), given.end(), [](const std::string& w) { return w == "--help" || w == "-h"; })) {
    return print(to, prove_help()) ? status::clean : status::failed;
  }
  const prove_options how = read_options(given);
  if (!how.problem.empty()) {
    complain(to, "prove: " + how.problem);
    return status::failed;
  }
  proof all;
  all.seed = how.seed;
  all.command = "portolan prove";
  for (const std::string& word : given) all.command += " " + word;
  if (std::find(given.begin(), given.end(), "--seed") == given.end())
    all.command += " --seed " + std::to_string(how.seed);
  for (promise& row : wanted_rows(how)) all.rows.emplace_back().what = std::move(row);
  watch_for_interrupt();
  run_rows(all, how, to);
  if (!print(to, how.json ? proof_json(all) : proof_text(all))) return status::failed;
  if (!how.write.empty() && !write_page(all, how, to)) return status::failed;
  const bool broken = std::any_of(all.rows.begin(), all.rows.end(),
                                  [](const shown_promise& row) { return row.verdict == verdict_of_promise::broken; });
  return broken ? status::found : status::clean;
}

}  // namespace portolan::tool
