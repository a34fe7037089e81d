#pragma once

#include <array>
#include <cstddef>

namespace runvisor::core {

/// Up to `Most` elements, in order, without memory of their own. One more is a mistake that ends the program.
template <typename Element, std::size_t Most>
class BoundedList {
 public:
  [[nodiscard]] const Element* begin() const noexcept { return elements_.data(); }
  [[nodiscard]] const Element* end() const noexcept { return elements_.data() + count_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  void add(const Element& element) noexcept { elements_.at(count_++) = element; }

 private:
  std::array<Element, Most> elements_{};
  std::size_t count_ = 0;
};

}  // namespace runvisor::core
