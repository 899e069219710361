// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Output that is compared with a file of tests/golden. UPDATE_GOLDEN=1 in the environment writes the files anew;
// then look at the difference before you commit it.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace support {

// Every figure becomes #, every run of blanks one blank: what is left is what a person reads.
inline std::string masked(const std::string& text) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  std::string out;
  bool in_name = false;  // a digit in p99 or uint64_t is no figure
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (digit(i) && !in_name) {
      while (digit(i + 1) || ((text[i + 1] == '.' || text[i + 1] == ',') && digit(i + 2))) ++i;
      out += '#';
      continue;
    }
    in_name = std::isalpha(c) != 0 || c == '_' || (in_name && (digit(i) || (c == '.' && digit(i + 1))));
    if (c != ' ' || out.empty() || out.back() != ' ') out += text[i];
  }
  return out;
}

inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = "tests/golden/" + name;
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string wanted{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, wanted) << "differs from " << path << "; UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace support
