// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/option_names.hpp"

#include <algorithm>

namespace portolan::tool {

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names{"--help"};
  for (const CLI::Option* option : app.get_options()) {
    if (const std::string name = option->get_name(); name.starts_with("--")) names.push_back(name);
  }
  return names;
}

std::string explained(const CLI::App& app, const CLI::ParseError& error, const arguments& given) {
  const std::vector<std::string> known = names_of(app);
  for (const std::string& word : given) {
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest(name, known);
    return "there is no option " + name + (near.empty() ? "" : "; did you mean " + near + "?");
  }
  return error.what();
}

}  // namespace portolan::tool
