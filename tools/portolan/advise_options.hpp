// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What was asked of `portolan advise`, checked: options that contradict each other never get past here.
#pragma once

#include <string>
#include <vector>

#include "bench/workload/synthetic.hpp"
#include "bench/workload/trace.hpp"
#include "tools/portolan/commands.hpp"

namespace portolan::tool {

enum class source : std::uint8_t { headers, words, trace, synthetic, scenario };

/// What is done with the input: all maps once, more shards, or the places where maps overtake each other.
enum class question : std::uint8_t { survey, shards, crossings };

struct advise_options {
  enum question question = question::survey;
  enum source source = source::headers;
  std::vector<std::string> words;
  std::string trace_file;
  workload::trace_settings trace;
  bool cold = false;
  workload::synthetic_settings synthetic;
  std::string scenario;
  workload::pace pace = workload::pace::closed;
  double rate_per_s = 0;
  unsigned threads = 0;
  bool quick = false;
  unsigned rounds = 0;                 ///< 0: by --quick
  double run_seconds = 0;              ///< 0: by --quick
  std::size_t operations_at_most = 0;  ///< 0: by --quick and input
  bool reserve = false;
  bool variants = true;  ///< crossings and the shard sweep
  std::vector<std::string> only;
  std::vector<std::string> without;
  std::vector<std::string> peer_headers;  ///< adapters of maps from outside
  std::vector<std::string> peer_include;
  std::string report = "portolan-advise.html";  ///< empty: none
  bool json = false;
  std::string save;      ///< where the figures go for a later --baseline; empty: nowhere
  std::string baseline;  ///< an earlier run to compare with; empty: none
  std::string plots;     ///< --crossings: a folder for one SVG a curve; empty: none
  std::uint64_t seed = 1;
};

/// What the arguments came to: options, or a sentence that says what is wrong with them, or a wish for help.
struct parsed_options {
  advise_options options;
  std::string problem;
  bool help = false;
};
[[nodiscard]] parsed_options parse_advise(const arguments& given);

/// The names of the scenarios, in the order of the help.
[[nodiscard]] const std::vector<std::string>& scenario_names();
[[nodiscard]] status run_scenario(const advise_options& how, const terminal& to);

}  // namespace portolan::tool
