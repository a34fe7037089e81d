// The floor of "one supervisor per service": a program that does nothing but become the service.

#include <unistd.h>

int main() {
  char name[] = "./run";
  char* const arguments[] = {name, nullptr};
  execv(name, arguments);
  return 111;
}
