#!/bin/sh
# embed-bytes.sh HEADER NAME FILE
# Print C source that defines NAME, the bytes of FILE, and NAME_len.
# HEADER declares both.
set -eu
header=$1 name=$2 file=$3
printf '#include "%s"\n\nconst uint8_t %s[] = {\n' "$header" "$name"
od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
printf '};\n\nconst size_t %s_len = sizeof(%s);\n' "$name" "$name"
