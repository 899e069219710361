// What the tests of dumps share: a map's content, and its dump as bytes.
#pragma once

#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include <portolan/map/dump.hpp>

namespace promises {

template <class Map>
auto content_of(const Map& map) {
  std::map<typename Map::key_type, typename Map::mapped_type> seen;
  map.for_each([&](const auto& key, const auto& value) { EXPECT_TRUE(seen.emplace(key, value).second) << "twice"; });
  return seen;
}

template <class Map>
std::string dump_of(const Map& map) {
  std::ostringstream out;
  const portolan::dumped said = portolan::dump(map, out);
  EXPECT_EQ(said.bytes, out.str().size());
  EXPECT_EQ(said.entries, map.size());
  return out.str();
}

}  // namespace promises
