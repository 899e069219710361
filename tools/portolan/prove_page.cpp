// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The promises as a page for a repository: what was run, what nothing shows, which faults there were.
//
// 1. The page says of itself by which command, when, where and under which seed it was made.
// 2. Between two marks it is made anew; what people wrote around them stays.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/workload/input.hpp"
#include "tools/portolan/prove.hpp"

namespace portolan::tool {
namespace {

using verdict = verdict_of_promise;

constexpr std::string_view begin_mark = "<!-- prove: begin -->\n";
constexpr std::string_view end_mark = "<!-- prove: end -->\n";

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string in_code(const std::string& text) { return text.empty() ? "" : "`" + cell(text) + "`"; }

bool is_shown(const shown_promise& row) {
  return row.verdict != verdict::not_shown && row.verdict != verdict::not_promised;
}

std::string table_of_promises(const proof& of) {
  std::string text;
  std::string map;
  for (const shown_promise& row : of.rows) {
    if (!is_shown(row)) continue;
    if (row.what.of != map) {
      map = row.what.of;
      text += fmt::format("\n### {}\n\n| promise | shown by | over | result | command |\n|---|---|---|---|---|\n", map);
    }
    text += fmt::format("| {} | {} | {} | {} | {} |\n", cell(row.what.says), cell(row.what.how), amount_of(row),
                        word_for(row.verdict), in_code(command_text(row.what.command)));
  }
  return text;
}

/// What a reader must not take for shown.
std::string table_of_gaps(const proof& of) {
  std::string text;
  for (const shown_promise& row : of.rows) {
    if (is_shown(row)) continue;
    text += fmt::format("| {} | {} | {} |\n", cell(row.what.of), cell(row.what.says),
                        row.what.open.empty() ? "not promised" : cell(row.what.open));
  }
  return text.empty() ? "" : "\n## Not covered\n\n| of | what | why |\n|---|---|---|\n" + text;
}

std::string table_of_faults(const std::vector<mended_fault>& faults) {
  if (faults.empty()) return "";
  std::string text = fmt::format(
      "\n## Faults found so far\n\n{} faults, all mended.\n\n"
      "| fault | came with | found by | a test that fails where it is |\n|---|---|---|---|\n",
      faults.size());
  for (const mended_fault& each : faults) {
    text += fmt::format("| {} | {} | {} | {} |\n", cell(each.what), cell(each.since), cell(each.found_by),
                        in_code(each.shown_by));
  }
  return text;
}

}  // namespace

std::vector<mended_fault> faults_in(const std::string& file) {
  workload::line_reader lines(file);
  std::vector<mended_fault> all;
  workload::line_outcome outcome = workload::line_outcome::line;
  while ((outcome = lines.next()) == workload::line_outcome::line) {
    const std::string line(lines.text());
    if (line.empty() || line.front() == '#') continue;
    mended_fault& fresh = all.emplace_back();
    std::size_t at = 0;
    for (std::string* part : {&fresh.what, &fresh.since, &fresh.found_by, &fresh.shown_by}) {
      const std::size_t end = std::min(line.find('\t', at), line.size());
      *part = line.substr(at, end - at);
      at = std::min(end + 1, line.size());
    }
    if (!fresh.shown_by.empty() && at == line.size()) continue;
    throw workload::input_error(file, lines.number(),
                                "wants four parts between tabulators: what, came with, found by, test");
  }
  if (outcome != workload::line_outcome::end)
    throw workload::input_error(file, lines.number(), "cannot be read: " + lines.problem());
  return all;
}

std::string proof_page(const proof& of, const std::vector<mended_fault>& faults, const std::string& date,
                       const workload::machine& machine) {
  return fmt::format(
             "## Promises\n\n{}.\n\n`{}`, {}, seed {}, {} processors ({}), {}, {}; {}.\n\n"
             "*Proved*: all of what the row names was run, within its bounds. *Held*: no counter-example in what "
             "was tried.\n",
             summary_of(of), of.command, date, of.seed, machine.processors, machine.processor_name, machine.compiler,
             machine.build, time_in_words(of.seconds)) +
         table_of_promises(of) + table_of_gaps(of) + table_of_faults(faults);
}

std::string page_in(const std::string& file, const std::string& page) {
  std::ifstream in(file, std::ios::binary);
  const std::string old{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t begin = old.find(begin_mark);
  const std::size_t end = old.find(end_mark);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return page;
  return old.substr(0, begin + begin_mark.size()) + "\n" + page + "\n" + old.substr(end);
}

}  // namespace portolan::tool
