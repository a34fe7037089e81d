// Stands in for getent(1) in a root directory that a test has made. The file /getent/DATABASE.KEY holds its
// answer; without one it exits 2, as getent does for a key it does not know. Before the answer, the file may
// hold lines that begin with a `!`:
// `!exit CODE` and `!kill SIGNAL` tell how to end after the answer, `!repeat N` how often to give it. What it
// was asked goes to /getent/asked, one line for each call: its arguments, the number of its variables, and
// its open descriptors, and whether there is input to read.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

extern char** environ;

namespace {

void put(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void record(int argc, char** argv) {
  std::string line;
  for (int i = 1; i < argc; ++i) line += std::string(argv[i]) + " ";
  int variables = 0;
  while (environ[variables] != nullptr) ++variables;
  line += std::to_string(variables) + " variables, descriptors";
  for (int fd = 0; fd < 256; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) line += " " + std::to_string(fd);
  }
  char input = 0;
  line += ::read(STDIN_FILENO, &input, 1) > 0 ? ", input" : ", no input";
  const int file = ::open("/getent/asked", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  put(file, line + "\n");
  ::close(file);
}

}  // namespace

int main(int argc, char** argv) {
  record(argc, argv);
  if (argc != 3) return 1;
  const std::string name = "/getent/" + std::string(argv[1]) + "." + argv[2];
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return 2;
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(file, buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  int code = 0;
  int signal = 0;
  int times = 1;
  while (answer.starts_with('!')) {
    const std::string line = answer.substr(1, answer.find('\n') - 1);
    answer.erase(0, line.size() + 2);
    const int number = std::atoi(line.substr(line.find(' ')).c_str());
    if (line.starts_with("exit")) code = number;
    if (line.starts_with("kill")) signal = number;
    if (line.starts_with("repeat")) times = number;
  }
  for (int i = 0; i < times; ++i) put(STDOUT_FILENO, answer);
  if (signal != 0) ::raise(signal);
  return code;
}
