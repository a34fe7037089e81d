#!/bin/sh
# run.sh SOURCE_DIR TEST_DIR [PROGRAM]
# Applies each mutant below (of PROGRAM only, if named), a breakage of one line, to a copy of the sources in
# SOURCE_DIR, builds the programs from it, runs the named scenarios of TEST_DIR/blackbox-PROGRAM on the result, and
# requires that they fail. They must pass on the unchanged copy first. A mutant that no longer changes its file is an
# error, too: its line has to be found again. Needs root, for all but those of runsv, runsvdir and sv.
set -eu

source=$1
tests=$2
only=${3:-}

copy=$(mktemp -d "${TMPDIR:-/tmp}/runvisor-mutants.XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM
build=$copy/build
log=$copy/log
survivors=0
caught=0

# All that is built, which is not for this script to know.
mkdir "$copy/source"
for part in "$source"/*; do
  case ${part##*/} in
    build | tests) ;;
    *) cp -R "$part" "$copy/source" ;;
  esac
done

build_programs() {
  # shellcheck disable=SC2086 # several words
  cmake --build "$build" --target ${only:-programs} -j 2 >"$log" 2>&1 || {
    cat "$log"
    echo "$1: the sources do not build"
    exit 1
  }
}

# scenarios_pass PROGRAM SCENARIO...: whether all of these pass. Waiting is cut short: what is broken never comes.
scenarios_pass() {
  program=$1
  shift
  for scenario in "$@"; do
    RUNVISOR_BIN=$build/bin RUNVISOR_TEST_DEADLINE_MS=4000 \
      "$tests/blackbox-$program" --abort "Scenario: $scenario" >"$log" 2>&1 || return 1
    grep -q '^All tests passed' "$log" || {
      echo "no such scenario: $scenario"
      exit 1
    }
  done
}

# check NAME PROGRAM FILE SED_EXPRESSION SCENARIO...
# The scenarios pass on the unchanged program.
check() {
  [ "${only:-$2}" = "$2" ] || return 0
  name=$1
  program=$2
  shift 4
  scenarios_pass "$program" "$@" || {
    cat "$log"
    echo "$name: its scenarios do not pass on the unchanged program"
    exit 1
  }
}

# mutate NAME PROGRAM FILE SED_EXPRESSION SCENARIO...
# They do not on the mutant.
mutate() {
  [ "${only:-$2}" = "$2" ] || return 0
  name=$1
  program=$2
  file=$copy/source/$3
  expression=$4
  shift 4
  cp "$file" "$copy/original"
  sed "$expression" "$copy/original" >"$file"
  if [ "$(diff "$copy/original" "$file" | grep -c '^>')" != 1 ]; then
    echo "$name: the expression does not change exactly one line of $file"
    exit 1
  fi
  build_programs "$name"
  if scenarios_pass "$program" "$@"; then
    echo "SURVIVED  $name"
    survivors=$((survivors + 1))
  else
    echo "caught    $name"
    caught=$((caught + 1))
  fi
  cp "$copy/original" "$file"
}

# each_mutant FUNCTION: calls it with every mutant's name, program, file, sed expression and scenarios.
each_mutant() {
  "$1" pid-with-its-bytes-reversed runsv lib/core/status_record.cpp \
    's/bytes.at(kPidAt + i) =/bytes.at(kPidAt + 3 - i) =/' \
    'status of a running service'

  "$1" no-pause-before-a-restart runsv lib/core/include/core/process_machine.hpp \
    's/kRestartPause{1}/kRestartPause{0}/' \
    'run that ends within a second is started a full second after its end'

  "$1" no-continue-after-down runsv lib/core/process_machine.cpp \
    's/^  signal(Command::cont, out);$//' \
    'down sends TERM and CONT\, and run is not started again'

  "$1" hook-never-swallows runsv lib/core/process_machine.cpp \
    's/hook_ended(end.exit_code == 0, out)/hook_ended(false, out)/' \
    "a control hook that exits 0 takes the signal's place"

  "$1" got-term-not-shown runsv lib/core/process_machine.cpp \
    's/published.got_term = true/published.got_term = false/' \
    'term shows got TERM until run has ended'

  "$1" finish-without-the-core-bit runsv lib/sys/operating_system.cpp \
    's/wait_status & 0xff/wait_status \& 0x70/' \
    'finish is given -1 and the signal that ended run'

  "$1" log-pipe-left-open-in-children runsv lib/sys/operating_system.cpp \
    's/::pipe2(ends.data(), O_CLOEXEC)/::pipe2(ends.data(), 0)/' \
    'with a log service\, too\, children have three descriptors each'

  "$1" lock-not-exclusive runsv lib/sys/operating_system.cpp \
    's/LOCK_EX | LOCK_NB/LOCK_SH | LOCK_NB/' \
    'a second runsv on one service fails and leaves the first alone'

  "$1" mask-left-on-in-children runsv lib/sys/postfork.cpp \
    's/^  ::sigprocmask(SIG_SETMASK, program.signal_mask, nullptr);$//' \
    'TERM and CHLD are default and unblocked in run\, finish and log/run'

  "$1" restart-without-up sv lib/core/include/core/request.hpp \
    's/{"restart", Match::whole, Task::send, "tcu"/{"restart", Match::whole, Task::send, "tc"/' \
    'sv restart starts a service that is down\, and try-restart does not'

  "$1" down-file-read-backwards sv lib/core/service_report.cpp \
    's/if (!alive \&\& !has_down_file)/if (!alive \&\& has_down_file)/' \
    'sv status tells the state of a service that is normally up'

  "$1" exit-without-the-log-service runsv lib/core/service_machine.cpp \
    's/return Duty::close_log_pipe/return Duty::leave/' \
    'runsv waits for a log service that is busy for a while after the end of its input'

  "$1" rest-of-the-log-pipe-dropped runsv lib/service/service.cpp \
    's/log_pipe_.write_end = {};/log_pipe_ = {};/' \
    'a log service that ends before it has read all is started again to read the rest'

  "$1" later-process-taken-for-the-recorded-one runsv lib/core/process_record.cpp \
    's/start <= birth.before/start != birth.before/' \
    'a forged record does nothing'

  "$1" record-of-another-boot-believed runsv lib/service/adoption.cpp \
    's/\*boot_id != (\*left)->boot_id/boot_id->empty()/' \
    'a forged record does nothing'

  "$1" record-of-others-believed runsv lib/service/supervise_directory.cpp \
    's/status->st_nlink == 1/status->st_nlink != 0/' \
    'a record that others may have written does nothing'

  "$1" log-pipe-replaced runsv lib/service/service.cpp \
    's/^    if (pipe) return pipe;$//' \
    'nothing is lost on the way to the log when runsv is killed'

  "$1" renamed-service-keeps-its-name runsvdir lib/core/scan_machine.cpp \
    's/if (rename) entry.name/if (first) entry.name/' \
    'the runsv of a renamed service is restarted under its new name'

  "$1" second-runsv-for-a-directory-that-comes-back runsvdir lib/core/scan_machine.cpp \
    's/change(position++, .*present = false.*/position = forget(position);/' \
    'a service that comes back while its runsv still ends does not get a second one'

  "$1" no-pause-between-runsvs runsvdir lib/core/include/core/scan_machine.hpp \
    's/kSupervisorPause{1}/kSupervisorPause{0}/' \
    'a runsv that ends at once is started once a second'

  "$1" runsv-of-a-removed-service-left-alone runsvdir runsvdir/supervisor.cpp \
    's/^        terminate(action.pid);$//' \
    'the runsv of a link that was removed is ended and not started again'

  "$1" services-left-running-by-hup runsvdir runsvdir/supervisor.cpp \
    's/supervisors()) terminate(pid);/supervisors()) (void)pid;/' \
    'HUP ends every runsv and then runsvdir with 111'

  "$1" no-sessions runsvdir runsvdir/supervisor.cpp \
    's/.new_session = options_.new_session,/.new_session = false,/' \
    'with -P each runsv has a session and a process group of its own'

  "$1" hidden-names-supervised runsvdir lib/sys/operating_system.cpp \
    "s/entry\.d_name\[0\] != '.'/entry.d_name[0] != 0/" \
    'runsvdir skips names that begin with a dot'

  "$1" links-on-the-way-not-watched runsvdir runsvdir/path_watch.cpp \
    's/^    follow(target.*join(parent, \*target), links + 1);$//' \
    'runsvdir follows each hop of a chain of links to its directory'

  "$1" half-copied-services-started runsvdir runsvdir/newcomers.cpp \
    's/kQuiet{250}/kQuiet{0}/' \
    'a service copied into the directory piece by piece is started when it is whole'

  "$1" title-log-over-its-label runsvdir runsvdir/title_log.cpp \
    's/kLabelLength = 5/kLabelLength = 0/' \
    'the log gets a dot at once and keeps its first five characters'

  "$1" lock-file-for-all chpst chpst/change.cpp \
    's/O_NONBLOCK, 0600)/O_NONBLOCK, 0644)/' \
    'chpst makes a lock file that only its owner may use\, and empties none'

  "$1" lock-that-always-waits chpst chpst/change.cpp \
    's/lock.waits ? 0 : LOCK_NB/lock.waits ? 0 : 0/' \
    'chpst -L fails at once when the lock is held'

  "$1" lock-as-standard-output chpst chpst/change.cpp \
    's/fd <= STDERR_FILENO)/fd < STDIN_FILENO)/' \
    'chpst does not put the lock where a standard descriptor is missing'

  "$1" limits-before-the-lock chpst chpst/change.cpp \
    's/^  if (invocation.file_mode_mask) .*$/  set_limits(invocation.limits);/' \
    'a hard limit hinders nothing that chpst itself does'

  "$1" root-not-changed chpst chpst/change.cpp \
    's/::chroot(".")/::chroot("\/")/' \
    'chpst -/ changes the root directory\, and into it'

  "$1" setlock-tells-of-failures chpst chpst/change.cpp \
    's/if (fails_silently(invocation)) ::_exit(0);/if (fails_silently(invocation)) ::_exit(1);/' \
    'setlock -x ends with 0\, in silence\, when something goes wrong'

  "$1" setlock-waits-by-default chpst lib/cli/chpst_command_line.cpp \
    's/LockArgument lock{nullptr, false, false}/LockArgument lock{nullptr, true, false}/' \
    'setlock fails at once when the lock is held\, by default and with -N'

  "$1" envdir-passes-over-directories chpst lib/cli/chpst_command_line.cpp \
    's/variables_are_strict = true/variables_are_strict = false/' \
    'envdir fails on a subdirectory'

  "$1" variable-of-all-lines chpst lib/core/environment.cpp \
    's/content.substr(0, content.find(.*));/content;/' \
    'chpst -e sets a variable to the first line of its file'

  "$1" variable-with-its-tabs chpst lib/core/environment.cpp \
    's/find_last_not_of(" \\t")/find_last_not_of(" ")/' \
    'chpst -e cuts blanks and tabs at the end of the line only'

  "$1" variable-without-newlines chpst lib/core/environment.cpp \
    's/for (const char c : value) change += .*$/change += value;/' \
    'chpst -e turns NUL into a newline'

  "$1" variables-of-hidden-files chpst lib/sys/variable_directory.cpp \
    's/^      if (name\[0\] == .*$/      if (name[0] == 0) continue;/' \
    'chpst -e passes over files that begin with a dot\, and over directories'

  "$1" path-given-up-early chpst lib/sys/execute.cpp \
    's/why != EACCES && //' \
    'chpst goes on in PATH past what it may not run\, and says so if that was all'

  "$1" soft-limit-not-capped chpst lib/sys/limits.cpp \
    's/^  now.rlim_cur = std::min.*$//' \
    'chpst does not raise a soft limit above the hard one'

  "$1" ids-that-wrap chpst lib/core/account.cpp \
    's/ || \*number >= std::numeric_limits<Id>::max()//' \
    "chpst does not take a number that leaves no id for root's"

  "$1" other-peoples-groups chpst lib/core/account.cpp \
    "s/if (take(line, ',') == user)/if (take(line, ',') != user)/" \
    'chpst --init-groups adds all groups of the user\, from file and getent'

  "$1" group-for-user chpst chpst/identity.cpp \
    's/"UID=" + std::to_string(account.uid)/"UID=" + std::to_string(account.gids.front())/' \
    'chpst -U tells of one user while -u becomes another'

  "$1" user-not-verified chpst lib/sys/privileges.cpp \
    's/^  if (real != account.uid .*$//' \
    'chpst -u that has not become the user\, whatever the kernel says\, runs nothing'

  "$1" groups-not-verified chpst lib/sys/privileges.cpp \
    's/return gids == actual;/return true;/' \
    'chpst -u that has not become the user\, whatever the kernel says\, runs nothing'

  "$1" capabilities-not-verified chpst lib/sys/privileges.cpp \
    's/if (capabilities->permitted != 0 .*) return/if (capabilities->permitted == 1) return/' \
    'chpst -u that has not become the user\, whatever the kernel says\, runs nothing'

  "$1" bounding-set-upside-down chpst chpst/identity.cpp \
    's/keeps ? set : ~set/keeps ? ~set : set/' \
    'chpst --cap-bs-drop and --cap-bs-keep limit what any program can gain'

  "$1" new-privileges-allowed chpst chpst/change.cpp \
    's/^  if (invocation.no_new_privileges) .*$//' \
    'chpst --no-new-privs is for good'

  "$1" getent-believed-when-it-fails chpst lib/sys/getent.cpp \
    's/if (!output || status != 0)/if (!output)/' \
    'chpst runs nothing when getent fails'

  "$1" getent-with-our-environment chpst lib/sys/getent.cpp \
    's/"\/usr\/bin\/getent", &actions, nullptr, argv, environment)/"\/usr\/bin\/getent", \&actions, nullptr, argv, environ)/' \
    "chpst asks getent without the caller's environment\, descriptors and input"

  "$1" getent-asked-for-numbers chpst lib/sys/account_lookup.cpp \
    's/return name.find_first_not_of("+0123456789") == std::string::npos;/return false;/' \
    'chpst asks getent for nothing that the files have\, and for no numbers'

  "$1" skipping-code-unknown runit lib/core/include/core/init_machine.hpp \
    's/kSkipRun = 100/kSkipRun = 101/' \
    'runit leaves stage 2 out when stage 1 exits 100 (root)'

  "$1" crash-unnoticed runit lib/core/init_machine.cpp \
    's/return end.exit_code == -1;/return end.exit_code == -2;/' \
    'runit leaves stage 2 out when a signal ended stage 1 (root)'

  "$1" stop-file-left-executable runit lib/core/init_machine.cpp \
    's/^    out.add({.kind = Kind::clear_stop_file});$//' \
    'CONT ends stage 2 if the file that asks for it is executable (root)'

  "$1" ctrl-alt-del-without-stop runit lib/core/init_machine.cpp \
    's/^  if (in_run()) out.add({.kind = Kind::look_for_stop});$//' \
    'INT runs ctrlaltdel\, after which the stop file is looked at (root)'

  "$1" power-failure-obeyed-at-boot runit lib/core/init_machine.cpp \
    's/^  if (in_run()) {$/  if (phase_ != Phase::idle) {/' \
    'in stages 1 and 3 signals only give a warning (root)'

  "$1" restart-and-power-off-swapped runit lib/core/init_machine.cpp \
    's/restart_file ? PowerRequest::restart : PowerRequest::power_off/restart_file ? PowerRequest::power_off : PowerRequest::restart/' \
    'runit restarts the machine if the file that asks for it is executable (root)'

  "$1" sync-all-the-same runit machine-init/first_process.cpp \
    's/const bool sync = !system_/const bool sync = !!system_/' \
    'runit does not sync if there is a file nosync (root)'

  "$1" console-does-not-block runit lib/sys/machine_control.cpp \
    's/^  ::fcntl(console.get(), F_SETFL, flags);$//' \
    'the stages are not told that the console is busy (root)'

  "$1" stages-in-the-session-of-runit runit machine-init/first_process.cpp \
    's/.new_session = program == InitProgram::run || program == InitProgram::shutdown/.new_session = false/' \
    'the stages find themselves in a clean state (root)'

  "$1" init-does-not-tell runit machine-init/init_main.cpp \
    's/::kill(1, SIGCONT)/::kill(1, 0)/' \
    'runit-init makes its files executable and tells process number 1 (root)'

  "$1" moment-without-current runsvchdir runsvchdir/main.cpp \
    's/kCurrent, RENAME_EXCHANGE) == 0) {$/kCurrent, 0x80) == 0) {/' \
    'there is always a current directory (root)'

  "$1" logged-out-is-logged-in utmpset lib/sys/login_records.cpp \
    "s/record.ut_user\[0\] == '.0' || //" \
    'utmpset changes nothing if nobody is logged in on the line (root)'

  "$1" wtmp-forgotten utmpset utmpset/main.cpp \
    's/return wtmp ? append_to_wtmp(line) : EXIT_SUCCESS;/return wtmp ? EXIT_SUCCESS : append_to_wtmp(line);/' \
    'utmpset -w appends a record to wtmp (root)'

  "$1" locks-like-the-original utmpset lib/sys/login_records.cpp \
    's/::fcntl(fd, F_SETLKW, &whole)/(whole.l_type == F_RDLCK ? -1 : 0)/' \
    'utmpset waits while the C library writes the records (root)'

  "$1" pattern-that-skips-too-far svlogd lib/log/pattern.cpp \
    's/text.find(pattern.front())/text.rfind(pattern.front())/' \
    'a pattern matches what it says'

  "$1" first-pattern-decides svlogd lib/log/pattern.cpp \
    's/rule = rules.rbegin(); rule != rules.rend()/rule = rules.begin(); rule != rules.end()/' \
    'the last pattern that matches a line decides'

  "$1" newlines-replaced svlogd lib/log/formatter.cpp \
    "s/as_is == '.n' || (printable/(printable/" \
    'neither stamp nor prefix nor newline is replaced'

  "$1" cut-one-too-late svlogd lib/log/formatter.cpp \
    's/line.size() >= match_size_/line.size() > match_size_/' \
    'an overlong line is cut on standard error\, and whole in the log'

  "$1" prefix-lost-after-a-stamp svlogd lib/log/formatter.cpp \
    's/^  head_.replace(0, stamp_size_, stamp);$/  head_ = stamp;/' \
    'the prefix comes after the stamp'

  "$1" files-filled-to-the-last-byte svlogd lib/log/rotation.cpp \
    's/limits.size > limits.margin ? limits.size - limits.margin : 0/limits.size/' \
    'current is rotated at the first line end within the last len bytes of its size'

  "$1" long-lines-cut svlogd lib/log/rotation.cpp \
    's/^  if (begin > 0) return {begin, true};$/  if (begin > 0) return {limits.size - file.size, true};/' \
    'no line is cut by a rotation unless it alone exceeds the size'

  "$1" crash-taken-for-a-clean-end svlogd svlogd/current_file.cpp \
    's/(found->st_mode & S_IXUSR) != 0/found->st_mode != 0/' \
    'a current that a crash left is kept as a file to be processed'

  "$1" mode-left-as-it-was svlogd svlogd/current_file.cpp \
    's/kSealedMode = 0744/kSealedMode = 0644/' \
    'a rotated file is named by its time\, executable\, and followed by a new current'

  "$1" one-file-too-many svlogd svlogd/log_directory.cpp \
    's/files->count() <= config_.keep) return;/files->count() < config_.keep) return;/' \
    'n old files are kept'

  "$1" fewer-files-than-must-stay svlogd svlogd/log_directory.cpp \
    's/files->count() <= config_.keep_when_full/files->count() < config_.keep_when_full/' \
    'on a full disk svlogd keeps N files\, whatever it costs (root)'

  "$1" killed-processor-has-succeeded svlogd svlogd/processor.cpp \
    's/if (end.exit_code != 0) {/if (end.exit_code > 0) {/' \
    'a processor that a signal ended has failed'

  "$1" failing-processor-in-a-hot-loop svlogd svlogd/processor.cpp \
    's/^  due_ = now + pause;$/  due_ = now;/' \
    'a processor that fails is not run in a hot loop'

  "$1" line-cut-by-term svlogd svlogd/logger.cpp \
    's/^  if (end_ == End::signal .*complete_line();$//' \
    'a line that TERM finds half written in the pipe is logged whole'

  "$1" last-line-dropped svlogd svlogd/logger.cpp \
    's/^  hand_out(intake_.take_held(), held);$/  (void)intake_.take_held(), (void)held;/' \
    'a last line without newline is logged as a line'

  "$1" does-not-wait-for-services my_init container-init/services.cpp \
    's/if (!watched_.empty() || !unwatched_.empty() || /if (/' \
    'my_init stops everything in order when it is told to\, and leaves with 2 (root)'

  "$1" signals-are-success my_init lib/core/container_machine.cpp \
    's/? 128 + (end.status & ~kCoreBit)/? (end.status \& ~kCoreBit) * 0/' \
    'my_init tells the signal that a startup file was killed by (root)'

  "$1" engines-variables-lost my_init container-init/environment.cpp \
    's/found.variables.insert(\*kept)/(void)kept/' \
    'my_init works on a read-only root directory\, and says what it skips (root)'

  "$1" adopts-nobody my_init container-init/init.cpp \
    's/= sys::adopt_orphans()/= sys::Result<void>{}/' \
    'my_init that is not process number 1 adopts its orphans and ends only its own (root)'
}

cmake -S "$copy/source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DRUNVISOR_TESTS=OFF >"$log" 2>&1 || {
  cat "$log"
  exit 1
}
build_programs "unchanged"

each_mutant check
each_mutant mutate
echo "$caught mutants caught, $survivors survived"
[ "$survivors" = 0 ]
