// The main of every black-box program: Catch2's, in a process that inherits the orphans its tests leave, and
// ends them after each scenario.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "support/process.hpp"

namespace {

class EndsOrphans : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    runvisor::testing::end_orphans();
    TestEventListenerBase::testCaseEnded(stats);
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(EndsOrphans)

int main(int argc, char** argv) {
  runvisor::testing::become_subreaper();
  return Catch::Session().run(argc, argv);
}
