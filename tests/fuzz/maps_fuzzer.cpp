// libFuzzer's way into the machines: bytes are a program (step.hpp), of the family's words or, with
// PORTOLAN_FUZZ_OWN_WORDS in the environment, of own_words.hpp. docs/fuzzing.md says how to run it.
#include <cstdio>
#include <cstdlib>

#include "machine.hpp"
#include "own_words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  static const bool own = std::getenv("PORTOLAN_FUZZ_OWN_WORDS") != nullptr;
  const fuzz::program given = fuzz::decode({bytes, count});
  const fuzz::trial tried = [](const fuzz::program& what) { return own ? fuzz::run_own(what) : fuzz::run(what); };
  if (!tried(given).trouble) return 0;
  const fuzz::program small = fuzz::shrunk(given, tried);
  std::fputs((own ? fuzz::told_own(small, tried) : fuzz::told(small, tried)).c_str(), stderr);
  std::abort();
}
