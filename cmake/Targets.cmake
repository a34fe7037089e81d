# Compiler settings shared by every target, and the functions that declare layers and programs.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)

# Header-only fmt without locale support, single-threaded Asio: both keep the static programs small.
add_library(runvisor_settings INTERFACE)
target_compile_definitions(runvisor_settings INTERFACE
  FMT_HEADER_ONLY=1 FMT_STATIC_THOUSANDS_SEPARATOR=1)
target_compile_options(runvisor_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef
  -Werror -Werror=switch-enum
  -ffunction-sections -fdata-sections)
# g++ 12 at -O3 takes "literal" + std::string for an overlapping copy (GCC bug 105651).
target_compile_options(runvisor_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_link_options(runvisor_settings INTERFACE -Wl,--gc-sections)
if(RUNVISOR_SANITIZE)
  target_compile_options(runvisor_settings INTERFACE
    -fsanitize=${RUNVISOR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # This check opens a pipe each time, and takes its failure without free descriptors for a finding.
    -fno-sanitize=vptr
    # g++ 12 with sanitizers takes the inside of std::regex for uninitialised (GCC bug 105562).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(runvisor_settings INTERFACE -fsanitize=${RUNVISOR_SANITIZE})
endif()

# runvisor_harden(TARGET)
# What the compiler and the C library can check while a program runs; both work on optimised code only. The rest (RELRO, a
# stack that is not executable) is told to the linker. tests/lint/check-hardening looks whether it has come out so.
# For position independence see docs/decisions/0017-no-position-independence.md.
function(runvisor_harden target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endfunction()

# runvisor_layer(NAME USES LAYER... SOURCES FILE...)
# Declares lib/NAME as the static library runvisor_NAME. Only its own include root and those of the layers it
# may use are visible to it; tests/unit/layers_test.cpp reads the #include lines for what this cannot catch.
function(runvisor_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "USES;SOURCES")
  add_library(runvisor_${name} STATIC ${layer_SOURCES})
  runvisor_harden(runvisor_${name})
  target_include_directories(runvisor_${name} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/${name}/include")
  target_link_libraries(runvisor_${name} PUBLIC runvisor_settings)
  foreach(used IN LISTS layer_USES)
    target_link_libraries(runvisor_${name} PUBLIC runvisor_${used})
  endforeach()
endfunction()

# All programs of the suite, without the tests.
add_custom_target(programs)

# runvisor_program(NAME USES LAYER... SOURCES FILE...)
# Declares one of the suite's programs, installed into bin, static when RUNVISOR_STATIC is set.
function(runvisor_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "" "" "USES;SOURCES")
  add_executable(${name} ${program_SOURCES})
  runvisor_harden(${name})
  target_link_options(${name} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  foreach(used IN LISTS program_USES)
    target_link_libraries(${name} PRIVATE runvisor_${used})
  endforeach()
  if(RUNVISOR_STATIC)
    # Constants beside the code: two mappings fewer at each start, see docs/decisions/0017-no-position-independence.md.
    target_link_options(${name} PRIVATE -static -Wl,-z,noseparate-code)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  add_dependencies(programs ${name})
  set_property(GLOBAL APPEND PROPERTY RUNVISOR_PROGRAMS ${name})
endfunction()

# runvisor_other_names(PROGRAM NAME...)
# Gives a program further names, by which it knows what to do: symbolic links beside it, in the build folder and where
# it is installed.
function(runvisor_other_names program)
  foreach(name IN LISTS ARGN)
    set(link "${CMAKE_BINARY_DIR}/bin/${name}")
    add_custom_command(TARGET ${program} POST_BUILD
      COMMAND "${CMAKE_COMMAND}" -E create_symlink ${program} "${link}")
    install(FILES "${link}" DESTINATION ${CMAKE_INSTALL_BINDIR})
    set_property(GLOBAL APPEND PROPERTY RUNVISOR_PROGRAMS ${name})
  endforeach()
endfunction()
