# shellcheck shell=bash
# Sourced by in-debian: the scripts that other packages, runit's stages and people call, one after the other.
: "${root:?this is for in-debian}"

must install "/packages/$(basename "$root"/packages/runvisor_*.deb)"
within runsvdir -P /etc/service >"$root/output" 2>&1 &
runsvdir=$!

# service NAME: makes a service directory in /etc/sv, whose run comes from standard input.
service() { write "/etc/sv/$1/run" 755; }
added() { within update-service --add "/etc/sv/$1" >/dev/null; }
# is NAME PATTERN: the service's state.
is() { eventually "$1 is $2" sh -c "sv status $1 | grep -Eq '$2'"; }
told() { eventually "$1 is told" grep -qF -- "$1" /output; }

step "invoke-run: policy, settings, environment"
service denied <<'EOF'
#!/usr/bin/env /lib/runit/invoke-run
echo 'denied runs all the same'
EOF
added denied
is denied '^down: denied: [0-9]+s, normally up$'
told 'action denied by policy-rc.d'
refuse "denied is not started" grep -q 'denied runs' /output
rm "$root/usr/sbin/policy-rc.d"

write /etc/default/setting <<'EOF'
FROM_DEFAULT="a value$UNSET"
BOTH=default
EOF
write /etc/sv/setting/env/BOTH <<<'directory'
service setting <<'EOF'
#!/usr/bin/env /lib/runit/invoke-run
echo "setting: $NAME, $(printenv FROM_DEFAULT), $(printenv BOTH), $0"
exec sleep infinity
EOF
added setting
told 'setting: setting, a value, directory, /etc/sv/setting/run'

step "invoke-run: programs that are not there"
write /etc/sv/removed/.meta/installed </dev/null
service removed <<'EOF'
#!/usr/bin/env /lib/runit/invoke-run
echo 'removed runs all the same'
EOF
write /etc/sv/absent/.meta/bin <<<'/usr/sbin/no-such-program'
service absent <<'EOF'
#!/usr/bin/env /lib/runit/invoke-run
echo 'absent runs all the same'
EOF
for name in removed absent; do
  added "$name"
  is "$name" '^down: '
  told "invoke-run: $name binary not installed"
  refuse "$name is not started" grep -q "$name runs" /output
done

step "invoke-run: init scripts"
for name in replaced kept; do
  write "/etc/init.d/$name" 755 <<EOF
#!/bin/sh
echo "\$0 \$*" >>/calls
EOF
  service "$name" <<EOF
#!/usr/bin/env /lib/runit/invoke-run
echo '$name runs'
exec sleep infinity
EOF
done
write /etc/sv/kept/.meta/noreplace </dev/null
added replaced
told 'replaced runs'
expect "the init script's instance is stopped" grep -qx '/etc/init.d/replaced stop --force-sysv' /calls
added kept
is kept '^down: '
expect "the init script is asked" grep -qx '/etc/init.d/kept status --force-sysv' /calls
refuse "its instance is left alone" grep -q 'kept stop' /calls

step "finish-exec and finish-default"
for code in 161 162 170 9; do
  service "ends-$code" <<EOF
#!/bin/sh
exit $code
EOF
  ln -s /lib/runit/finish-exec "$root/etc/sv/ends-$code/finish"
done
write /etc/runit/debug </dev/null
for code in 161 162 170; do
  added "ends-$code"
  is "ends-$code" '^down: [^,]*, normally up$'
done
told 'invoke-run: WARNING for ends-161: disabled by local settings'
told 'invoke-run: ERROR 162 in ends-162: configtest or early setup failed'
told 'invoke-run: ERROR 170 in ends-170: a runtime hard dependency is missing'
added ends-9
eventually "with another code it is tried again" \
  sh -c 'grep -F "invoke-run: ends-9 : run exit code is 9" /output | sed 1d | grep .'
within sv exit ends-9
service old-style <<'EOF'
#!/bin/sh
exit 162
EOF
write /etc/sv/old-style/finish 755 <<'EOF'
#!/bin/sh
. /lib/runit/finish-default
echo 'old-style: the rest'
EOF
added old-style
is old-style '^down: [^,]*, normally up$'
told 'invoke-run: ERROR 162 in old-style'
refuse "the rest of finish is not done" grep -q 'old-style: the rest' /output

step "update-service"
service plain <<'EOF'
#!/bin/sh
exec sleep infinity
EOF
mkdir "$root/etc/sv/plain/log"
expect_text "add" "Service plain added." update-service --add /etc/sv/plain
expect_text "add" "Service plain already added." update-service --add /etc/sv/plain/
expect_text "supervise" /run/runit/supervise/plain readlink /etc/sv/plain/supervise
expect_text "supervise" /run/runit/supervise/plain.log readlink /etc/sv/plain/log/supervise
is plain '^run: '
expect "check" update-service --check plain
expect_text "list" "plain -> /etc/sv/plain" update-service --list plain
expect_text "list" "setting" update-service --list
expect_text "another name" "is currently controlled" update-service --add /etc/sv/plain other
expect_text "another directory" "doesn't point to" update-service --add /etc/sv/setting plain
expect_text "remove" "Service plain removed" update-service --remove /etc/sv/plain
eventually "its supervisor ends" sh -c '! sv status /etc/sv/plain'
refuse "check" update-service --check plain
expect "a package may ask" update-service defaults /etc/sv/plain
refuse "the administrator's decision stands" test -e /etc/service/plain
expect "noauto" update-service --noauto /etc/sv/plain
expect "noauto" test -f /etc/sv/plain/down
refuse "noauto twice" update-service --noauto /etc/sv/plain
expect "auto" update-service --auto /etc/sv/plain
refuse "auto" test -f /etc/sv/plain/down
expect "added by the administrator" update-service --add /etc/sv/plain
expect "a package may ask" update-service defaults-disabled /etc/sv/plain
expect "the administrator's decision stands" test -e /etc/service/plain
for wrong in '--add relative' '--add /etc/sv/plain .hidden' '--add /etc/sv/plain a/b' '--add /none' '--other /etc/sv/plain' ''; do
  # shellcheck disable=SC2086  # several words
  refuse "wrong usage" update-service $wrong
done

step "cpsv and trigger_sv"
for name in stock other; do
  write "/usr/share/runit/sv/$name/run" 755 <<'EOF'
#!/bin/sh
exec sleep infinity
EOF
  write "/usr/share/runit/sv/$name/.meta/bin" <<<"/usr/sbin/$name-daemon"
  write "/usr/share/runit/sv/$name/.meta/logscript" </dev/null
  write "/usr/share/runit/sv/$name/.meta/finish" </dev/null
  mkdir "$root/usr/share/runit/sv/$name/log"
done
write /usr/sbin/stock-daemon 755 <<<'#!/bin/sh'
expect_text "list" "[a]: stock" cpsv l
expect "trigger" /lib/runit/trigger_sv setup
expect "copied" test -x /etc/sv/stock/run
refuse "what is not wanted is not copied" test -e /etc/sv/other
expect_text "links" /run/runit/supervise/stock.log readlink /etc/sv/stock/log/supervise
expect_text "links" /lib/runit/finish-exec readlink /etc/sv/stock/finish
expect_text "links" /etc/sv/svlogd/run readlink /etc/sv/stock/log/run
expect_text "list" "[i]: stock" cpsv l
expect "no difference" cpsv d stock
expect "enabled" test -h /etc/service/stock
is stock '^run: .*; run: log: '
eventually "its log is the log user's" sh -c 'stat -c %U:%G:%a /var/log/runit/stock | grep -qx _runit-log:adm:750'
echo '# mine' >>"$root/etc/sv/stock/run"
expect_text "list" "[l]: stock" cpsv l
expect_text "difference" "+# mine" cpsv d stock
expect_text "not overwritten" "skipping stock" cpsv s
refuse "not overwritten" cpsv a stock
expect "overwritten" cpsv -f a stock
expect "no difference" cpsv d stock
expect "add" cpsv a other
expect_text "list" "[p]: other" cpsv l
expect "again" cpsv p other
for wrong in '' 'a' 'p' 'x' '-x l' 'l extra' 'd none' 'p none' 'a none' '-f l'; do
  # shellcheck disable=SC2086  # several words
  refuse "wrong usage: $wrong" cpsv $wrong
done
expect "what packages' scripts call" /lib/runit/make_svlinks other
expect "a directory that is kept from being installed" /lib/runit/make_svlinks excluded
stock=$(within cat /etc/sv/stock/supervise/pid)
echo 0 >"$root/etc/sv/stock/.meta/wtime"
expect "an upgrade without runit as the first process" /lib/runit/trigger_sv upgrade
expect_text "changes nothing" "(pid $stock)" sv status stock
: >"$root/run/runit.stopit"
expect "an upgrade" /lib/runit/trigger_sv upgrade
eventually "restarts what has a new program" sh -c "! sv status stock | grep -q '(pid $stock)' && sv status stock | grep -q ^run:"
rm "$root/run/runit.stopit" "$root/usr/sbin/stock-daemon"
expect "trigger" /lib/runit/trigger_sv setup
refuse "disabled when its program has gone" test -e /etc/service/stock

step "init scripts while services are supervised"
write /etc/init.d/lsb-user 755 <<'EOF'
#!/bin/sh
set -eu
. /lib/lsb/init-functions.d/40-runit
echo "the script itself: $1"
EOF
expect_text "without a service directory" "the script itself: stop" /etc/init.d/lsb-user stop
service lsb-user <<'EOF'
#!/bin/sh
exec sleep infinity
EOF
refuse "of a disabled service" sh -c '/etc/init.d/lsb-user start | grep .'
added lsb-user
is lsb-user '^run: '
expect_text "of an enabled one" "ok: down: lsb-user: " /etc/init.d/lsb-user stop
expect_text "by force" "the script itself: start" /etc/init.d/lsb-user start --force-sysv
expect_text "what sv does not know" "WARNING: other not supported" /etc/init.d/lsb-user other
: >"$root/etc/runit/lsb.runit.mask"
refuse "masked" sh -c '/etc/init.d/lsb-user start | grep .'
: >"$root/etc/runit/lsb.runit.sysv"
expect_text "turned off" "the script itself: start" /etc/init.d/lsb-user start

step "mk-runscript"
within useradd --create-home somebody
mkdir -p "$root/home/somebody/.service/mine"
write /home/somebody/.service/mine/run 755 <<'EOF'
#!/bin/sh
echo "mine is run by $(id -un) in $HOME"
exec sleep infinity
EOF
within chown -R somebody: /home/somebody
expect "add" mk-runscript --add unprivileged somebody
told 'mine is run by somebody in /home/somebody'
mine=$(within cat /home/somebody/.service/mine/supervise/pid)
expect "stopped" sv -w 10 stop unprivileged.somebody
eventually "it stops what it has" sh -c "! kill -0 $mine"
expect "remove" mk-runscript --remove unprivileged somebody
refuse "remove" test -e /etc/service/unprivileged.somebody
refuse "nobody" mk-runscript --add unprivileged no-such-user

step "The stages"
# First what would start supervisors again.
kill "$runsvdir"
wait "$runsvdir" || true
within sh -c 'sv force-shutdown /etc/service/*' >/dev/null 2>&1 || true
rm -f "$root"/etc/rcS.d/* "$root"/etc/rc0.d/* "$root"/etc/rc6.d/* "$root"/etc/rc2.d/*
mkdir -p "$root/etc/runit/boot-run" "$root"/etc/rc{2,6}.d
for stage in 2.d/S01 6.d/K01; do
  write "/etc/rc${stage}script" 755 <<'EOF'
#!/bin/sh
echo "$0 $*" >>/calls
EOF
done
write /etc/runit/native.boot.run </dev/null
write /etc/runit/boot-run/one.sh <<<'echo boot-run >>/calls'
expect "stage 1" /etc/runit/1
expect "boot-run" grep -qx boot-run /calls
expect_text "the files of runit" "0 0" stat --printf '%a ' /run/runit.stopit /run/runit.reboot
mkdir "$root/etc/runit/runsvdir/chosen"
ln -s ../../../sv/plain "$root/etc/runit/runsvdir/chosen/plain"
echo chosen >"$root/etc/runit/default.runsvdir"
within /etc/runit/2 >"$root/output" 2>&1 &
stage=$!
eventually "the chosen set" sh -c 'readlink /etc/runit/runsvdir/current | grep -qx chosen'
is plain '^run: '
expect "scripts without a service" grep -qx '/etc/rc2.d/S01script start' /calls
expect_text "runlevel" "N 2" /lib/runit/runlevel
# The first process here is not runit, and takes no notice of the signal.
expect "a restart is asked for" /lib/runit/runit-init 6
expect_text "the files of runit" "100 100" stat --printf '%a ' /run/runit.stopit /run/runit.reboot
rm "$root/etc/runit/native.boot.run"
# As runit does between the two.
kill "$stage"
wait "$stage" || true
expect "stage 3" /etc/runit/3
expect_text "runlevel" "N 6" /lib/runit/runlevel
expect "scripts without a service" grep -qx '/etc/rc6.d/K01script stop' /calls
eventually "everything has ended" sh -c 'sv status plain; sv status plain | grep -q "runsv not running"'

step "Stage 2 under another init"
rm "$root/run/runit.stopit"
within /etc/runit/2 >"$root/output" 2>&1 &
stage=$!
eventually "the set for that" sh -c 'readlink /etc/runit/runsvdir/current | grep -qx svmanaged'
# As the unit of runit-run does.
kill -s HUP "$stage"
wait "$stage" || true
: >"$root/run/runit.stopit"

step "shutdown and its names"
for name in shutdown halt poweroff reboot; do ln -s /lib/runit/shutdown "$root/usr/local/sbin/$name"; done
expect "power off" poweroff -w
expect_text "power off" "0" stat -c %a /run/runit.reboot
expect "restart" shutdown -r -f now
expect_text "restart" "100" stat -c %a /run/runit.reboot
expect "no check of file systems" test -f /fastboot
rm "$root/run/runit.stopit"
refuse "nobody to ask" halt
mkfifo "$root/run/initctl"
within reboot &
request=$(od -An -v -t x1 "$root/run/initctl" | tr -d ' \n')
wait $!
[[ $request == 69190903010000003600000000000000* && ${#request} -eq 768 ]] || fail "the request to another init: $request"
# Without /proc, its file is a mere file.
umount --lazy "$root/proc"
[[ ! -e $root/proc/self ]] || { fail "/proc is still there"; exit 1; }
expect "by force" reboot --force
[[ $(<"$root/proc/sysrq-trigger") == b ]] || fail "by force: $(<"$root/proc/sysrq-trigger")"

step "async-timeout and run_sysv_scripts"
mount -t proc proc "$root/proc"
expect "it waits for a short one" sh -c '/lib/runit/async-timeout sh -c "sleep 0.1; echo done >/done" && grep -q done /done'
refuse "it needs a program" /lib/runit/async-timeout
