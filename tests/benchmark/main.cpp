#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "options.hpp"
#include "rows.hpp"

namespace {

using namespace runvisor::benchmark;

/// A folder that is removed, with all processes that were started, when the benchmark ends, however it ends.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::filesystem::path& parent) {
    std::string name = (std::filesystem::absolute(parent) / "runvisor-benchmark-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
    spread_subfolders();
  }
  ~WorkingFolder() {
    kill_descendants();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  /// Asks ext4 to put every subfolder into a region of its own, so that no round creates its files among the
  /// inodes that another one, or the last run, has deleted. Other file systems may refuse; then nothing is
  /// lost.
  void spread_subfolders() const {
    const int folder = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int flags = 0;
    if (folder >= 0 && ioctl(folder, FS_IOC_GETFLAGS, &flags) == 0) {
      flags |= FS_TOPDIR_FL;
      ioctl(folder, FS_IOC_SETFLAGS, &flags);
    }
    close(folder);
  }

  std::filesystem::path path_;
};

/// What creating a small file costs there. ext4 passes over inodes that were deleted within the last minutes
/// one by one, so a folder below which much was deleted just before makes every supervisor look slow.
double creation_cost_us(const std::filesystem::path& folder) {
  constexpr int kFiles = 200;
  std::filesystem::create_directory(folder);
  const auto before = Clock::now();
  for (int file = 0; file < kFiles; ++file) {
    const auto path = folder / std::to_string(file);
    const int descriptor = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (descriptor < 0 || write(descriptor, "0", 1) != 1) {
      throw std::system_error(errno, std::generic_category(), path.string());
    }
    close(descriptor);
  }
  return Microseconds(Clock::now() - before).count() / kFiles;
}

std::vector<Row> measure(Group group, const Context& context) {
  switch (group) {
    case Group::Commands:
      return measure_commands(context);
    case Group::Control:
      return measure_control(context);
    case Group::PickUp:
      return measure_pick_up(context);
    case Group::Status:
      return measure_status(context);
    case Group::Boot:
      return measure_boot(context);
    case Group::Idle:
      return measure_idle(context);
    case Group::Dying:
      return measure_dying(context);
    case Group::Chpst:
      return measure_chpst(context);
    case Group::Logger:
      return measure_logger(context);
  }
  return {};
}

int run(const Options& options) {
  become_subreaper();
  const WorkingFolder folder(options.directory);
  utsname system{};
  uname(&system);
  double load = 0;
  getloadavg(&load, 1);
  fmt::print("kernel {}, {} processors, load {:.2f}, creating a small file below {}: {:.0f} us\n\n",
             system.release, sysconf(_SC_NPROCESSORS_ONLN), load, options.directory.string(),
             creation_cost_us(folder.path() / "calibration"));
  const Context context{options, {"runvisor", options.ours}, {"runit", options.original}, folder.path()};
  std::vector<Row> rows;
  for (const Group group : options.groups) {
    fmt::print(stderr, "measuring {}...\n", group_name(group));
    auto measured = measure(group, context);
    rows.insert(rows.end(), std::make_move_iterator(measured.begin()),
                std::make_move_iterator(measured.end()));
  }
  fmt::print("{}", table(rows));
  if (!options.json.empty()) {
    write_json(options.json, rows);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "{}: {}\n{}", argv[0], error.what(), usage(argv[0]));
    return 2;
  } catch (const Interrupted&) {
    fmt::print(stderr, "{}: interrupted\n", argv[0]);
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return EXIT_FAILURE;
  }
}
