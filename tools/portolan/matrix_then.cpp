// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/matrix_then.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/workload/input.hpp"
#include "tools/portolan/baseline.hpp"

namespace portolan::tool {
namespace {

using nlohmann::json;
using workload::input_error;

// What distinguishes a cell, as matrix.json has it.
std::string place_of(const json& cell) {
  return fmt::format("{}/{}/{}/{}/{}/{}", cell.at("keys").get<std::string>(), cell.at("entries").get<std::uint64_t>(),
                     cell.at("distribution").get<std::string>(), cell.at("mix").get<std::string>(),
                     cell.at("threads").get<unsigned>(), cell.at("batch").get<std::size_t>());
}
std::string place_of(const matrix::cell_key& of) {
  return fmt::format("{}/{}/{}/{}/{}/{}", matrix::name_of(of.form), of.entries, matrix::name_of(of.keys),
                     matrix::name_of(of.what), of.threads, of.batch);
}

using speeds_by_map = std::map<std::string, std::vector<double>>;

std::map<std::string, speeds_by_map> cells_in(const json& earlier) {
  std::map<std::string, speeds_by_map> all;
  for (const json& cell : earlier.at("cells"))
    all[place_of(cell)] = cell.at("operations_per_second").get<speeds_by_map>();
  return all;
}

std::vector<std::string> doubts_about(const json& earlier, const matrix::result& now,
                                      const workload::machine& machine) {
  std::vector<std::string> all;
  const json& then = earlier.at("machine");
  const auto differs = [&](const char* what, const std::string& was, const std::string& is) {
    if (was != is) all.push_back(fmt::format("{}: then {}, now {}", what, was, is));
  };
  differs("processor", then.at("processor").get<std::string>(), machine.processor_name);
  differs("compiler", then.at("compiler").get<std::string>(), machine.compiler);
  differs("build", then.at("build").get<std::string>(), machine.build);
  differs("seconds of a run", fmt::format("{:g}", earlier.at("seconds").get<double>()),
          fmt::format("{:g}", now.how.seconds));
  return all;
}

std::optional<matrix_change> change_in(const matrix::cell& cell, const std::vector<std::string>& names,
                                       const speeds_by_map& then) {
  const auto earlier = then.find(names.front());
  const std::vector<double>& ours = cell.speeds.front();
  if (earlier == then.end() || earlier->second.empty() || ours.empty()) return std::nullopt;
  matrix_change made{cell.of.words(), matrix::estimate_of(ours), matrix::estimate_of(earlier->second)};
  for (std::size_t i = 1; i < names.size(); ++i) {
    const auto other = then.find(names[i]);
    if (other == then.end() || other->second.empty() || cell.speeds[i].empty()) continue;
    if (names[i].starts_with(names.front())) continue;  // ours under another load factor
    const double ratio = matrix::median_of(cell.speeds[i]) / matrix::median_of(other->second);
    made.others_least = made.others_least == 0 ? ratio : std::min(made.others_least, ratio);
    made.others_most = std::max(made.others_most, ratio);
  }
  const auto range = [](const matrix::estimate& of) { return workload::figure{of.median, of.low, of.high}; };
  const auto rounds = static_cast<unsigned>(std::min(ours.size(), earlier->second.size()));
  const verdict_of_change alone =
      judge_change({names.front(), made.cell, "operations/s", better::more, range(made.now)}, range(made.then), rounds);
  made.lost = alone == verdict_of_change::worse && (made.others_least == 0 || made.ratio() < made.others_least);
  return made;
}

}  // namespace

std::size_t matrix_then::lost() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(changes.begin(), changes.end(), [](const matrix_change& one) { return one.lost; }));
}

matrix_then compare_with(const std::string& file, const std::string& text, const matrix::result& now,
                         const workload::machine& machine) {
  matrix_then made;
  made.file = file;
  try {
    const json earlier = json::parse(text);
    made.date = earlier.at("date").get<std::string>();
    made.doubts = doubts_about(earlier, now, machine);
    const std::map<std::string, speeds_by_map> cells = cells_in(earlier);
    for (const matrix::cell& cell : now.cells) {
      const auto then = cells.find(place_of(cell.of));
      if (then == cells.end()) continue;
      if (const auto change = change_in(cell, now.names, then->second)) made.changes.push_back(*change);
    }
  } catch (const json::exception&) {
    throw input_error(file, 0,
                      "is not the matrix.json of an earlier `portolan bench matrix`; give --baseline that file");
  }
  return made;
}

std::string read_earlier_matrix(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw input_error(file, 0, "cannot be read; --baseline wants the matrix.json of an earlier run");
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  (void)compare_with(file, text, {}, {});
  return text;
}

}  // namespace portolan::tool
