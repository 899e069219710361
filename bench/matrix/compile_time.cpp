// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What it costs to include a map and to insert once: c++ -O2 -c, the median of three.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench/matrix/attach.hpp"
#include "bench/matrix/figures.hpp"
#include "bench/matrix/in_child.hpp"
#include "bench/matrix/matrix.hpp"

namespace portolan::matrix {
namespace {

namespace files = std::filesystem;

constexpr const char* start = "#include <cstdint>\nusing number = std::uint64_t;\n";

struct program {
  std::string name;
  std::string text;
  std::vector<std::string> include;
};

std::vector<program> programs(const std::vector<outside_header>& outside) {
  std::vector<program> all {
    {"concurrent_map",
     "#include <portolan/map/concurrent_map.hpp>\n"
     "bool once(portolan::concurrent_map<number, number>& map) { return map.insert(1, 2); }\n"
     "void* make() { return new portolan::concurrent_map<number, number>(); }\n",
     {source_folder()}},
#if defined(PORTOLAN_BENCH_TBB)
        {"oneTBB",
         "#include <tbb/concurrent_hash_map.h>\n"
         "bool once(tbb::concurrent_hash_map<number, number>& map) { return map.emplace(1, 2); }\n"
         "void* make() { return new tbb::concurrent_hash_map<number, number>(); }\n",
         {}},
#endif
#if defined(PORTOLAN_BENCH_CUCKOO)
        {"libcuckoo",
         "#include <libcuckoo/cuckoohash_map.hh>\n"
         "bool once(libcuckoo::cuckoohash_map<number, number>& map) { return map.insert(1, 2); }\n"
         "void* make() { return new libcuckoo::cuckoohash_map<number, number>(); }\n",
         {}},
#endif
#if defined(PORTOLAN_BENCH_ABSL)
        {"absl::flat_hash_map",
         "#include <absl/container/flat_hash_map.h>\n"
         "bool once(absl::flat_hash_map<number, number>& map) { return map.try_emplace(1, 2).second; }\n"
         "void* make() { return new absl::flat_hash_map<number, number>(); }\n",
         {}},
#endif
  };
  for (const outside_header& one : outside) {
    program made{one.name + " (its adapter)",
                 fmt::format("#include \"{}\"\nusing map_of_it = outside_peer::adapter<number, number>;\n"
                             "bool once(map_of_it& map) {{ return map.insert(1, 2); }}\n"
                             "void* make(const portolan::workload::setup& how) {{ return new map_of_it(how); }}\n",
                             files::absolute(one.file).string()),
                 one.include};
    made.include.push_back(source_folder());
    all.push_back(std::move(made));
  }
  return all;
}

}  // namespace

std::vector<compiled> compile_times(const std::vector<outside_header>& outside, remarks& said,
                                    const std::atomic<bool>* interrupted) {
  if (source_folder().empty()) {
    said.left_out.push_back("compile time: Portolan's headers are not where this program was built from");
    return {};
  }
  const files::path folder = files::temp_directory_path() / fmt::format("portolan-compile-{}", ::getpid());
  files::create_directories(folder);
  std::vector<compiled> found;
  for (const program& one : programs(outside)) {
    const std::string file = (folder / "once.cpp").string();
    std::ofstream(file) << start << one.text;
    std::vector<std::string> command{compiler_of_run_time(), "-std=c++20", "-O2", "-c", file, "-o", "/dev/null"};
    for (const std::string& each : one.include) command.push_back("-I" + each);
    std::vector<double> seconds;
    for (int i = 0; i < 3 && (interrupted == nullptr || !interrupted->load()); ++i) {
      const ended ran = run_program(command);
      if (ran.status == 0) seconds.push_back(ran.seconds);
    }
    if (!seconds.empty()) {
      found.push_back({one.name, median_of(seconds)});
    } else if (interrupted == nullptr || !interrupted->load()) {
      said.left_out.push_back("compile time of " + one.name + ": it does not compile here");
    }
  }
  files::remove_all(folder);
  return found;
}

}  // namespace portolan::matrix
