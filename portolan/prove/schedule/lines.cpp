// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <portolan/prove/schedule/lines.hpp>

namespace portolan::prove::schedule {

platform::checked::site lines::of(const void* return_address) {
  const auto [found, fresh] = by_address_.try_emplace(return_address);
  if (fresh) {
    Dl_info in{};
    const bool is_known = dladdr(return_address, &in) != 0 && in.dli_fname != nullptr;
    // One byte back lies in the call itself.
    const auto offset = reinterpret_cast<std::uintptr_t>(return_address) - 1 -
                        (is_known ? reinterpret_cast<std::uintptr_t>(in.dli_fbase) : 0);
    std::array<char, 24> digits{};
    std::snprintf(digits.data(), digits.size(), "0x%" PRIxPTR, offset);
    const std::string module = is_known ? in.dli_fname : "";
    known_.push_back({module, digits.data(), module.substr(module.rfind('/') + 1) + "+" + digits.data()});
    found->second = &known_.back();
  }
  return {found->second->name.c_str(), 0};
}

namespace {

/// What the command prints, or nothing.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> from(popen(command.c_str(), "r"), &pclose);
  std::string all;
  std::array<char, 4096> part{};
  while (from != nullptr && std::fgets(part.data(), part.size(), from.get()) != nullptr) all += part.data();
  return all;
}

/// `path` as one word of a shell.
std::string quoted(const std::string& path) {
  std::string safe = "'";
  for (const char each : path) safe += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return safe + "'";
}

/// Of the lines that stand at one address, inlined ones first, the first that is not the C++ library's.
std::string own_line(const std::string& all) {
  std::string first;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find('\n', begin), all.size());
    std::string line = all.substr(begin, end - begin);
    begin = end + 1;
    if (const std::size_t note = line.find(" (discriminator"); note != std::string::npos) line.resize(note);
    if (line.find('?') != std::string::npos) continue;
    if (first.empty()) first = line;
    if (line.find("/c++/") == std::string::npos) return line;
  }
  return first;
}

}  // namespace

std::string lines::told(std::string text) const {
  for (const known& each : known_) {
    const std::size_t first = text.find(each.name);
    if (first == std::string::npos || each.module.empty()) continue;
    const std::string line =
        own_line(output_of("addr2line -i -e " + quoted(each.module) + " " + each.offset + " 2>&-"));
    if (line.empty()) continue;
    const std::string name = line.substr(line.rfind('/') + 1);
    for (std::size_t at = first; at != std::string::npos; at = text.find(each.name, at + name.size())) {
      // Not the beginning of a longer number.
      if (const std::size_t end = at + each.name.size(); end < text.size() && std::isxdigit(text[end]) != 0) continue;
      text.replace(at, each.name.size(), name);
    }
  }
  return text;
}

}  // namespace portolan::prove::schedule
