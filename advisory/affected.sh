#!/bin/sh
# Have I met the code of {{incident}}?
# {{title}}
# {{registry}}, as of {{asof}}
#
# This only reads. It looks for the files that Cargo fetched, below CARGO_HOME or
# ~/.cargo, and for the versions in each Cargo.lock below the folders named
# (without any, the present one):
#
#     sh am-i-affected.sh [FOLDER ...]
#
# It ends with 0 when it found nothing, 1 when it found something, 2 when it
# could not look. To have found nothing is no proof: caches are cleaned.

set -u
LC_ALL=C
export LC_ALL

# name version SHA-256
LIST='{{list}}'
export LIST

hash_of() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"
    elif command -v shasum >/dev/null 2>&1; then shasum -a 256 <"$1"
    elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"
    else echo unknown; fi | cut -c 1-64
}

# What names of files may hold must not steer the terminal.
plain() { tr -d '\001-\010\013-\037\177'; }

home=${CARGO_HOME:-${HOME:-}/.cargo}
case $home in /*) ;; *) home=./$home ;; esac
found=0
looked=0

if [ -d "$home/registry" ]; then
    looked=1
    while read -r name version hash; do
        for file in "$home"/registry/cache/*/"$name-$version.crate"; do
            [ -f "$file" ] || continue
            have=$(hash_of "$file" 2>/dev/null)
            if [ "$hash" = - ] || [ "$have" = "$hash" ]; then
                printf 'FETCHED  %s %s  %s\n' "$name" "$version" "$file" | plain
                found=1
            elif [ "${#have}" -ne 64 ]; then
                printf 'FETCHED, hash not checked  %s %s  %s\n' "$name" "$version" "$file" | plain
                found=1
            else
                printf 'same name, other content  %s %s  %s\n' "$name" "$version" "$file" | plain
            fi
        done
        for folder in "$home"/registry/src/*/"$name-$version"; do
            [ -d "$folder" ] || continue
            printf 'UNPACKED %s %s  %s\n' "$name" "$version" "$folder" | plain
            found=1
        done
    done <<LIST_ENDS
$LIST
LIST_ENDS
fi

[ "$#" -gt 0 ] || set -- .
for folder do
    case $folder in /* | .) ;; *) folder=./$folder ;; esac
    if [ ! -d "$folder" ]; then
        printf 'There is no folder %s\n' "$folder" | plain >&2
        continue
    fi
    looked=1
    locks=$(find "$folder" -name Cargo.lock -type f -exec awk -F'"' '
        BEGIN {
            n = split(ENVIRON["LIST"], lines, "\n")
            for (i = 1; i <= n; i++) { split(lines[i], f, " "); bad[f[1] " " f[2]] = 1 }
        }
        FNR == 1 { name = "" }
        /^\[/ { name = "" }
        /^name = "/ { name = $2 }
        /^version = "/ { if ((name " " $2) in bad) print "LOCKED   " name " " $2 "  " FILENAME }
    ' {} + 2>/dev/null | plain)
    if [ -n "$locks" ]; then
        printf '%s\n' "$locks"
        found=1
    fi
done

if [ "$looked" = 0 ]; then
    echo "Could not look: neither Cargo's folder nor any folder named is there." >&2
    exit 2
fi
if [ "$found" = 1 ]; then
    echo "This machine has met the code. Exchange every secret that it could read." >&2
    exit 1
fi
echo "Nothing found."
