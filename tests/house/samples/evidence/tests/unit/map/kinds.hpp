inline bool put(x_map& map) { return map.insert(1); }
