// Catch2's main as it is: these tests' processes are podman's, and those of one call are needed by the next.
// The main of the other black-box programs would end them.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
