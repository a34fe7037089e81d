# Static programs on musl, with what build-musl-toolchain has made (docs/decisions/0014-musl-for-releases.md).
set(CMAKE_CXX_COMPILER g++-12)

set(specs "${CMAKE_CURRENT_LIST_DIR}/../../build/toolchain-musl/musl.specs")
cmake_path(NORMAL_PATH specs)
if(NOT EXISTS "${specs}")
  message(FATAL_ERROR "${specs} is missing: see packaging/README.md")
endif()
set(CMAKE_CXX_FLAGS_INIT "-specs=${specs}")
set(RUNVISOR_LIBC_LICENCE "/usr/share/doc/musl-dev/copyright" CACHE FILEPATH "Licence of the C library in static programs")
include("${CMAKE_CURRENT_LIST_DIR}/debian-headers.cmake")
