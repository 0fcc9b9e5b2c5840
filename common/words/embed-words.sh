#!/bin/sh
# embed-words.sh FILE: check the word list (sorted, no word twice, at least
# 2048, 4 to 8 letters a-z, no two with the same first four) and print it as
# C source that defines words_list.  --check: only check.
set -eu
only=
if [ "$1" = --check ]; then
	only=1
	shift
fi
LC_ALL=C awk -v only="$only" '
function bad(why) {
	printf "%s:%d: %s: %s\n", FILENAME, FNR, $0, why >"/dev/stderr"
	failed = 1
}
!/^[a-z][a-z][a-z][a-z]+$/ || length($0) > 8 { bad("not 4 to 8 letters a-z") }
FNR > 1 && $0 <= last { bad("not sorted, or twice") }
FNR > 1 && substr($0, 1, 4) == substr(last, 1, 4) {
	bad("begins as " last " does")
}
{ last = $0; word[FNR] = $0 }
END {
	if (FNR < 2048) {
		printf "%d words are too few\n", FNR >"/dev/stderr"
		failed = 1
	}
	if (failed)
		exit 1
	if (only)
		exit 0
	print "#include \"common/words/words.h\"\n"
	print "const char *const words_list[] = {"
	for (i = 1; i <= FNR; i++)
		printf "\t\"%s\",\n", word[i]
	print "};\n"
	printf "const size_t words_list_count = %d;\n", FNR
}' "$1"
