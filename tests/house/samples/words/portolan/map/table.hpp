#pragma once
// TODO: later
// A whole sentence that ends in a call, such as find(key); is no code.
//   map.insert(key, value);
//   for (auto& each : all) { }
// map.insert(key, value);
// int count = 3;
// if (count > 3) {
// return count;
// #include <vector>
int count = 0;  // counts; never falls
// The blacklist of keys.
// relaxed: nobody else writes (see grow);
