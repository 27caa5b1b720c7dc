#!/bin/sh
# Installs Convo from this folder, for systems whose package manager does not have it.
#   ./install.sh                 into ~/.local, or as root into /usr/local
#   ./install.sh --prefix DIR    into another folder (PREFIX in the environment is the same)
#   ./install.sh --uninstall     removes what was installed; conversations and settings stay
# It downloads nothing, asks nothing, and writes nothing outside of that folder.
set -eu

say() { printf '%s\n' "$*"; }
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; }

prefix=${PREFIX:-}
action=install
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder"; prefix=$2; shift 2 ;;
        --prefix=*) prefix=${1#--prefix=}; shift ;;
        --uninstall) action=uninstall; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "there is no option $1" ;;
    esac
done
if [ -z "$prefix" ]; then
    if [ "$(id -u)" -eq 0 ]; then
        prefix=/usr/local
    else
        prefix=${HOME:?"HOME is not set: use --prefix"}/.local
    fi
fi
case $prefix in
    /*) ;;
    *) fail "the folder must be an absolute path, and is $prefix" ;;
esac
# It goes into the units, where these would mean something else.
case $prefix in *[!A-Za-z0-9/._+@-]*) fail "the folder's name may have letters, digits and / . _ + @ - only, for the systemd units: $prefix" ;; esac
prefix=${prefix%/}
list=share/doc/convo/installed.txt

# Removes the files that stand in a list, and the folders that are empty then.
remove() {
    while IFS= read -r file; do
        case $file in /* | *..* | "") fail "$prefix/$list is damaged: it names $file" ;; esac
        rm -f "$prefix/$file"
        folder=$(dirname "$file")
        while [ "$folder" != . ] && [ "$folder" != bin ]; do
            rmdir "$prefix/$folder" 2>/dev/null || break
            folder=$(dirname "$folder")
        done
    done
}

uninstall() {
    [ -f "$prefix/$list" ] ||
        fail "nothing is installed in $prefix (there is no $prefix/$list). Name the folder with --prefix"
    if [ -x "$prefix/bin/convo" ] && systemctl --user --quiet is-enabled convod.service 2>/dev/null; then
        fail "convod is enabled as a service. First: $prefix/bin/convo service uninstall"
    fi
    # The list is the last to go, so that what fails half-way can be run again.
    grep -vxF "$list" "$prefix/$list" > "$prefix/$list.removing" || true
    remove < "$prefix/$list.removing"
    rm -f "$prefix/$list" "$prefix/$list.removing"
    rmdir -p "$prefix/share/doc/convo" 2>/dev/null || true
    say "Convo is removed from $prefix. Conversations and settings stay (~/.local/share/convo, ~/.config/convo)."
}

# What the programs need of this system.
check_system() {
    [ "$(uname -s)" = Linux ] || fail "these programs are for Linux, and this is $(uname -s)"
    machine=$(uname -m)
    case $(basename "$(pwd)") in
        convo-*-linux-*) [ "$(basename "$(pwd)" | sed 's/.*-linux-//')" = "$machine" ] ||
            fail "these programs are for another processor than $machine" ;;
    esac
    said=$(./bin/convo --version 2>&1) || {
        libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || echo "no glibc")
        fail "the programs do not run here ($said). They need glibc 2.36 or later, as Debian 12 has it; this system has $libc"
    }
}

check_files() {
    [ -f SHA256SUMS ] || fail "SHA256SUMS is missing: unpack the archive again"
    if command -v sha256sum > /dev/null 2>&1; then
        sha256sum --check --quiet SHA256SUMS >&2 || fail "a file is not as it was packed: fetch the archive again"
    elif command -v shasum > /dev/null 2>&1; then
        shasum -a 256 --check SHA256SUMS > /dev/null || fail "a file is not as it was packed: fetch the archive again"
    else
        fail "there is neither sha256sum nor shasum to check the files with"
    fi
}

# Puts a file in place in one step, so that a program that runs is not disturbed.
place() {
    mkdir -p "$prefix/$(dirname "$1")"
    new=$prefix/$1.new
    case $1 in
        share/systemd/user/*) sed "s|%h/.local/bin/convod|$prefix/bin/convod|g; s|/usr/bin/convod|$prefix/bin/convod|g" "$1" > "$new" ;;
        lib/systemd/system/*) sed "s|/usr/bin/convod|$prefix/bin/convod|g" "$1" > "$new" ;;
        *) cat "$1" > "$new" ;;
    esac
    case $1 in
        bin/*) chmod 755 "$new" ;;
        *) chmod 644 "$new" ;;
    esac
    mv -f "$new" "$prefix/$1"
}

install_files() {
    umask 022
    cd "$(dirname "$0")"
    check_files
    check_system
    mkdir -p "$prefix/share/doc/convo" || fail "$prefix can't be written: choose a folder with --prefix, or run this as root"
    files=$(sed 's/^[0-9a-f]*[ *]*//' SHA256SUMS)
    # System units are read from these prefixes only.
    case $prefix in
        /usr | /usr/local) ;;
        *) files=$(printf '%s\n' "$files" | grep -v '^lib/systemd/system/') ;;
    esac
    # What another version has installed, and this one has not, goes.
    before=$([ ! -f "$prefix/$list" ] || cat "$prefix/$list")
    printf '%s\n%s\n%s\n' "$before" "$files" "$list" | sed '/^$/d' | sort -u > "$prefix/$list.new"
    mv -f "$prefix/$list.new" "$prefix/$list"
    printf '%s\n' "$files" | while IFS= read -r file; do place "$file"; done
    printf '%s\n%s\n' "$files" "$list" | sort -u > "$prefix/$list.new"
    sort "$prefix/$list" | comm -23 - "$prefix/$list.new" | remove
    mv -f "$prefix/$list.new" "$prefix/$list"
    report
}

report() {
    say "Convo $("$prefix/bin/convo" --version) is installed in $prefix. To remove it: ./install.sh --uninstall --prefix $prefix"
    case ":$PATH:" in
        *":$prefix/bin:"*) ;;
        *) say "$prefix/bin is not in PATH yet: export PATH=\"$prefix/bin:\$PATH\"" ;;
    esac
    # The name as libcurl's own packages have it, and as Debian's GnuTLS build has it.
    if ! { PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -qE 'libcurl(-gnutls)?\.so\.4 '; }; then
        say "To reach the server it needs libcurl 7.87 or later, which is not here:"
        say "  dnf install libcurl   or   zypper install libcurl4   or   pacman -S curl"
    fi
    say "Next: convo login, convo sync, and convo service install"
}

case $action in
    install) install_files ;;
    uninstall) uninstall ;;
esac
