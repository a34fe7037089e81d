# Static programs for arm64, with Debian's cross compiler and its glibc. What runs while building or testing is run by
# qemu-user, by its name: registering it with the kernel would change the machine.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static CACHE FILEPATH "What runs programs for arm64")
include("${CMAKE_CURRENT_LIST_DIR}/debian-headers.cmake")
