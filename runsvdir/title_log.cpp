#include "title_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace runvisor::runsvdir {
namespace {

constexpr std::size_t kLabelLength = 5;
constexpr std::chrono::minutes kBetweenDots{15};

}  // namespace

TitleLog::TitleLog(sys::System& system, event::Loop& loop, std::span<char> place)
    : system_(system), loop_(loop), text_(place.subspan(kLabelLength)), dot_(loop, [this] { tick(); }) {}

sys::Result<void> TitleLog::open() {
  auto pipe = system_.make_pipe();
  if (!pipe) return pipe.error();
  // The write end stays blocking: every service that inherits it shares it.
  if (::dup2(pipe->write_end.get(), STDERR_FILENO) == -1) return sys::last_error();
  readable_.emplace(loop_, std::move(pipe->read_end), [this] { read(); });
  readable_->wait();
  tick();
  return {};
}

void TitleLog::scroll(std::string_view text) noexcept {
  if (text.size() > text_.size()) text.remove_prefix(text.size() - text_.size());
  std::copy(text_.begin() + static_cast<std::ptrdiff_t>(text.size()), text_.end(), text_.begin());
  std::copy(text.begin(), text.end(), text_.end() - static_cast<std::ptrdiff_t>(text.size()));
}

/// One piece at a time: a service that writes without end must not keep everything else waiting.
void TitleLog::read() {
  std::array<char, 4096> buffer{};
  if (const auto count = system_.read(readable_->fd(), buffer)) scroll({buffer.data(), *count});
  readable_->wait();
}

void TitleLog::tick() {
  scroll(".");
  dot_.arm(system_.now().steady + kBetweenDots);
}

}  // namespace runvisor::runsvdir
