#pragma once

#include <cstddef>
#include <functional>

namespace runvisor::sys {

/// Does `work(begin, end)` for all of 0 to `count`, in chunks of `chunk`, the caller and a helper thread for
/// every further processor each taking the next chunk when they are ready for it. Helpers that get no
/// processor in time are not waited for, and none are called for a single chunk. `work` must not throw.
void in_chunks(std::size_t count, std::size_t chunk,
               std::function<void(std::size_t begin, std::size_t end)> work);

}  // namespace runvisor::sys
