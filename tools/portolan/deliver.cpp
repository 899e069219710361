// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/deliver.hpp"

#include <nlohmann/json.hpp>

#include "bench/workload/input.hpp"
#include "tools/portolan/advice.hpp"

namespace portolan::tool {

measured_set set_of(const std::string& kind, const std::string& of, unsigned rounds, double run_seconds) {
  measured_set made;
  made.kind = kind;
  made.of = of;
  made.machine = workload::this_machine();
  made.version = PORTOLAN_VERSION;
  made.rounds = rounds;
  made.run_seconds = run_seconds;
  return made;
}

std::optional<measured_set> baseline_for(const advise_options& how, const measured_set& planned) {
  if (how.baseline.empty()) return std::nullopt;
  measured_set before = read_baseline(how.baseline);
  if (const std::string why = incomparable(before, planned); !why.empty()) {
    throw workload::input_error(how.baseline, 0, why);
  }
  return before;
}

status deliver(delivery all, const std::optional<measured_set>& before, const advise_options& how, const terminal& to) {
  status result = all.found;
  const std::string document = with_figures(all.json, all.figures);
  std::string shown = how.json ? document : all.text;
  if (before) {
    const baseline_comparison compared = compare(*before, all.figures, how.baseline);
    if (compared.anything_worse()) result = status::found;
    if (how.json) {
      auto both = nlohmann::ordered_json::parse(document);
      both["baseline"] = nlohmann::ordered_json::parse(as_json(compared));
      shown = both.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    } else {
      shown += "\n" + as_text(compared);
    }
  }
  if (!print(to, shown)) {
    complain(to, "the result could not be written to the standard output: is the disk full?");
    return status::failed;
  }
  if (how.save.empty()) return result;
  if (!all.whole) {
    complain(to, how.save + " was not written: the measurement was ended early");
    return status::failed;
  }
  if (const std::string problem = write_file(how.save, document); !problem.empty()) {
    complain(to, "the figures could not be saved to " + how.save + ": " + problem + "; they stand above");
    return status::failed;
  }
  return result;
}

}  // namespace portolan::tool
