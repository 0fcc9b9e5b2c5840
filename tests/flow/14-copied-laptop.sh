#!/usr/bin/env bash
# A laptop's files are copied and both go on; an older copy is put back: it is
# noticed and said, nobody stops recording, and no visit of either is lost.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 20
serve
person 1 SR "Siti"
pass=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${pass[@]}" >/dev/null
new() { # N KEY STREET
	printf '{"key":"%s","day":"%s","new":{"village":"64.02.05.2001"},
		"fields":{"alamat":"%s"}}' "$2" "$(date +%F)" "$3" |
		agent "$1" visit --json "${pass[@]}"
}
streets() { # of the server's records, each time that one is there
	server records --json --village 64.02.05.2001 |
		rows record.fields.alamat | grep '^Jl. Salin' | sort | xargs
}
halted() {
	agent "$1" status --json "${pass[@]}" | get halted
}

# ---- two of one laptop ------------------------------------------------------

new 1 sebelum "Jl. Salin 1" >/dev/null
cp -a "$work/laptop-1" "$work/laptop-2"
new 1 asli "Jl. Salin 2" >/dev/null
new 2 salinan "Jl. Salin 3" >/dev/null
agent 1 sync "${pass[@]}" >/dev/null
is "the first to send is believed" "Jl. Salin 1 Jl. Salin 2" "$(streets)"
refused "the copy is told that there are two of it" 12 \
	agent 2 sync "${pass[@]}" --lang en
holds "in words that a person understands" \
	grep -q "Two laptops have worked with the same files" "$work/out/last"
is "and knows it from then on" clone "$(halted 2)"
holds "its person goes on recording" new 2 lagi "Jl. Salin 4"
holds "and again in the same village" new 2 lagi-2 "Jl. Salin 5"
is "what it sent waits at the office" 1 \
	"$(server quarantine --json | get quarantined)"
is "nothing is mixed up meanwhile" "Jl. Salin 1 Jl. Salin 2" "$(streets)"

writer=$(agent 2 status --json "${pass[@]}" | get writer)
server book "$writer" --as Rina --reason "laptop disalin" --json \
	>"$work/out/book"
is "the office lets it count" "1 1 0" "$(get sets <"$work/out/book") $(
	get branches <"$work/out/book") $(get waiting <"$work/out/book")"
is "and has the visits of both, each once" \
	"Jl. Salin 1 Jl. Salin 2 Jl. Salin 3" "$(streets)"
new 1 terus "Jl. Salin 9" >/dev/null
holds "who came first goes on undisturbed" agent 1 sync "${pass[@]}"
holds "the records are those of the log" server rebuild
holds "and the log is whole" server verify-log

# ---- an older copy put back ---------------------------------------------------

person 3 AN "Ani"
pass=(--label AN --passphrase-file "$work/AN")
agent 3 sync "${pass[@]}" >/dev/null
new 3 lama "Jl. Salin 6" >/dev/null
agent 3 sync "${pass[@]}" >/dev/null
cp -a "$work/laptop-3/store.db" "$work/older"
new 3 baru "Jl. Salin 7" >/dev/null
agent 3 sync "${pass[@]}" >/dev/null
rm -f "$work/laptop-3/store.db-wal"
cp -a "$work/older" "$work/laptop-3/store.db"
is "an older copy is noticed without a line" older-copy "$(halted 3)"
holds "its person goes on recording" new 3 sesudah "Jl. Salin 8"
refused "it is said at the sync" 12 agent 3 sync "${pass[@]}" --lang id
holds "in the person's language" grep -q "salinan lama" "$work/out/last"
# Approved with a code, they go on as a new writer: what waited arrives.
code=$(server enrol --person Ani --label AN --village 64.02.05 --json | get code)
holds "with a code from the office they go on" agent 3 enrol --code "$code" \
	--label AN --passphrase-file "$work/AN" --server "http://$address" \
	--kdf 1:8192 --as AN --as-passphrase-file "$work/AN"
holds "and send again" agent 3 sync "${pass[@]}"
is "nothing is wrong any more" "" "$(halted 3)"
code=$(server enrol --person Siti --label SR --village 64.02.05 --json | get code)
holds "so does the person of the copied laptop" agent 2 enrol --code "$code" \
	--label SR --passphrase-file "$work/SR" --server "http://$address" \
	--kdf 1:8192 --as SR --as-passphrase-file "$work/SR"
pass=(--label SR --passphrase-file "$work/SR")
holds "who sends what they recorded meanwhile" agent 2 sync "${pass[@]}"
holds "the records are those of the log again" server rebuild
holds "which is whole" server verify-log
is "nothing waits" 0 "$(server quarantine --json | get quarantined)"
is "and every visit is there, once" \
	"$(for n in 1 2 3 4 5 6 7 8 9; do echo "Jl. Salin $n"; done | xargs)" \
	"$(streets)"

# ---- a copy of a laptop with three closed sets that it cannot sign -----------

person 4 DW "Dewi"
pass=(--label DW --passphrase-file "$work/DW")
agent 4 sync "${pass[@]}" >/dev/null
home=$(agent 4 list "${pass[@]}" --json | rows id | sed -n 7p)
again() { # N KEY STREET: of a household that was there before
	printf '{"key":"%s","day":"%s","household":"%s",
		"fields":{"alamat":"%s"}}' "$2" "$(date +%F)" "$home" "$3" |
		agent "$1" visit --json "${pass[@]}" >/dev/null
}
enrol_anew() { # N
	agent "$1" enrol --code "$(server enrol --person Dewi --label DW \
		--village 64.02.05 --json | get code)" --label DW \
		--passphrase-file "$work/DW" --server "http://$address" \
		--kdf 1:8192 --as DW --as-passphrase-file "$work/DW"
}
cp -a "$work/laptop-4/store.db" "$work/older"
new 4 dulu "Jl. Tiga 1" >/dev/null
agent 4 sync "${pass[@]}" >/dev/null
rm -f "$work/laptop-4/store.db-wal"
cp -a "$work/older" "$work/laptop-4/store.db"
new 4 tutup-0 "Jl. Tiga 2" >/dev/null
again 4 tutup-1 "Jl. Tutup 1"
again 4 tutup-2 "Jl. Tutup 2"
again 4 tutup-3 "Jl. Tutup 3"
is "a halted laptop has three sets that nobody signed" 3 \
	"$(agent 4 status --json "${pass[@]}" | get changesets.open)"
cp -a "$work/laptop-4" "$work/laptop-5"
new 4 lanjut-4 "Jl. Tiga 3" >/dev/null
new 5 lanjut-5 "Jl. Tiga 4" >/dev/null
again 5 lanjut-6 "Jl. Tutup 4"
holds "both of them enrol anew" enrol_anew 4
holds "each for themselves" enrol_anew 5
holds "the first sends all" agent 4 sync "${pass[@]}"
refused "the second is told that there are two" 12 agent 5 sync "${pass[@]}"
writer=$(agent 5 status --json "${pass[@]}" | get writer)
server book "$writer" --as Rina --reason "laptop disalin" --json \
	>"$work/out/book"
is "all of its sets count then, and none waits" "0 0" \
	"$(get waiting <"$work/out/book") $(
	server quarantine --json | get quarantined)"
is "each household is there, once" "Jl. Tiga 1 Jl. Tiga 2 Jl. Tiga 3 Jl. Tiga 4" \
	"$(server records --json --village 64.02.05.2001 |
		rows record.fields.alamat | grep '^Jl. Tiga' | sort | xargs)"
is "what the second wrote on top of what both had is what is shown" \
	"Jl. Tutup 4" "$(server show "$home" --json | get record.fields.alamat)"
is "and nobody is said to disagree" 0 \
	"$(server findings --kind conflict --json | get findings)"
holds "the second enrols anew, and goes on" enrol_anew 5
new 5 akhir "Jl. Tiga 5" >/dev/null
holds "and sends" agent 5 sync "${pass[@]}"
is "also what came later" 5 "$(server records --json --village 64.02.05.2001 |
	rows record.fields.alamat | grep -c '^Jl. Tiga')"
is "nothing waits any more" 0 "$(server quarantine --json | get quarantined)"
holds "the records are those of the log in the end" server rebuild
holds "which is whole in the end" server verify-log
finish
