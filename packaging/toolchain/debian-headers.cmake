# Included by the toolchain files: Debian's Boost and fmt, whose headers lie among glibc's for the building machine, where
# no other compiler may look.
set(headers "${CMAKE_CURRENT_LIST_DIR}/../../build/debian-headers")
file(MAKE_DIRECTORY "${headers}")
foreach(library boost fmt)
  file(CREATE_LINK "/usr/include/${library}" "${headers}/${library}" SYMBOLIC)
endforeach()
set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES "${headers}")
# Of both only headers are used, which are the same for every machine.
set(Boost_INCLUDE_DIR "${headers}")
file(GLOB fmt_DIR /usr/lib/*/cmake/fmt)
