# Static programs for arm64, with Debian's cross compiler and its glibc. What runs while building or testing is run by
# qemu-user, by its name: registering it with the kernel would change the machine.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
find_program(RUNVISOR_EMULATOR qemu-aarch64-static REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR "${RUNVISOR_EMULATOR}")
# The tests, too: it then needs to find no library for them.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
include("${CMAKE_CURRENT_LIST_DIR}/debian-headers.cmake")
