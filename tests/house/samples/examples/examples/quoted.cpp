#include <string>

std::string sea() {
  std::string word = "sea";
  return word + "chart";
}
