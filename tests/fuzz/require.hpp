#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace runvisor::fuzz {

/// Ends the fuzzer, which then keeps the input, unless `kept`.
inline void require(bool kept, const std::string& rule) {
  if (kept) return;
  std::fputs(("Not kept: " + rule + '\n').c_str(), stderr);
  std::abort();
}

}  // namespace runvisor::fuzz
