// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "bench/plots/svg.hpp"
#include "bench/workload/input.hpp"
#include "tools/portolan/advice.hpp"
#include "tools/portolan/advise_input.hpp"
#include "tools/portolan/deliver.hpp"
#include "tools/portolan/progress.hpp"
#include "tools/portolan/variants.hpp"

namespace portolan::tool {
namespace {

using workload::candidate;
using workload::curve;
using workload::overtaking;

constexpr std::size_t told_at_most = 6;

// Which points a parameter is measured at.
struct points {
  std::vector<double> shares;
  std::vector<unsigned> threads;
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> sizes;
};

points points_of(const advise_options& how) {
  if (how.quick) return {{0, 0.5, 0.9, 1}, {1, 4}, {100, 10'000}, {8, 1024}};
  return {{0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1},
          {1, 2, 4, 8, 16, 32},
          {100, 1'000, 10'000, 100'000, 1'000'000},
          {8, 64, 256, 1024, 4096}};
}

bool behind_one_lock(const std::string& name) {
  return name.starts_with("guarded_map") || name.starts_with("rwlock") || name.starts_with("mutex");
}

const char* file_of(const curve& c) {
  if (c.parameter == "finds") return "finds";
  if (c.parameter == "bytes a value") return "value-bytes";
  return c.parameter.c_str();
}

// The whole family and the two usual locks; peers only by name.
std::vector<candidate> contenders_of(const advise_options& how) {
  std::vector<candidate> all = choose(how);
  if (!how.only.empty()) return all;
  std::erase_if(all, [](const candidate& c) {
    return c.origin != workload::origin::family && c.name != "mutex + unordered_map" &&
           c.name != "rwlock + unordered_map";
  });
  return all;
}

// One parameter after the other, with one progress bar over all.
class measuring {
 public:
  measuring(const advise_options& how, const plan& p, progress_bar& bar)
      : how_(how), at_(points_of(how)), plan_(p), bar_(bar), contenders_(contenders_of(how)) {
    rounds_ = how.rounds != 0 ? how.rounds : how.quick ? 2 : 3;
    seconds_ = how.run_seconds > 0 ? how.run_seconds : how.quick ? 0.03 : 0.12;
    const std::size_t all = at_.shares.size() + at_.threads.size() + at_.keys.size() + at_.sizes.size();
    bar_.expect(each_run() * static_cast<double>(all));
  }
  [[nodiscard]] unsigned rounds() const noexcept { return rounds_; }
  [[nodiscard]] double run_seconds() const noexcept { return seconds_; }

  void measure(const workload::workload& work, crossings& into) {
    std::erase_if(contenders_, [&](const candidate& c) { return !workload::cannot_run(c, work).empty(); });
    if (contenders_.empty()) throw workload::input_error("--only", 0, "leaves no map that can run this workload");
    add(into, workload::measure_find_shares(contenders_, work, at_.shares, settings("with other shares of finds, ")),
        at_.shares.size());
    if (interrupted().load()) return;
    add(into, by_threads(), at_.threads.size());
    if (how_.source != source::synthetic) {
      into.not_done.emplace_back("with other numbers of keys: only invented operations (--synthetic) can have them");
    } else if (!interrupted().load()) {
      add(into, by_keys(), at_.keys.size());
    }
    if (work.counting) {
      into.not_done.emplace_back("with other sizes of values: additions need numbers");
    } else if (!interrupted().load()) {
      std::vector<candidate> of_bytes = contenders_;
      std::erase_if(of_bytes, [](const candidate& c) { return c.numbers_only; });
      add(into, workload::measure_value_bytes(of_bytes, work, at_.sizes, settings("with other sizes of values, ")),
          at_.sizes.size());
    }
  }

 private:
  [[nodiscard]] double each_run() const { return 1.4 * seconds_ * rounds_ * static_cast<double>(contenders_.size()); }

  void add(crossings& into, curve measured, std::size_t points) {
    done_ += each_run() * static_cast<double>(points);
    if (!measured.at.empty()) into.curves.push_back(std::move(measured));
  }

  [[nodiscard]] workload::survey_settings settings(const std::string& where) {
    workload::survey_settings s;
    s.rounds = rounds_;
    s.seed = how_.seed;
    s.run.duration_ns = static_cast<std::uint64_t>(1e9 * seconds_);
    s.run.interrupted = &interrupted();
    s.progress = [this, where](std::size_t done, std::size_t, const std::string& name) {
      bar_.show(done_ + 1.4 * seconds_ * static_cast<double>(done), where + name);
    };
    return s;
  }

  [[nodiscard]] curve by_threads() {
    curve wanted;
    wanted.parameter = "threads";
    wanted.own = how_.threads;
    wanted.spacing = workload::spacing::geometric;
    std::vector<workload::workload> works;
    for (const unsigned count : at_.threads) {
      advise_options changed = how_;
      changed.threads = count;
      changed.synthetic.threads = count;
      wanted.at.push_back(count);
      works.push_back(load(changed, plan_of(changed)).work);
      works.back().once = false;
    }
    return workload::measure_points(std::move(wanted), contenders_, works, settings("with other numbers of threads, "));
  }

  [[nodiscard]] curve by_keys() {
    curve wanted;
    wanted.parameter = "keys";
    wanted.own = how_.synthetic.keys;
    wanted.spacing = workload::spacing::geometric;
    std::vector<workload::workload> works;
    for (const std::uint32_t count : at_.keys) {
      if (count < how_.threads) continue;
      advise_options changed = how_;
      changed.synthetic.keys = count;
      wanted.at.push_back(count);
      works.push_back(load(changed, plan_).work);
    }
    return workload::measure_points(std::move(wanted), contenders_, works, settings("with other numbers of keys, "));
  }

  const advise_options& how_;
  const points at_;
  const plan plan_;
  progress_bar& bar_;
  std::vector<candidate> contenders_;
  unsigned rounds_;
  double seconds_;
  double done_ = 0;
};

std::string point_on(const curve& of, double at) {
  if (of.parameter == "finds") return fmt::format("{:.0f} %", 100 * at);
  if (at >= 1e6) return fmt::format("{:.0f} M", at / 1e6);
  if (of.parameter == "keys" && at >= 1e3) return fmt::format("{:.0f} k", at / 1e3);
  return fmt::format("{:.0f}", at);
}

std::string table_of(const curve& c) {
  constexpr std::size_t name_width = 28;
  const std::size_t width =
      std::min<std::size_t>(10, (page_columns - name_width) / std::max<std::size_t>(c.at.size(), 1));
  std::vector<table::column> columns{{"M/s, with " + c.parameter + ":", "", name_width}};
  for (const double at : c.at) columns.push_back({point_on(c, at), "", width});
  table figures(std::move(columns));
  for (std::size_t i = 0; i < c.names.size(); ++i) {
    std::vector<std::string> cells{c.names[i]};
    for (std::size_t p = 0; p < c.at.size(); ++p) {
      cells.push_back((workload::leader_at(c, p) == i ? ">" : "") + three_digits(c.speed(p, i).median / 1e6));
    }
    figures.row(std::move(cells));
  }
  return figures.text();
}

// The spreads of a whole table in a line: a column for each would not fit.
std::string spread_of(const curve& c) {
  std::vector<double> all;
  for (std::size_t p = 0; p < c.at.size(); ++p) {
    for (std::size_t i = 0; i < c.names.size(); ++i) all.push_back(c.speed(p, i).spread());
  }
  const workload::figure f = workload::figure_of(std::move(all));
  return fmt::format("± {:.0f} % in the middle, ± {:.0f} % at most; > leads at that point.", 100 * f.median,
                     100 * f.high);
}

std::string in_words(const curve& c, const overtaking& o) {
  const double half = (o.at.high - o.at.low) / 2;
  const std::string noise =
      c.parameter == "finds" ? fmt::format("{:.0f}", std::max(1.0, 100 * half)) : point_on(c, std::max(half, 1.0));
  std::string at = c.parameter == "finds" ? fmt::format("{:.0f}", 100 * o.at.median) : point_on(c, o.at.median);
  at += " ± " + noise + (c.parameter == "finds" ? " % finds" : " " + c.parameter);
  return fmt::format("{} is ahead of {} above {}, behind it below.", o.above, o.below, at);
}

// Writes one SVG a curve; the first problem ends it.
std::string write_plots(crossings& all, const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return folder + ": " + std::strerror(errno);
  for (const curve& c : all.curves) {
    const std::string path = folder + "/" + file_of(c) + ".svg";
    if (const std::string problem = write_file(path, as_plot(c)); !problem.empty()) return path + ": " + problem;
    all.plots.push_back(path);
  }
  return "";
}

}  // namespace

std::vector<overtaking> told_of(const curve& of) {
  std::vector<std::string> leaders;
  for (std::size_t p = 0; p < of.at.size(); ++p) leaders.push_back(of.names[workload::leader_at(of, p)]);
  const auto leads = [&](const std::string& name) {
    return std::find(leaders.begin(), leaders.end(), name) != leaders.end();
  };
  std::vector<overtaking> told;
  for (const overtaking& o : workload::overtakings_of(of)) {
    const bool articles =
        (o.above == "sync_map" && behind_one_lock(o.below)) || (o.below == "sync_map" && behind_one_lock(o.above));
    if (articles || (leads(o.below) && leads(o.above))) told.push_back(o);
  }
  if (told.size() > told_at_most) told.resize(told_at_most);
  return told;
}

std::string place_on(const curve& of, double at) { return point_on(of, at) + " " + of.parameter; }

std::string as_text(const crossings& all) {
  std::string out = labelled("workload", all.workload);
  for (const curve& c : all.curves) {
    out += "\n" + table_of(c) + "\n" + labelled("spread", spread_of(c));
    const auto told = told_of(c);
    for (const overtaking& o : told) out += labelled("crossing", in_words(c, o));
    if (!c.complete) {
      out += labelled("crossing", "not looked for: a map was refused, or you ended it early");
    } else if (told.empty()) {
      out += labelled("crossing", fmt::format("none between {} and {}: whoever leads somewhere is overtaken nowhere "
                                              "beyond the noise.",
                                              point_on(c, c.at.front()), place_on(c, c.at.back())));
    }
  }
  out += "\n";
  for (const std::string& what : all.not_done) out += labelled("not done", what);
  for (const std::string& path : all.plots) out += labelled("plot", path);
  return out + labelled("next", "portolan advise --crossings --json, for every change of places between any two maps");
}

std::string as_json(const crossings& all) {
  nlohmann::ordered_json j{{"portolan", "crossings"}, {"workload", all.workload}};
  j["curves"] = nlohmann::ordered_json::array();
  for (const curve& c : all.curves) {
    nlohmann::ordered_json one{{"parameter", c.parameter}, {"at", c.at}, {"complete", c.complete}};
    for (std::size_t i = 0; i < c.names.size(); ++i) {
      for (std::size_t p = 0; p < c.at.size(); ++p) {
        const workload::figure f = c.speed(p, i);
        one["operations_per_second"][c.names[i]].push_back({{"median", f.median}, {"low", f.low}, {"high", f.high}});
      }
    }
    one["crossings"] = nlohmann::ordered_json::array();
    for (const overtaking& o : workload::overtakings_of(c)) {
      one["crossings"].push_back({{"below", o.below},
                                  {"above", o.above},
                                  {"at", {{"median", o.at.median}, {"low", o.at.low}, {"high", o.at.high}}}});
    }
    j["curves"].push_back(one);
  }
  j["plots"] = all.plots;
  j["not_done"] = all.not_done;
  return j.dump(2) + "\n";
}

std::string as_plot(const curve& of) {
  std::vector<std::string> marks;
  for (const double at : of.at) marks.push_back(point_on(of, at));
  std::vector<plots::series> lines;
  for (std::size_t i = 0; i < of.names.size(); ++i) {
    plots::series line{of.names[i], {}, of.names[i] == "concurrent_map"};
    for (std::size_t p = 0; p < of.at.size(); ++p) line.values.push_back(of.speed(p, i).median / 1e6);
    lines.push_back(std::move(line));
  }
  const std::string what = of.parameter == "finds" ? "share of finds" : of.parameter;
  return plots::document(
      plots::lines("Million operations a second, by " + what, "M/s", marks, lines, plots::scale::linear));
}

status advise_crossings(const advise_options& how, const terminal& to) {
  const plan p = plan_of(how);
  const loaded input = load(how, p);
  crossings all;
  all.workload = identity_of(input.work);
  watch_for_interrupt();
  double run_seconds = 0;
  {
    progress_bar bar(to);
    measuring m(how, p, bar);
    all.rounds = m.rounds();
    run_seconds = m.run_seconds();
    m.measure(input.work, all);
  }
  if (all.curves.empty()) {
    complain(to, "stopped before the first result");
    return status::failed;
  }
  std::string problem;
  if (!how.plots.empty()) problem = write_plots(all, how.plots);
  const bool wrong = !interrupted().load() &&
                     std::any_of(all.curves.begin(), all.curves.end(), [](const curve& c) { return !c.complete; });
  const status said = deliver({as_text(all), as_json(all), set_of("crossings", all.workload, all.rounds, run_seconds),
                               !interrupted().load(), wrong ? status::found : status::clean},
                              std::nullopt, how, to);
  if (problem.empty()) return said;
  complain(to, "a plot could not be written to " + problem + "; the figures above are complete");
  return status::failed;
}

}  // namespace portolan::tool
