#include "log/intake.hpp"

#include <cstring>

namespace runvisor::log {

std::span<char> Intake::space() noexcept {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

std::span<char> Intake::received(std::size_t count) noexcept {
  end_ += count;
  return {buffer_.get() + end_ - count, count};
}

std::string_view Intake::take() noexcept {
  const std::string_view all{buffer_.get() + begin_, end_ - begin_};
  const std::size_t newline = all.rfind('\n');
  std::size_t complete = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t rest = all.size() - complete;
  if (rest >= held_size_ || (within_line_ && complete == 0)) complete = all.size();
  if (complete == 0) return {};
  begin_ += complete;
  within_line_ = all[complete - 1] != '\n';
  return all.substr(0, complete);
}

std::string_view Intake::take_held() noexcept {
  const std::string_view held{buffer_.get() + begin_, end_ - begin_};
  begin_ = end_;
  if (!held.empty()) within_line_ = held.back() != '\n';
  return held;
}

}  // namespace runvisor::log
