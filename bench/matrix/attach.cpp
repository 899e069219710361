// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/attach.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "bench/matrix/in_child.hpp"
#include "bench/matrix/measured.hpp"

namespace portolan::matrix {
namespace {

namespace files = std::filesystem;
using words = std::vector<std::string>;

enum class thread_locals : bool { in_the_program, anywhere };

std::string text_of(const files::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::uint64_t hash_of(const std::string& text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a, by Fowler, Noll and Vo
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return hash;
}

// A folder that belongs to this user alone: what lies in it becomes part of this program.
files::path cache_folder() {
  files::path folder;
  if (const char* const set = std::getenv("XDG_CACHE_HOME"); set != nullptr && *set == '/') {
    folder = set;
  } else if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/') {
    folder = files::path(home) / ".cache";
  } else {
    folder = files::temp_directory_path() / fmt::format("portolan-{}", ::getuid());
  }
  folder /= "portolan/peers";
  std::error_code problem;
  files::create_directories(folder, problem);
  if (!problem) files::permissions(folder, files::perms::owner_all, problem);
  struct stat about {};
  if (problem || ::stat(folder.c_str(), &about) != 0 || about.st_uid != ::getuid()) {
    throw attach_error(
        fmt::format("{} cannot be used for compiled adapters: {}; set XDG_CACHE_HOME to a folder of yours",
                    folder.string(), problem ? problem.message() : "it belongs to somebody else"));
  }
  return folder;
}

words split(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

words flags_in(const std::string& text) {
  words flags;
  std::istringstream lines(text);
  const std::string mark = "// flags:";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(mark)) continue;
    for (std::string& flag : split(line.substr(mark.size()))) flags.push_back(std::move(flag));
  }
  return flags;
}

bool is_library(const std::string& flag) {
  return flag.starts_with("-l") || flag.starts_with("-L") || flag.starts_with("-Wl,");
}

words compile_command(const std::string& header, const words& include, const words& flags, thread_locals where) {
  words all{compiler_of_run_time(), "-std=c++20", "-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden"};
  for (std::string& flag : split(PORTOLAN_BENCH_FLAGS)) all.push_back(std::move(flag));
  // Two adapters have classes of the same names; neither may meet the other's static objects.
  if (all.front().find("clang") == std::string::npos) all.push_back("-fno-gnu-unique");
  if (where == thread_locals::in_the_program) all.push_back("-ftls-model=initial-exec");
  all.push_back("-I" + source_folder());
  for (const std::string& folder : include) all.push_back("-I" + folder);
  for (const std::string& flag : flags) {
    if (!is_library(flag)) all.push_back(flag);
  }
  all.push_back(fmt::format("-DPORTOLAN_PEER_HEADER=\"{}\"", header));
  all.push_back(source_folder() + "/bench/matrix/attached.cpp");
  return all;
}

std::string first_error(const std::string& said) {
  std::istringstream lines(said);
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (first.empty()) first = line;
    if (line.find("error") != std::string::npos || line.find("undefined reference") != std::string::npos) return line;
  }
  return first.empty() ? "the compiler said nothing" : first;
}

[[noreturn]] void refuse(const std::string& header, const std::string& said, const files::path& log) {
  std::ofstream(log) << said;
  throw attach_error(
      fmt::format("{} does not compile: {}\nall of it: {}\n"
                  "Its includes come from --peer-include DIR; what an adapter holds: docs/bench.md",
                  header, first_error(said), log.string()));
}

// The path of the shared object, compiled now or before.
files::path compiled(const std::string& header, const words& include, thread_locals where) {
  const words flags = flags_in(text_of(header));
  const words compile = compile_command(header, include, flags, where);
  const files::path folder = cache_folder();
  const files::path scratch = folder / fmt::format("{}.{}", files::path(header).stem().string(), ::getpid());

  words look = compile;
  look.insert(look.end(), {"-E", "-P", "-o", scratch.string() + ".ii"});
  const ended looked = run_program(look);
  if (looked.status < 0 || looked.status == 127) {
    throw attach_error(fmt::format("{} cannot be started; CXX names another compiler", compile.front()));
  }
  const std::string text = text_of(scratch.string() + ".ii");
  std::error_code ignored;
  files::remove(scratch.string() + ".ii", ignored);
  std::string key = text;
  for (const std::string& word : compile) key += ' ' + word;
  for (const std::string& word : flags) key += ' ' + word;
  const files::path made = folder / fmt::format("{}-{:016x}.so", files::path(header).stem().string(), hash_of(key));
  files::path log = made;
  log.replace_extension(".log");
  if (looked.status != 0) refuse(header, looked.said, log);
  if (files::exists(made, ignored)) return made;

  words build = compile;
  build.insert(build.end(), {"-shared", "-o", scratch.string() + ".so"});
  for (const std::string& flag : flags) {
    if (is_library(flag)) build.push_back(flag);
  }
  const ended built = run_program(build);
  if (built.status != 0) refuse(header, built.said, log);
  files::rename(scratch.string() + ".so", made);
  return made;
}

}  // namespace

std::string compiler_of_run_time() {
  const char* const set = std::getenv("CXX");
  return set != nullptr && *set != '\0' ? set : PORTOLAN_BENCH_CXX;
}

std::string source_folder() {
  std::error_code ignored;
  return files::exists(PORTOLAN_BENCH_SOURCES "/bench/matrix/attached.cpp", ignored) ? PORTOLAN_BENCH_SOURCES : "";
}

workload::candidate attach(const std::string& given, const std::vector<std::string>& include) {
  std::error_code problem;
  const std::string header = files::canonical(given, problem).string();
  if (problem) throw attach_error(given + ": " + problem.message());
  if (source_folder().empty()) {
    throw attach_error(
        "adapters are compiled against Portolan's sources, which are no longer in " PORTOLAN_BENCH_SOURCES);
  }
  void* library = ::dlopen(compiled(header, include, thread_locals::in_the_program).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr && std::string(::dlerror()).find("TLS") != std::string::npos) {
    library = ::dlopen(compiled(header, include, thread_locals::anywhere).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (library == nullptr) {
    (void)::dlopen(compiled(header, include, thread_locals::anywhere).c_str(), RTLD_NOW | RTLD_LOCAL);
    const char* const said = ::dlerror();
    throw attach_error(fmt::format("{} cannot be loaded: {}\nA line `// flags: -lname` in it names a library", given,
                                   said != nullptr ? said : "no reason given"));
  }
  const auto* const layout = static_cast<const attached_layout*>(::dlsym(library, "portolan_attached_layout"));
  if (layout == nullptr || *layout != attached_layout{}) {
    throw attach_error("the sources in " PORTOLAN_BENCH_SOURCES " are not those of this program: build it again");
  }
  const auto describe = reinterpret_cast<void (*)(workload::candidate&)>(::dlsym(library, "portolan_attached_peer"));
  workload::candidate made;
  describe(made);
  return made;
}

}  // namespace portolan::matrix
