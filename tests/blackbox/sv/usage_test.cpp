// sv's command line: options, words, and what it says to a wrong one.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace runvisor::testing;

namespace {

const std::string kUsage = "usage: sv [-v] [-w sec] command service ...\n\n";

}  // namespace

SCENARIO_METHOD(Scene, "sv without arguments prints its usage on standard error and exits 100") {
  const Finished result = sv({});
  CHECK(result.ending == exited(100));
  CHECK(result.out.empty());
  CHECK(result.err == kUsage);
}

SCENARIO_METHOD(Scene, "sv with a command but without a service prints its usage") {
  const Finished result = sv({"status"});
  CHECK(result.ending == exited(100));
  CHECK(result.err == kUsage);
}

SCENARIO_METHOD(Scene, "sv refuses words that it does not know") {
  for (const char* word :
       {"", "foo", "r", "re", "reloadx", "res", "f", "force-status", "S", "U", "STATUS", "-", "0", "3"}) {
    INFO(word);
    const Finished result = sv({word, "./svc"});
    CHECK(result.ending == exited(100));
    CHECK(result.out.empty());
    CHECK(result.err == kUsage);
  }
}

SCENARIO_METHOD(Scene, "sv names an option that it does not know") {
  const Finished result = sv({"-x", "status", "./svc"});
  CHECK(result.ending == exited(100));
  CHECK(result.err == "sv: illegal option -- x\n" + kUsage);
  CHECK(sv({"-v-", "status", "./svc"}).err == "sv: illegal option -- -\n" + kUsage);
}

SCENARIO_METHOD(Scene, "sv misses the argument of -w") {
  const Finished result = sv({"-w"});
  CHECK(result.ending == exited(100));
  CHECK(result.err == "sv: option requires an argument -- w\n" + kUsage);
}

SCENARIO_METHOD(Scene, "sv -V prints one line and its usage") {
  const Finished result = sv({"-V"});
  CHECK(result.ending == exited(100));
  CHECK(result.out.empty());
  CHECK(result.err.ends_with("\n" + kUsage));
  CHECK(result.err.size() > kUsage.size() + 1);
}

SCENARIO_METHOD(Scene, "two dashes end sv's options, whatever follows them") {
  const FakeRunsv svc(path() / "svc");
  for (const char* dashes : {"--", "--help"}) {
    const Finished result = sv({dashes, "status", "./svc"});
    CHECK(result.ending == exited(0));
    CHECK(without_ages(result.out) == "run: ./svc: (pid 4242) Ns\n");
  }
}

SCENARIO_METHOD(Scene, "sv takes options in front of the command only") {
  const FakeRunsv svc(path() / "svc");
  const Finished result = sv({"status", "-v", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) ==
        "fail: -v: unable to change to service directory: file does not exist\nrun: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Scene, "sv takes joined options") {
  const FakeRunsv svc(path() / "svc");
  CHECK(without_ages(sv({"-vw3", "hup", "./svc"}).out) == "ok: run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Scene, "sv goes by its name without folders") {
  const FakeRunsv svc(path() / "svc");
  options.called_as = "/no/such/folder/sv";
  CHECK(sv({"status", "./svc"}).ending == exited(0));
}

SCENARIO_METHOD(Scene, "only the first letter of sv's simple commands counts, and they are silent") {
  const FakeRunsv svc(path() / "svc", kRunningWantDown);
  const std::vector<std::pair<std::string, std::string>> words{
      {"up", "u"},    {"u", "u"},         {"usr1", "u"}, {"down", "d"}, {"d", "d"},      {"once", "o"},
      {"ok", "o"},    {"pause", "p"},     {"cont", "c"}, {"chec", "c"}, {"checks", "c"}, {"hup", "h"},
      {"alarm", "a"}, {"interrupt", "i"}, {"quit", "q"}, {"1", "1"},    {"2", "2"},      {"1st", "1"},
      {"term", "t"},  {"try", "t"},       {"kill", "k"}, {"exit", "x"}, {"e", "x"},      {"xyz", "x"},
  };
  for (const auto& [word, byte] : words) {
    INFO(word);
    const Finished result = sv({word, "./svc"});
    CHECK(result.ending == exited(0));
    CHECK(result.out.empty());
    CHECK(result.err.empty());
    CHECK(svc.written() == byte);
  }
}

SCENARIO_METHOD(Scene, "whatever else begins with s asks sv for the status") {
  const FakeRunsv svc(path() / "svc");
  for (const char* word : {"s", "st", "stat", "status", "statusx", "sto", "star", "sh"}) {
    INFO(word);
    const Finished result = sv({word, "./svc"});
    CHECK(result.ending == exited(0));
    CHECK(without_ages(result.out) == "run: ./svc: (pid 4242) Ns\n");
    CHECK(svc.written().empty());
  }
}

SCENARIO_METHOD(Scene, "the full words send their bytes at once and report, without an option") {
  struct Word {
    std::string word;
    std::string bytes;
    std::string outcome;
  };
  const std::vector<Word> words{
      {"start", "u", "timeout"},
      {"stop", "d", "timeout"},
      {"restart", "tcu", "timeout"},
      {"shutdown", "x", "timeout"},
      {"try-restart", "tc", "timeout"},
      {"reload", "h", "ok"},
      {"force-stop", "dk", "kill"},
      {"force-reload", "tck", "kill"},
      {"force-restart", "tcuk", "kill"},
      {"force-shutdown", "xk", "kill"},
      {"D", "dk", "kill"},
      {"Down", "dk", "kill"},
      {"T", "tck", "kill"},
      {"X", "xk", "kill"},
      {"E", "xk", "kill"},
  };
  set("SVWAIT", "0");
  std::vector<std::unique_ptr<FakeRunsv>> services;
  std::vector<Process> running;
  for (const Word& word : words) {
    services.push_back(std::make_unique<FakeRunsv>(
        path() / word.word, Published{.pid = 4242, .want = 'd', .state = kStateFinish}));
    running.push_back(start_sv({word.word, "./" + word.word}));
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    INFO(words[i].word);
    CHECK(running[i].wait() == exited(words[i].outcome == "ok" ? 0 : 1));
    CHECK(without_ages(running[i].out()) ==
          words[i].outcome + ": finish: ./" + words[i].word + ": (pid 4242) Ns, want down\n");
    CHECK(running[i].err().empty());
    CHECK(services[i]->written() == words[i].bytes);
  }
}
