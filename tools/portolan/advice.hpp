// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What `portolan advise` found out, and how it is said.
//
//    inputs -> workload -> survey -> verdict -> text   (advice_text.cpp)
//                             `- crossings   `-> JSON, CSV   (advice_data.cpp)
//                             `- shards       `-> HTML with plots   (advice_html.cpp)
//
// Everything that is said stands in one `advice`; the three forms only differ in how they show it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/workload/crossing.hpp"
#include "bench/workload/machine.hpp"
#include "bench/workload/survey.hpp"
#include "tools/portolan/baseline.hpp"
#include "tools/portolan/text.hpp"

namespace portolan::tool {

/// What is known of the input, without the operations themselves.
struct workload_card {
  std::string title;
  workload::facts facts;
  std::uint32_t keys = 0;
  std::size_t start_entries = 0;
  unsigned threads = 0;
  workload::key_kind key_kind = workload::key_kind::number;
  workload::value_kind value_kind = workload::value_kind::number;
  bool once = false;
  workload::pace pace = workload::pace::closed;
  double rate_per_s = 0;
  std::vector<std::string> remarks;  ///< how the input was read: bad lines, limits
};
[[nodiscard]] workload_card card_of(const workload::workload& work);

/// Which map, and why, from the figures alone.
struct verdict {
  std::string best;                ///< name of the candidate advised; empty: nothing was measured
  std::string advice;              ///< two sentences
  std::string but;                 ///< where another would win; empty: not looked for
  std::string change;              ///< the line to paste
  std::vector<std::string> order;  ///< all measured names, the fastest first
};

struct advice {
  workload_card work;
  workload::machine machine;
  unsigned rounds = 0;
  double run_seconds = 0;
  workload::survey_result survey;
  std::vector<workload::curve> curves;
  std::optional<workload::shard_sweep> sweep;
  verdict judged;
  double clock_floor_us = 0;  ///< what a latency of nothing shows
  std::vector<std::string> not_done;
  std::string report_path;  ///< empty: none was written
  std::string next;

  [[nodiscard]] bool found_wrong_map() const;
};

/// Judges the survey: speed first; among those within the noise the shorter tail, then the smaller memory.
[[nodiscard]] verdict judge(const advice& all);

/// The figures that another day's are compared with: speed, tails, memory, allocations of each map.
[[nodiscard]] std::vector<measured_figure> figures_of(const advice& all);

[[nodiscard]] std::string as_text(const advice& all, const terminal& to);
[[nodiscard]] std::string as_json(const advice& all);
[[nodiscard]] std::string as_csv(const advice& all);
[[nodiscard]] std::string as_html(const advice& all);

/// Writes the whole of `content`; an empty text, or why it could not be (the partial file is removed).
[[nodiscard]] std::string write_file(const std::string& path, const std::string& content);

}  // namespace portolan::tool
