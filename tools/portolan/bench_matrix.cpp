// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan bench matrix`: concurrent_map beside its peers in every cell, and the table of what it must reach.
//
//    options -> maps (packaged, attached) -> what it will take -> measure -> bars -> text, files
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "bench/matrix/attach.hpp"
#include "bench/peers/peers.hpp"
#include "bench/workload/input.hpp"
#include "tools/portolan/advice.hpp"
#include "tools/portolan/bench.hpp"
#include "tools/portolan/matrix_options.hpp"
#include "tools/portolan/matrix_report.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

namespace files = std::filesystem;
using matrix::entrant;

bool named(const std::string& name, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return name.find(part) != std::string::npos; });
}

std::vector<entrant> maps_of_this_program(const matrix_options& o) {
  std::vector<entrant> all;
  for (const workload::candidate& one : workload::all_candidates()) {
    if (!one.measure) continue;
    const bool ours = one.origin == workload::origin::family;
    if (!ours && !o.only.empty() && !named(one.name, o.only)) continue;
    if (!ours && named(one.name, o.without)) continue;
    all.push_back({one});
  }
  return all;
}

void attach_all(const matrix_options& o, const terminal& to, std::vector<entrant>& into) {
  progress_bar bar(to);
  bar.expect(static_cast<double>(o.peer_headers.size()));
  double done = 0;
  for (const std::string& header : o.peer_headers) {
    bar.show(done++, "compiling " + header);
    workload::candidate made = matrix::attach(header, o.peer_include);
    for (const entrant& other : into) {
      if (other.which.name == made.name)
        throw matrix::attach_error(header + ": there is a map called " + made.name + " already");
    }
    into.push_back({std::move(made)});
  }
}

// Why a name of --only or --without names nobody; empty: all is well.
std::string unknown_map(const matrix_options& o) {
  for (const auto* const list : {&o.only, &o.without}) {
    for (const std::string& part : *list) {
      std::string all;
      bool known = false;
      for (const workload::candidate& one : workload::all_candidates()) {
        if (!one.measure) continue;
        known = known || one.name.find(part) != std::string::npos;
        all += (all.empty() ? "" : ", ") + one.name;
      }
      if (!known) return fmt::format("no map has \"{}\" in its name; there are: {}", part, all);
    }
  }
  return "";
}

std::string make_folder(const std::string& path) {
  std::error_code problem;
  files::create_directories(path, problem);
  if (problem) return problem.message();
  const std::string probe = path + "/.portolan-probe";
  if (std::string why = write_file(probe, "portolan\n"); !why.empty()) return why;
  files::remove(probe, problem);
  return "";
}

std::string now_in_words() {
  const std::time_t now = std::time(nullptr);
  char text[64];
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts));
}

std::string duration_in_words(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return whole < 120 ? fmt::format("{} s", whole) : fmt::format("{} min", (whole + 30) / 60);
}

// False: the disk is full, or somebody took the folder away.
bool write_files(const matrix_report& of, const std::string& folder, const terminal& to) {
  std::vector<std::pair<std::string, std::string>> all{
      {"matrix.md", as_markdown(of)}, {"matrix.csv", as_csv(of)}, {"matrix.json", as_json(of)}};
  for (auto& plot : as_plots(of)) all.push_back(std::move(plot));
  for (const auto& [name, content] : all) {
    const std::string path = folder + "/" + name;
    if (const std::string problem = write_file(path, content); !problem.empty()) {
      complain(to, path + " could not be written: " + problem + "; the table stands above");
      return false;
    }
  }
  return true;
}

matrix::result measure(const std::vector<entrant>& maps, matrix_options& o, const terminal& to) {
  progress_bar bar(to);
  const double expected = matrix::expected_seconds(maps, o.how);
  if (!o.json) {
    complain(to, fmt::format("{} maps, about {}; Ctrl-C keeps what was measured until then", maps.size() - 2,
                             duration_in_words(expected)));
  }
  bar.expect(expected);
  o.how.interrupted = &interrupted();
  o.how.progress = [&](double done, const std::string& what) { bar.show(done, what); };
  return matrix::run(maps, o.how);
}

}  // namespace

status bench_matrix(const arguments& given, const terminal& to) {
  matrix_options o = read_matrix_options(given);
  if (o.problem.empty()) o.problem = unknown_map(o);
  if (!o.problem.empty()) {
    complain(to, "bench matrix: " + o.problem);
    return status::failed;
  }
  std::string earlier;
  try {
    if (!o.baseline.empty()) earlier = read_earlier_matrix(o.baseline);
  } catch (const workload::input_error& error) {
    complain(to, std::string("bench matrix: ") + error.what());
    return status::failed;
  }
  matrix_report report;
  report.command = o.command;
  report.date = now_in_words();
  report.machine = workload::this_machine();
  std::vector<entrant> maps = maps_of_this_program(o);
  try {
    attach_all(o, to, maps);
  } catch (const matrix::attach_error& error) {
    complain(to, std::string("bench matrix: ") + error.what());
    return status::failed;
  }
  if (const std::string problem = make_folder(o.out); !problem.empty()) {
    complain(to, "bench matrix: nothing can be written to " + o.out + ": " + problem + "; --out names another folder");
    return status::failed;
  }
  watch_for_interrupt();
  std::vector<matrix::compiled> compiles;
  matrix::remarks said;
  if (o.how.parts.count(matrix::part::compile) != 0) {
    std::vector<matrix::outside_header> outside;
    const std::size_t first = maps.size() - o.peer_headers.size();
    for (std::size_t i = 0; i < o.peer_headers.size(); ++i) {
      outside.push_back({maps[first + i].which.name, o.peer_headers[i], o.peer_include});
    }
    compiles = matrix::compile_times(outside, said, &interrupted());
  }
  maps.push_back({matrix::plain_array(), entrant::role::array});
  maps.push_back({matrix::roomy(maps.front().which), entrant::role::roomy});
  report.found = measure(maps, o, to);
  report.found.compiles = std::move(compiles);
  report.found.said.left_out.insert(report.found.said.left_out.end(), said.left_out.begin(), said.left_out.end());
  report.bars = matrix::bars_of(report.found);
  if (!o.baseline.empty()) report.then = compare_with(o.baseline, earlier, report.found, report.machine);
  if (!print(to, o.json ? as_json(report) : as_text(report, to))) {
    complain(to, "the result could not be written to the standard output: is the disk full?");
    return status::failed;
  }
  if (!write_files(report, o.out, to)) return status::failed;
  if (!o.json && !print(to, labelled("files", o.out + "/matrix.md, .csv, .json and plots"))) return status::failed;
  const bool lost = report.then && report.then->lost() != 0;
  return report.found.said.wrong.empty() && !lost ? status::clean : status::found;
}

}  // namespace portolan::tool
