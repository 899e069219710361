// libFuzzer's way into the machines: bytes are a program (step.hpp). docs/fuzzing.md says how to run it.
#include <cstdio>
#include <cstdlib>

#include "machine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const fuzz::program given = fuzz::decode({bytes, count});
  if (!fuzz::run(given).trouble) return 0;
  const fuzz::trial tried = [](const fuzz::program& what) { return fuzz::run(what); };
  std::fputs(fuzz::told(fuzz::shrunk(given, tried), tried).c_str(), stderr);
  std::abort();
}
