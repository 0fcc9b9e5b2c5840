#!/usr/bin/env bash
# A family is on the list twice, in two villages.  The office finds it, says
# that the two are one, reads, approves and forwards them as one; a laptop
# shows them as one; and saying otherwise undoes it, upstream too.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

cat >"$work/list.csv" <<'CSV'
ID DTKS;NO KK;KODE DESA;ALAMAT;NAMA;NIK;TANGGAL LAHIR
D-1;6402990107120001;64.02.05.2001;JL. MAWAR 4;SITI AMINAH;6402994107900001;01/07/1990
D-1;6402990107120001;64.02.05.2001;JL. MAWAR 4;BUDI;6402990203120001;02/03/2012
D-2;6402990107120001;64.02.05.2002;GANG MELATI 9;SITI AMINAH;6402994107900001;01/07/1990
D-2;6402990107120001;64.02.05.2002;GANG MELATI 9;CICI;6402994203140001;02/03/2014
CSV
found() { # MEMBER: of each finding of that kind, a line each
	server findings --kind same_identity --json | rows "$1"
}
# The stamp of one record, as `show` gives it, whoever stands for it.
stamp() { # RECORD
	server show "$1" --json | python3 -c '
import json, sys
r = {}
for line in sys.stdin:
    r.update(json.loads(line).get("result", {}))
for each in [r["record"]] + r.get("same", []):
    if each["record"] == sys.argv[1]:
        print(each["stamp"])' "$1"
}
same() { # RECORD REGISTER OTHER, "": as nobody
	server decide "$1" "$2" --value "$2=$3" --shown "$(stamp "$1")" \
		--as Rina --json
}
counted() {
	server status --json | python3 -c '
import json, sys
s = json.load(sys.stdin)["result"]
print(s["households"], s["persons"], s["repeated"])'
}
kinds() { # of the list
	server records --json | rows record.kind | sort | uniq -c | xargs
}

server init --authority 6402 --name "Dinas Sosial" >/dev/null
server person add --name Rina --role reviewer >/dev/null
server person add --name Joko --role approver >/dev/null
server import prelist "$work/list.csv" --report "$work/report.csv" >/dev/null
receive
serve --upstream "$upstream" --backoff-ms 50:400
person 1 SR "Siti"
up 1
unlock 1 SR
agent 1 sync >/dev/null
is "the laptop has two households" 2 "$(agent 1 list --json | rows id | wc -l)"

# ---- found, and said to be one
is "two households and two persons have one number" 4 "$(found record | wc -l)"
first=$(found record | sed -n 1p)
other=$(found other | sed -n 1p)
register=$(found same_as | sed -n 1p)
siti=$(found record | sed -n 2p)
again=$(found other | sed -n 2p)
is "the finding says where it is settled" "sama_dengan_kel sama_dengan_ind" \
	"$register $(found same_as | sed -n 2p)"
refused "none of it is approved meanwhile" 3 \
	server approve --household "$first" --as Joko
refused "a household is not the same as a person" 3 same "$other" \
	"$register" "$siti"
refused "nor as itself" 3 same "$other" "$register" "$other"
refused "nor as nobody knows whom" 3 same "$other" "$register" 3604005602340110999
holds "a reviewer says that the two are one" same "$other" "$register" "$first"
is "the households' numbers are settled, the persons' are not" "nik nik" \
	"$(found field | xargs)"
is "the list has one household and four persons" "1 household 4 person" \
	"$(kinds)"
holds "and the persons, too, the other way round" \
	same "$siti" sama_dengan_ind "$again"
is "nothing is left to settle" "" "$(found record)"
is "one household, three persons, two that are repeated" "1 3 2" "$(counted)"
is "the list says the same" "1 household 3 person" "$(kinds)"

# ---- read as one
server show "$other" --json >"$work/shown"
is "whichever is asked for, the first one is read" "$first $other $other" \
	"$(get record.record <"$work/shown") $(get asked <"$work/shown") $(
		get same.0.record <"$work/shown")"
is "the other one keeps what was written to it" "JL. MAWAR 4/GANG MELATI 9" \
	"$(get record.fields.alamat <"$work/shown")/$(
		get same.0.fields.alamat <"$work/shown")"
is "its members are those of both, each once" 3 \
	"$(get members <"$work/shown" | python3 -c '
import json, sys
print(len(json.load(sys.stdin)))')"
is "a village lists what is read there" "1 0" "$(server records \
	--village 64.02.05.2001 --json | grep -c '"household"') $(server \
	records --village 64.02.05.2002 --json | grep -c '"household"')"

agent 1 sync >/dev/null
is "the laptop lists one" "$first" "$(agent 1 list --json | rows id)"
is "and shows it, whichever is asked for" "$first $other" "$(agent 1 show \
	"$other" --json | get id) $(agent 1 show "$other" --json |
	get same.0.id)"
holds "a visit to the other one is a visit to that" visit 1 \
	"\"household\":\"$other\",\"fields\":{\"lantai\":\"6\"}"
is "it is merged" 1 "$(agent 1 sync --json | get merged)"
server show "$first" --json >"$work/shown"
is "into its own record" "/6" "$(get record.fields.lantai <"$work/shown")/$(
	get same.0.fields.lantai <"$work/shown")"

# ---- approved and forwarded as one
old=$(get record.stamp <"$work/shown")
now=$(get group_stamp <"$work/shown")
refused "with a stamp from before that visit it is not approved" 5 \
	server approve --household "$other" --shown "$old" --as Joko
server approve --household "$other" --shown "$now" --as Joko --json \
	>"$work/approved"
is "the one that stands for it is approved, with three persons" \
	"$first $other 4" "$(get record <"$work/approved") $(
		get asked <"$work/approved") $(get approved <"$work/approved")"
holds "four records go up" wait_for 10 '[ "$(delivered records)" = 4 ]'
is "the household upstream names whom it stands for" \
	"$first household JL. MAWAR 4 ['$other']" \
	"$(standing record kind alamat same | grep household)"
is "one Siti, who stands for the other" "$siti ['$again']" \
	"$(standing record same nama | grep "SITI AMINAH" | sed 's/ SITI.*//')"
holds "nothing differs when it is made again" server rebuild
is "and the approvals stand" 4 \
	"$(server status --json | get approved)"

# ---- undone
holds "a reviewer says that they are two" same "$other" "$register" ""
is "their number is a finding again" "no_kk no_kk" "$(found field | xargs)"
is "and so are they two" "2 3 1" "$(counted)"
holds "upstream is told" wait_for 10 '[ "$(delivered corrections)" = 1 ]'
is "and has no household any more" "" "$(standing kind | grep household)"
agent 1 sync >/dev/null
is "the laptop lists two" 2 "$(agent 1 list --json | rows id | wc -l)"
is "Cici is where she was" "CICI" "$(agent 1 show "$other" --json |
	get members.0.fields.nama)"
is "who is erased may be in another record, too: it says which" "$again" \
	"$(server redact "$siti" --reason uji --as Joko --json | get same.0)"
is "which is read by itself now" "$again" \
	"$(server show "$again" --json | get record.record)"
holds "upstream is told of her" wait_for 10 \
	'[ "$(delivered corrections)" = 2 ]'
holds "the log holds" server verify-log
finish
