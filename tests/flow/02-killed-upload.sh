#!/usr/bin/env bash
# An upload that is cut, with the server killed in the middle, goes on where
# it stopped; wrong places and wrong bytes are refused with 409 and 422.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 120
serve
person 1 SR "Siti"
up 1
unlock 1 SR
agent 1 sync >/dev/null
for n in $(seq 1 12); do
	visit 1 "\"household\":\"$(household "$n")\",
		\"fields\":{\"catatan\":\"kunjungan $n $RANDOM$RANDOM\"}" \
		>/dev/null
done

# The bundle as the laptop sends it, kept by something that is no server.
stop_server
start capture '^ready' python3 -c '
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[2], "wb") as f:
            f.write(body)
        with open(sys.argv[2] + ".name", "w") as f:
            f.write(self.path.rsplit("/", 1)[1])
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()' "$port" "$work/bundle"
agent 1 sync >"$work/out/sync" 2>&1
is "what is no server's answer is not believed" 3 "$?"
holds "and it says that all is kept" \
	grep -q "everything is kept" "$work/out/sync"
end capture TERM
name=$(cat "$work/bundle.name")
total=$(stat -c %s "$work/bundle")
half=$((total / 2))
is "the visits still wait" waiting "$(agent 1 visits --json | rows state |
	sort -u)"

serve
url=http://$address/v1/bundles/$name
code() { # CURL OPTIONS: status and Upload-Offset
	curl -s -m 10 -o "$work/out/body" -w '%{http_code} ' \
		-D "$work/out/head" -H 'Expect:' "$@"
	sed -n 's/^[Uu]pload-[Oo]ffset: *\([0-9]*\).*/\1/p' "$work/out/head"
}
post() { # FROM COUNT [FILE]: these bytes, as the piece that begins there
	tail -c "+$(($1 + 1))" "${3:-$work/bundle}" | head -c "$2" |
		code -X POST --data-binary @- -H "Upload-Offset: $1" \
			-H "Upload-Length: $total" \
			-H 'Content-Type: application/octet-stream' "$url"
}
is "nothing of it is there" "200 0" "$(code -I "$url")"
is "half of it is taken" "202 $half" "$(post 0 $half)"
kill_server
serve
is "half of it is there after the server was killed" "200 $half" \
	"$(code -I "$url")"
is "a piece beyond that is refused, with the right place" "409 $half" \
	"$(post $((half + 10)) 10)"
head -c "$half" "$work/bundle" >"$work/altered"
tail -c +"$((half + 1))" "$work/bundle" | tr '\000-\377' '\001-\377\000' \
	>>"$work/altered"
is "other bytes than were named are refused" "422 0" \
	"$(post $half $((total - half)) "$work/altered")"
is "and not kept" "200 0" "$(code -I "$url")"
is "half of it once more" "202 $half" "$(post 0 $half)"
is "the rest is answered" "200" \
	"$(post $half $((total - half)) | tr -d ' \n')"
cp "$work/out/body" "$work/reply"
is "the same again has the same receipts" "200" \
	"$(post 0 "$total" | tr -d ' \n')"
is "a name that is none is refused" 400 "$(code -X POST --data-binary x \
	"http://$address/v1/bundles/nothing" | cut -d ' ' -f 1)"
is "more than was announced is refused" 400 "$(head -c 100 "$work/bundle" |
	code -X POST --data-binary @- -H 'Upload-Offset: 0' \
		-H 'Upload-Length: 50' "$url" | cut -d ' ' -f 1)"

is "the laptop syncs afterwards, as if nothing had been" 1 \
	"$(agent 1 sync --json | get merged)"
is "all twelve are delivered" "12 delivered" \
	"$(agent 1 visits --json | rows state | sort | uniq -c | xargs)"
is "and are in one accepted set" 1 "$(server status --json | get sets.visits)"
finish
