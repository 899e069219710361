// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What became of the promises: the table for a terminal, the data.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/portolan/prove.hpp"
#include "tools/portolan/text.hpp"

namespace portolan::tool {
namespace {
using verdict = verdict_of_promise;
}  // namespace

const char* word_for(verdict what) {
  switch (what) {
    case verdict::proved: return "proved";
    case verdict::held: return "held";
    case verdict::broken: return "BROKEN";
    case verdict::not_run: return "not run";
    case verdict::not_shown: return "not shown";
    case verdict::not_promised: return "not promised";
  }
  return "";
}

std::string amount_of(const shown_promise& row) {
  const bool known = row.verdict == verdict::proved || row.verdict == verdict::held;
  if (!known || row.what.amount.empty()) return "";
  return rounded_count(row.amount) + (row.what.unit.empty() ? "" : " " + row.what.unit);
}

namespace {

std::size_t count_of(const proof& of, verdict what) {
  return static_cast<std::size_t>(
      std::count_if(of.rows.begin(), of.rows.end(), [&](const shown_promise& row) { return row.verdict == what; }));
}

}  // namespace

std::string time_in_words(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  return fmt::format("{:.0f}:{:02.0f} min", std::floor(seconds / 60), seconds - 60 * std::floor(seconds / 60));
}

std::string summary_of(const proof& of) {
  const std::size_t proved = count_of(of, verdict::proved);
  const std::size_t held = count_of(of, verdict::held);
  std::string text = fmt::format("{} kept ({} proved, {} held), {} broken, {} not promised", proved + held, proved,
                                 held, count_of(of, verdict::broken), count_of(of, verdict::not_promised));
  if (const std::size_t open = count_of(of, verdict::not_shown)) text += fmt::format(", {} not shown", open);
  if (const std::size_t left = count_of(of, verdict::not_run)) text += fmt::format(", {} not run", left);
  return text;
}

namespace {

constexpr std::size_t widest_promise = 50;
constexpr std::size_t widest_how = 20;
constexpr std::size_t widest_amount = 18;

std::string line_of(std::string_view promise, std::string_view how, std::string_view over, std::string_view result) {
  std::string line = padded_right(promise, widest_promise) + " " + padded_right(how, widest_how) + " " +
                     padded_right(over, widest_amount) + " " + std::string(result);
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string rows_of(const shown_promise& row) {
  const std::vector<std::string> lines = wrapped(row.what.says, widest_promise);
  std::string text = line_of(lines.front(), row.what.how, amount_of(row), word_for(row.verdict));
  for (std::size_t at = 1; at < lines.size(); ++at) text += "  " + lines[at] + "\n";
  return text;
}

}  // namespace

std::string command_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string proof_text(const proof& of) {
  std::string text;
  std::string map;
  for (const shown_promise& row : of.rows) {
    if (row.what.of != map) {
      text += (map.empty() ? "" : "\n") + line_of(row.what.of, "shown by", "over", "result");
      map = row.what.of;
    }
    text += rows_of(row);
  }
  for (const shown_promise& row : of.rows) {
    if (row.verdict == verdict::broken) text += "\nBROKEN: " + row.what.says + "\n" + row.said + "\n";
  }
  text += "\n" + padded_right(summary_of(of), page_columns - 12) + padded_left(time_in_words(of.seconds), 10) + "\n";
  text += "held: no counter-example in what was tried.  proved: all of what is named was tried.\n";
  text += fmt::format("again: {}\n", of.command);
  return text;
}

std::string proof_json(const proof& of) {
  nlohmann::ordered_json all = {{"command", of.command}, {"seed", of.seed}, {"seconds", of.seconds}};
  all["promises"] = nlohmann::ordered_json::array();
  for (const shown_promise& row : of.rows) {
    all["promises"].push_back({{"map", row.what.of},
                               {"promise", row.what.says},
                               {"shown_by", row.what.how},
                               {"command", command_text(row.what.command)},
                               {"over", row.amount},
                               {"unit", row.what.unit},
                               {"result", word_for(row.verdict)},
                               {"seconds", row.seconds},
                               {"why", row.what.open},
                               {"said", row.said}});
  }
  return all.dump(2) + "\n";
}

}  // namespace portolan::tool
