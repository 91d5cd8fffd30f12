#!/bin/sh
# Installs the package's folder, or takes it out again.
#
#   contrib/packaging/install.sh install|uninstall FOLDER PREFIX SYSCONFDIR [DESTDIR]
#
# DESTDIR is put before all paths, for whoever packs it once more; the unit names the paths
# without it. A configuration that is there is left as it is.
set -eu
what=$1 folder=$2 prefix=$3 etc=$4 root=${5:-}
[ -f "$folder/SHA256SUMS" ] || {
    echo "error: there is no package in $folder; run: make package" >&2
    exit 1
}
for path in "$prefix" "$etc" ${root:+"$root"}; do
    case $path in
    /*) ;;
    *)
        echo "error: PREFIX, SYSCONFDIR and DESTDIR must be whole paths, and $path is not" >&2
        exit 1
        ;;
    esac
done
# A list of files, and not the folder: what is installed is what can be taken out.
files=$(cd "$folder" && find bin lib share -type f | LC_ALL=C sort)
unit=lib/systemd/system/weir.service

if [ "$what" = install ]; then
    for file in $files; do
        mode=644
        [ ! -x "$folder/$file" ] || mode=755
        mkdir -p "$root$prefix/$(dirname "$file")"
        # A program that runs cannot be written over; another can take its place.
        cp "$folder/$file" "$root$prefix/$file.new"
        chmod $mode "$root$prefix/$file.new"
        mv -f "$root$prefix/$file.new" "$root$prefix/$file"
    done
    sed -e "s|/usr/local/bin/|$prefix/bin/|g" -e "s|/etc/weir/|$etc/weir/|g" "$folder/$unit" >"$root$prefix/$unit"
    mkdir -p "$root$etc/weir"
    [ -e "$root$etc/weir/weir.toml" ] || cp "$folder/etc/weir/weir.toml" "$root$etc/weir/weir.toml"
    echo "installed below $root$prefix; the configuration is $root$etc/weir/weir.toml"
else
    for file in $files; do
        rm -f "$root$prefix/$file"
    done
    # Only Weir's own folders, and only when nothing else is in them.
    (cd "$folder" && find lib/weir share/doc/weir -depth -type d) | while read -r below; do
        rmdir "$root$prefix/$below" 2>/dev/null || true
    done
    echo "removed from $root$prefix; $root$etc/weir, checkpoints and alerts stay"
fi
