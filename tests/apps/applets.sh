#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# Uses more than 80 busybox applets on files of its own; the output must be the same on every Linux.
# Run it as `applets.sh`; all it does stays below a folder that it makes and removes.

bb=/bin/busybox
top=/tmp/applets.$$
say() { echo "== $*"; }

$bb mkdir -p $top/bin || exit 1
cd $top || exit 1
$bb --install -s $top/bin
PATH=$top/bin
export PATH
umask 022

say files
mkdir -p a/b/c
echo hello > a/one
printf '%s\n' three one two > a/b/list
touch -d '2020-01-02 03:04:05' a/old
cp a/one a/two
cp -r a copy
mv a/two a/three
ln a/one a/hard
ln -s one a/soft
readlink a/soft
realpath a/soft | sed "s:$top:TOP:"
stat -c '%n %s %h %a %F' a/one a/soft
stat -c '%n %h %a %F' a/b
find a | sort
ls -1 a
rm a/hard
rmdir a/b/c
test -d a/b/c || echo gone
chmod 640 a/one; stat -c %a a/one
chown 5:6 a/one; stat -c '%u %g' a/one
basename /x/y.z .z; dirname /x/y.z
mktemp -d $top/tmp.XXXXXX > /dev/null && echo mktemp ok
truncate -s 5000 big; stat -c %s big
mkfifo fifo; test -p fifo && echo fifo
mknod node c 1 3; test -c node && echo node
cp a/one inst; unlink inst; test -e inst || echo unlinked
du -s copy > /dev/null && echo du ok
df /proc > /dev/null && echo df ok
sync && echo synced

say text
seq 1 20 > numbers
cat numbers | head -n 3
tail -n 2 numbers
sort -rn numbers | head -n 1
printf 'b\na\nb\n' | sort | uniq -c | sed 's/^ *//'
wc numbers | awk '{ print $1, $2, $3 }'
cut -d: -f2 << END
x:y:z
1:2:3
END
echo abcdef | tr a-c A-C
echo abc | rev
tac a/b/list
nl a/b/list
grep -c 1 numbers
grep -E '^(1|2).$' numbers | tr '\n' ' '; echo
sed -n '5,7p;s/9/nine/p' numbers
awk '{ s += $1 } END { print s, NR }' numbers
fold -w 4 a/one
expand << END
	tab
END
paste -d, a/b/list a/b/list
diff a/b/list numbers > /dev/null || echo differ
cmp a/one a/three && echo same
printf 'x\ny\n' > d1; printf 'x\nz\n' > d2
diff d1 d2 | grep '^[<>]'
diff -u d1 d2 > p.diff; patch d1 < p.diff > /dev/null; cat d1
od -A d -t x1 a/one | head -n 1
hexdump -C a/one | head -n 1
strings a/one
xargs -n 2 echo < a/b/list
tee t1 t2 < a/one > /dev/null; cat t1 t2
yes | head -n 2
shuf -n 0 numbers; echo shuffled
uniq a/b/list | sort | tr '\n' '.'; echo
dos2unix < a/one
ed numbers << END
1,3p
q
END

say sums
md5sum a/one; sha1sum a/one; sha256sum a/one | cut -c 1-20; sha512sum a/one | cut -c 1-20
crc32 a/one 2> /dev/null || echo no crc32
echo hello | base64; echo aGVsbG8K | base64 -d
uuencode x < a/one | head -n 2

say archives
tar cf t.tar a/b copy; tar tf t.tar | sort
mkdir out; tar xf t.tar -C out; find out -type f | sort
gzip -c numbers > n.gz; gunzip -c n.gz | cmp - numbers && echo gzip ok
zcat n.gz | tail -n 1
bzip2 -c numbers > n.bz2; bunzip2 -c n.bz2 | cmp - numbers && echo bzip2 ok
xz -h > /dev/null 2>&1; echo xz there
find copy | sort | cpio -o -H newc 2> /dev/null | cpio -t 2> /dev/null | sort
dd if=numbers of=dd.out bs=10 count=2 2> /dev/null; cat dd.out

say numbers and control
expr 6 \* 7; expr length hello
echo $((1 << 20)) $((017)) $((0x1f)) $((7 % 3)) $((-7 / 2))
factor 360
printf '%05d %x %o %c %s\n' 42 255 8 y z
echo '2 3 + p' | dc
echo '6 * 7' | bc 2> /dev/null || echo no bc
true && echo true; false || echo false
[ 3 -gt 2 ] && echo bigger
test a = a && echo same
for i in 1 2 3; do case $i in 2) continue ;; esac; printf '%s ' $i; done; echo
i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i
f() { return 7; }; f; echo $?
(exit 3); echo $?
echo one two three | while read -r x y z; do echo "$z $y $x"; done
set -- a b c; echo $# $2; shift; echo $1
trap 'echo trapped' USR1; kill -USR1 $$; trap - USR1
x=$(echo nested $(echo deep)); echo "$x"
cat << 'END' | sh
echo "from a second shell $((2 + 3))"
END

say processes
sleep 0.01 & wait $!; echo waited $?
sh -c 'kill -TERM $$' 2> /dev/null; echo died $?
env -i A=1 $bb env
timeout 1 true; echo timeout $?
timeout 0.05 sleep 5; echo timeout $?
nohup true > /dev/null 2>&1 && echo nohup
setsid echo session
id -u; whoami 2> /dev/null | wc -l
uname -s
hostname > /dev/null && echo hostname
ps > /dev/null && echo ps
pidof nothing-like-this; echo $?
free > /dev/null && echo free
uptime > /dev/null && echo uptime
date -u -d @86400 '+%Y-%m-%d %H:%M:%S'
cal 2 2024 | head -n 1 | tr -d ' '
time -f '' true 2> /dev/null && echo time
which sh | sed "s:$top:TOP:"
(echo piped; echo lines) | (read -r first; echo "got $first"; cat)
printf 'a b\n' | (sleep 0.01; cat) | cat | cat
echo done > async & wait; cat async
cat /dev/null; head -c 4 /dev/zero | od -A n -t x1
usleep 1000; echo usleep $?

cd /
rm -rf $top
test -e $top || echo clean
