#pragma once
#include <utility>
struct value { int number; };
inline int used_after_move(value given) {
  value taken = std::move(given);
  return taken.number + given.number;
}
inline double third(int x) { return 1.0 + x / 3; }
