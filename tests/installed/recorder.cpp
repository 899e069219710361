// Records a small map and says how much it wrote: what a program with the component `observe` does.
#include <cstdio>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/observe/record.hpp>

int main(int count, char** words) {
  portolan::record_options how;
  how.file = count > 1 ? words[1] : "recorder.gz";
  portolan::recorded<portolan::concurrent_map<int, int>> depths(how);
  for (int i = 0; i < 10; ++i) depths.insert(i, i * i);
  depths.flush_recording();
  const portolan::record_figures figures = depths.recording();
  std::printf("%d written, %d missing\n", static_cast<int>(figures.written), static_cast<int>(figures.missing));
  std::remove(how.file.c_str());
  return figures.written == 10 ? 0 : 1;
}
