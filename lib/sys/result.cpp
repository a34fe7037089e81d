#include "sys/result.hpp"

#include <cstdlib>

namespace runvisor::sys {

void throw_exception_from_error(Error /*error*/, const boost::source_location& /*where*/) { std::abort(); }

}  // namespace runvisor::sys
