#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/process_machine.hpp"
#include "core/process_record.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::sys {

// Processes that others have started: what sys::System asks of the kernel for them.

[[nodiscard]] Result<std::string> boot_id();
[[nodiscard]] Result<std::chrono::nanoseconds> process_start(pid_t pid);
[[nodiscard]] Result<Fd> open_process(pid_t pid);
[[nodiscard]] Result<void> signal_process(int process, int signal);
[[nodiscard]] Result<std::optional<core::ChildEnd>> process_end(int process);
[[nodiscard]] Result<Pipe> reopen_pipe(pid_t pid, int fd, std::uint64_t inode);

/// The parent of a process.
[[nodiscard]] Result<pid_t> process_parent(pid_t pid);
/// Its name as the kernel keeps it, at most 15 bytes; empty if it cannot be read.
[[nodiscard]] std::string process_name(pid_t pid);
/// What a wait status, as waitpid(2) gives it, says of a child.
[[nodiscard]] core::ChildEnd child_end(pid_t pid, int wait_status) noexcept;

}  // namespace runvisor::sys
