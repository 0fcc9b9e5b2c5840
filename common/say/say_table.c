#include <assert.h>

#include "common/say/say_internal.h"

/*
 * The sentences.  Each: what happened, what is safe, what to do next; for
 * somebody who administers no computers, and at most SAY_TEXT_MAX bytes.
 */
static const struct say TABLE[SAY_OFFICE_FIRST] = {
	[SAY_LOCKED] = { "locked", ST_LOCKED, SAY_EXIT_LOCKED,
	    { "The laptop is locked: nothing was changed and everything saved "
	      "is safe; unlock it with your label and passphrase.",
		"Laptop terkunci: tidak ada yang berubah dan semua yang "
		"tersimpan aman; buka dengan label dan kata sandi Anda." } },
	[SAY_WRONG_PASSPHRASE] = { "wrong-passphrase", ST_LOCKED,
	    SAY_EXIT_LOCKED,
	    { "The passphrase is wrong, or nobody on this laptop has that "
	      "label: nothing was changed and everything saved is safe; check "
	      "both and try again.",
		"Kata sandi salah, atau label itu tidak ada di laptop ini: "
		"tidak ada yang berubah dan semua yang tersimpan aman; periksa "
		"keduanya lalu coba lagi." } },
	[SAY_DELAYED] = { "delayed", ST_BUSY, SAY_EXIT_LATER,
	    { "The passphrase was wrong too often, so the next try must wait: "
	      "nothing is lost and nobody is shut out; wait as long as it says "
	      "here, then try again.",
		"Kata sandi terlalu sering salah, jadi percobaan berikutnya "
		"harus menunggu: tidak ada yang hilang dan akses tidak "
		"diblokir; tunggu selama tertulis di sini, lalu coba lagi." } },
	[SAY_TAKEN] = { "taken", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "Somebody else has the laptop unlocked: nothing was changed, and "
	      "their visits are safe; let them lock it first, then unlock it "
	      "as yourself.",
		"Laptop sedang dibuka orang lain: tidak ada yang berubah dan "
		"kunjungan mereka aman; minta mereka menguncinya dulu, lalu "
		"buka dengan nama Anda sendiri." } },
	[SAY_IDLE_LOCKED] = { "idle-locked", ST_OK, SAY_EXIT_DONE,
	    { "The laptop locked itself because nobody used it: everything "
	      "saved is safe; unlock it to go on.",
		"Laptop mengunci sendiri karena tidak dipakai: semua yang "
		"tersimpan aman; buka lagi untuk melanjutkan." } },

	[SAY_NOT_ENROLLED] = { "not-enrolled", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "This laptop is not enrolled yet: nothing was done and nothing "
	      "is lost; ask your coordinator for a one-time code, then run "
	      "'padu-agent enrol'.",
		"Laptop ini belum didaftarkan: tidak ada yang dilakukan dan "
		"tidak ada yang hilang; minta kode sekali pakai kepada "
		"koordinator, lalu jalankan 'padu-agent enrol'." } },
	[SAY_PASSPHRASE_SHORT] = { "passphrase-short", ST_INVALID,
	    SAY_EXIT_REFUSED,
	    { "The new passphrase has fewer than ten characters and is easily "
	      "guessed: nothing was changed and a code stays good; choose four "
	      "words ('padu-agent passphrase --suggest' shows some).",
		"Kata sandi baru kurang dari sepuluh huruf dan mudah ditebak: "
		"tidak ada yang berubah dan kode tetap berlaku; pilih empat "
		"kata (contoh: 'padu-agent passphrase --suggest')." } },
	[SAY_PASSPHRASE_DIGITS] = { "passphrase-digits", ST_INVALID,
	    SAY_EXIT_REFUSED,
	    { "The new passphrase is of digits alone, which a machine guesses "
	      "in hours: nothing was changed and a code stays good; choose four "
	      "words ('padu-agent passphrase --suggest' shows some).",
		"Kata sandi baru hanya angka, yang dapat ditebak mesin dalam "
		"hitungan jam: tidak ada yang berubah dan kode tetap berlaku; "
		"pilih empat kata (contoh: 'padu-agent passphrase "
		"--suggest')." } },
	[SAY_PASSPHRASE_WORD] = { "passphrase-word", ST_INVALID,
	    SAY_EXIT_REFUSED,
	    { "The new passphrase is a single word or one sign repeated, and "
	      "easily guessed: nothing was changed and a code stays good; choose "
	      "four words ('padu-agent passphrase --suggest' shows some).",
		"Kata sandi baru hanya satu kata atau satu tanda yang diulang, "
		"mudah ditebak: tidak ada yang berubah dan kode tetap berlaku; "
		"pilih empat kata ('padu-agent passphrase --suggest')." } },
	[SAY_LABEL_TAKEN] = { "label-taken", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "Somebody on this laptop has that label already: nothing was "
	      "changed and the code stays good; choose another label.",
		"Label itu sudah dipakai orang lain di laptop ini: tidak ada "
		"yang berubah dan kode tetap berlaku; pilih label lain." } },
	[SAY_NO_PERSON] = { "no-person", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "Nobody on this laptop has that label: nothing was changed; see "
	      "'padu-agent people list' for the labels.",
		"Tidak ada orang dengan label itu di laptop ini: tidak ada yang "
		"berubah; lihat labelnya dengan 'padu-agent people list'." } },
	[SAY_LAPTOP_FULL] = { "laptop-full", ST_FULL, SAY_EXIT_NO_ROOM,
	    { "No further person fits on this laptop: nothing was changed and "
	      "everything saved is safe; remove somebody who no longer uses "
	      "it, or use another laptop.",
		"Laptop ini tidak dapat menampung orang lagi: tidak ada yang "
		"berubah dan semua yang tersimpan aman; keluarkan orang yang "
		"tidak lagi memakainya, atau pakai laptop lain." } },
	[SAY_UNSIGNED] = { "unsigned", ST_LOCKED, SAY_EXIT_LOCKED,
	    { "This person has visits here that only they can sign: nothing "
	      "was removed and the visits are safe; let them unlock the laptop "
	      "once, then remove them.",
		"Orang ini punya kunjungan yang hanya dapat ditandatanganinya "
		"sendiri: tidak ada yang dihapus dan kunjungannya aman; minta "
		"ia membuka laptop sekali, lalu keluarkan." } },
	[SAY_LAST_PERSON] = { "last-person", ST_INVALID, SAY_EXIT_REFUSED,
	    { "This is the last person on the laptop, without whom nobody "
	      "could open it: nothing was removed and everything is safe; add "
	      "another person first.",
		"Ini orang terakhir di laptop; tanpanya tidak ada yang dapat "
		"membukanya: tidak ada yang dihapus dan semua aman; tambahkan "
		"orang lain dulu." } },
	[SAY_CODE_REFUSED] = { "code-refused", ST_UNTRUSTED,
	    SAY_EXIT_NOT_TRUSTED,
	    { "The server did not take the code, as it is unknown, used or too "
	      "old: nothing was changed on this laptop; ask your coordinator "
	      "for a new one.",
		"Server menolak kode karena tidak dikenal, sudah dipakai atau "
		"kedaluwarsa: tidak ada yang berubah di laptop ini; minta kode "
		"baru kepada koordinator." } },

	[SAY_DAMAGED] = { "damaged", ST_UNTRUSTED, SAY_EXIT_DAMAGED,
	    { "The file with the visits is damaged: what was sent is safe at "
	      "the office and the rest was not touched; do not delete anything "
	      "and bring the laptop to your coordinator.",
		"Berkas kunjungan rusak: yang sudah terkirim aman di kantor dan "
		"sisanya tidak disentuh; jangan hapus apa pun dan bawa laptop "
		"ke koordinator." } },
	[SAY_DEVICE_DAMAGED] = { "device-damaged", ST_UNTRUSTED,
	    SAY_EXIT_DAMAGED,
	    { "The file 'device' is damaged: the visits are in another file "
	      "and were not touched; do not delete anything and bring the "
	      "laptop to your coordinator.",
		"Berkas 'device' rusak: kunjungan ada di berkas lain dan tidak "
		"disentuh; jangan hapus apa pun dan bawa laptop ke "
		"koordinator." } },
	[SAY_DEVICE_MISSING] = { "device-missing", ST_CONFLICT,
	    SAY_EXIT_CONFLICT,
	    { "The folder holds visits but not its file 'device': nothing was "
	      "changed and the code stays good; bring that file back, or "
	      "choose another folder.",
		"Folder ini berisi kunjungan tetapi berkas 'device' tidak ada: "
		"tidak ada yang berubah dan kode tetap berlaku; kembalikan "
		"berkas itu, atau pilih folder lain." } },
	[SAY_STORE_MISSING] = { "store-missing", ST_NOTFOUND, SAY_EXIT_DAMAGED,
	    { "The file with the visits, 'store.db', is not in the folder: "
	      "what was sent is safe at the office; look for the file before "
	      "anything else, and tell your coordinator.",
		"Berkas kunjungan 'store.db' tidak ada di folder: yang sudah "
		"terkirim aman di kantor; cari berkas itu dulu, dan beri tahu "
		"koordinator." } },
	[SAY_NEWER_VERSION] = { "newer-version", ST_INVALID, SAY_EXIT_NEWER,
	    { "These files were written by a newer Padu than this one: nothing "
	      "was changed and everything saved is safe; install the newer "
	      "program again.",
		"Berkas ini ditulis oleh Padu yang lebih baru daripada program "
		"ini: tidak ada yang berubah dan semua yang tersimpan aman; "
		"pasang kembali program yang lebih baru." } },
	[SAY_IN_USE] = { "in-use", ST_BUSY, SAY_EXIT_LATER,
	    { "Another program is working on this laptop's files: nothing was "
	      "changed and everything saved is safe; wait until it has ended, "
	      "then try again.",
		"Program lain sedang memakai berkas laptop ini: tidak ada yang "
		"berubah dan semua yang tersimpan aman; tunggu sampai selesai, "
		"lalu coba lagi." } },
	[SAY_DISK_FULL] = { "disk-full", ST_FULL, SAY_EXIT_NO_ROOM,
	    { "The disk is full, so this was not saved: what was saved before "
	      "stays saved; make room on the disk, then try again.",
		"Disk penuh, jadi ini tidak tersimpan: yang sudah tersimpan "
		"tetap aman; kosongkan sebagian disk, lalu coba lagi." } },
	[SAY_STICK_FAILED] = { "stick-failed", ST_IO, SAY_EXIT_FAILED,
	    { "The backup was not made, as its disk or stick failed, was "
	      "pulled out or cannot be written: everything on the laptop is "
	      "safe; look at the stick, or take another one.",
		"Cadangan tidak jadi dibuat karena disk atau stik bermasalah, "
		"dicabut atau tidak dapat ditulis: semua di laptop aman; "
		"periksa stiknya, atau pakai yang lain." } },
	[SAY_STICK_DAMAGED] = { "stick-damaged", ST_UNTRUSTED, SAY_EXIT_DAMAGED,
	    { "This file is no backup of a laptop, or it is damaged: nothing "
	      "was put into the folder and the file was not changed; take "
	      "another backup, and tell your coordinator.",
		"Berkas ini bukan cadangan laptop, atau sudah rusak: tidak ada "
		"yang ditaruh di folder dan berkasnya tidak diubah; pakai "
		"cadangan lain, dan beri tahu koordinator." } },
	[SAY_RESTORE_TAKEN] = { "restore-taken", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "This folder is a laptop's already, and nothing is ever written "
	      "over visits: nothing was changed; restore into another folder "
	      "(--dir).",
		"Folder ini sudah milik sebuah laptop, dan kunjungan tidak "
		"pernah ditimpa: tidak ada yang berubah; pulihkan ke folder "
		"lain (--dir)." } },
	[SAY_RESTORED] = { "restored", ST_OK, SAY_EXIT_DONE,
	    { "The backup is in place and every page of it is good: all it "
	      "held is here and you can record; ask the office for a code and "
	      "enrol again, as nothing is signed before that.",
		"Cadangan sudah dipulihkan dan semua isinya utuh: Anda dapat "
		"langsung mencatat; minta kode dari kantor lalu daftar lagi, "
		"sebab sebelum itu tidak ada yang ditandatangani." } },
	[SAY_RESTORED_COPY] = { "restored-copy", ST_UNTRUSTED, SAY_EXIT_COPY,
	    { "This laptop was restored from a backup and signs nothing yet: "
	      "what you record is kept and nothing is lost; ask the office for "
	      "a code and enrol again, then all of it is sent.",
		"Laptop ini dipulihkan dari cadangan dan belum menandatangani "
		"apa pun: catatan Anda disimpan dan tidak ada yang hilang; "
		"minta kode dari kantor dan daftar lagi, lalu semua "
		"terkirim." } },
	[SAY_NO_MARK] = { "no-mark", ST_OK, SAY_EXIT_DONE,
	    { "The office has not said yet that what you sent is in a backup: "
	      "so no visit leaves this laptop and all of them are here; sync "
	      "after the office has made one.",
		"Kantor belum menyatakan bahwa kiriman Anda ada di cadangan: "
		"jadi tidak ada kunjungan yang dilepas dan semuanya ada di "
		"sini; sinkronkan setelah kantor membuatnya." } },
	[SAY_OLDER_COPY] = { "older-copy", ST_UNTRUSTED, SAY_EXIT_COPY,
	    { "This is an older copy of the laptop's files: what was sent is "
	      "safe at the office and nothing here was changed; tell your "
	      "coordinator, who can let it go on.",
		"Ini salinan lama dari berkas laptop: yang sudah terkirim aman "
		"di kantor dan tidak ada yang berubah di sini; beri tahu "
		"koordinator agar diizinkan melanjutkan." } },
	[SAY_CLONE] = { "clone", ST_UNTRUSTED, SAY_EXIT_COPY,
	    { "Two laptops have worked with the same files: the visits of both "
	      "are kept and none is lost; tell your coordinator, and enrol "
	      "this laptop anew.",
		"Dua laptop bekerja dengan berkas yang sama: kunjungan keduanya "
		"disimpan dan tidak ada yang hilang; beri tahu koordinator dan "
		"daftarkan laptop ini kembali." } },
	[SAY_NO_RECOVERY] = { "no-recovery", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "This laptop knows no recovery key: custodians cannot open it, "
	      "and everything in it stays as it is; somebody else who shares "
	      "it can still unlock it.",
		"Laptop ini belum mengenal kunci pemulihan: pemegang kunci "
		"tidak dapat membukanya dan isinya tetap utuh; orang lain yang "
		"berbagi laptop ini masih dapat membukanya." } },
	[SAY_NO_REQUEST] = { "no-request", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "No request to the custodians is waiting on this laptop: nothing "
	      "was changed; make one with 'padu-agent recover request' and "
	      "send it to two of them.",
		"Tidak ada permintaan kepada pemegang kunci di laptop ini: "
		"tidak ada yang berubah; buat dengan 'padu-agent recover "
		"request' dan kirim kepada dua pemegang kunci." } },
	[SAY_ANSWER_WRONG] = { "answer-wrong", ST_UNTRUSTED,
	    SAY_EXIT_NOT_TRUSTED,
	    { "A custodian's answer is damaged or wrong: nothing was changed "
	      "and the other one stays good; ask for a new answer.",
		"Jawaban pemegang kunci rusak atau salah: tidak ada yang "
		"berubah dan jawaban lainnya tetap berlaku; minta jawaban "
		"baru." } },
	[SAY_ANSWER_OTHER] = { "answer-other", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "The two answers do not belong to this request, or not to each "
	      "other: nothing was changed; send the present request to two "
	      "custodians.",
		"Kedua jawaban bukan untuk permintaan ini, atau tidak "
		"berpasangan: tidak ada yang berubah; kirim permintaan yang "
		"sekarang kepada dua pemegang kunci." } },
	[SAY_ASK_CUSTODIANS] = { "ask-custodians", ST_OK, SAY_EXIT_DONE,
	    { "The request is ready: every visit on the laptop stays safe; "
	      "send it to two custodians and read the code out to each by "
	      "telephone, from this screen.",
		"Permintaan siap: semua kunjungan di laptop tetap aman; kirim "
		"kepada dua pemegang kunci dan bacakan kodenya lewat telepon "
		"dari layar ini." } },
	[SAY_WAITS_FOR_CODE] = { "waits-for-code", ST_OK, SAY_EXIT_DONE,
	    { "After the recovery you can go on recording: all you save is "
	      "kept, and waits to be signed and sent; ask the office for a "
	      "code and enrol again.",
		"Setelah pemulihan Anda dapat terus mencatat: semua yang "
		"disimpan tetap ada, menunggu ditandatangani dan dikirim; minta "
		"kode dari kantor lalu daftar lagi." } },
	[SAY_RECOVERED] = { "recovered", ST_OK, SAY_EXIT_DONE,
	    { "The laptop was recovered with a new passphrase: every visit is "
	      "there, and those that were not signed will be signed anew; the "
	      "old passphrase no longer opens it.",
		"Laptop dipulihkan dengan kata sandi baru: semua kunjungan ada, "
		"dan yang belum ditandatangani akan ditandatangani ulang; kata "
		"sandi lama tidak berlaku lagi." } },

	[SAY_NOT_CONNECTED] = { "not-connected", ST_BUSY, SAY_EXIT_LATER,
	    { "The server cannot be reached: nothing was delivered and "
	      "everything is kept on this laptop; try again where there is a "
	      "connection.",
		"Server tidak dapat dihubungi: belum ada yang terkirim dan "
		"semuanya tersimpan di laptop ini; coba lagi di tempat yang ada "
		"sinyal." } },
	[SAY_NOT_OUR_SERVER] = { "not-our-server", ST_UNTRUSTED,
	    SAY_EXIT_NOT_TRUSTED,
	    { "What answered is not your server, perhaps a login page of the "
	      "network: nothing was delivered and everything is kept; try "
	      "again elsewhere, and if it goes on tell your coordinator.",
		"Yang menjawab bukan server Anda, mungkin halaman masuk "
		"jaringan: belum ada yang terkirim dan semuanya tersimpan; coba "
		"di tempat lain, dan bila berulang beri tahu koordinator." } },
	[SAY_NOT_TAKEN] = { "not-taken", ST_INVALID, SAY_EXIT_REFUSED,
	    { "The server did not take what it was sent: everything is kept on "
	      "this laptop; tell your coordinator what is said here.",
		"Server menolak kiriman: semuanya tetap tersimpan di laptop "
		"ini; sampaikan keterangan di sini kepada koordinator." } },
	[SAY_CLOCK] = { "clock", ST_OK, SAY_EXIT_DONE,
	    { "The laptop's clock is wrong: visits are saved and will be "
	      "taken; set date and time.",
		"Jam laptop salah: kunjungan tetap tersimpan dan akan diterima; "
		"betulkan tanggal dan jamnya." } },
	[SAY_SERVER_OLDER] = { "server-older", ST_UNTRUSTED,
	    SAY_EXIT_NOT_TRUSTED,
	    { "The server is in an older state than this laptop has "
	      "seen: nothing of it was believed and everything is "
	      "kept here; tell the office, which must restore with "
	      "'padu-server restore'.",
		"Keadaan server lebih lama daripada yang pernah dilihat "
		"laptop ini: jawabannya tidak dipercaya dan semua tetap "
		"tersimpan di sini; beri tahu kantor, yang harus "
		"memulihkan dengan 'padu-server restore'." } },

	[SAY_RECORD_MOVED] = { "record-moved", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "This record was changed while you filled in the form: nothing "
	      "was overwritten and both values are shown; look at them, then "
	      "save again.",
		"Data ini berubah ketika Anda mengisi formulir: tidak ada yang "
		"ditimpa dan kedua nilai ditampilkan; periksa, lalu simpan "
		"lagi." } },

	[SAY_NOT_FOUND] = { "not-found", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "There is no such thing on this laptop: nothing was changed; "
	      "check what you asked for.",
		"Yang diminta tidak ada di laptop ini: tidak ada yang berubah; "
		"periksa permintaan Anda." } },
	[SAY_CONFLICT] = { "conflict", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "That name already stands for something else: nothing was "
	      "changed; choose another.",
		"Nama itu sudah dipakai untuk hal lain: tidak ada yang berubah; "
		"pilih yang lain." } },
	[SAY_REFUSED] = { "refused", ST_INVALID, SAY_EXIT_REFUSED,
	    { "This breaks a rule, so nothing was saved: what was saved before "
	      "is safe; correct what is named, then try again.",
		"Ini melanggar aturan, jadi tidak disimpan: yang sudah "
		"tersimpan aman; perbaiki yang disebut, lalu coba lagi." } },
	[SAY_NOT_TRUSTED] = { "not-trusted", ST_UNTRUSTED, SAY_EXIT_NOT_TRUSTED,
	    { "What came could not be trusted, so it was not taken: what is "
	      "saved on this laptop stays safe; if it happens again, tell your "
	      "coordinator.",
		"Yang diterima tidak dapat dipercaya, jadi ditolak: yang "
		"tersimpan di laptop ini tetap aman; bila terjadi lagi, beri "
		"tahu koordinator." } },
	[SAY_LATER] = { "later", ST_BUSY, SAY_EXIT_LATER,
	    { "This cannot be done right now: nothing was changed and "
	      "everything saved is safe; try again later.",
		"Ini belum dapat dilakukan sekarang: tidak ada yang berubah dan "
		"semua yang tersimpan aman; coba lagi nanti." } },
	[SAY_NO_MEMORY] = { "no-memory", ST_NOMEM, SAY_EXIT_FAILED,
	    { "The laptop is short of memory: what was saved stays saved; "
	      "close other programs, then try again.",
		"Memori laptop tidak cukup: yang sudah tersimpan tetap aman; "
		"tutup program lain, lalu coba lagi." } },
	[SAY_FAILED] = { "failed", ST_IO, SAY_EXIT_FAILED,
	    { "The disk or the network failed: what was saved stays saved; try "
	      "again, and if it goes on tell your coordinator.",
		"Disk atau jaringan bermasalah: yang sudah tersimpan tetap "
		"aman; coba lagi, dan bila berulang beri tahu koordinator." } },
	[SAY_FAULT] = { "fault", ST_BUG, SAY_EXIT_FAILED,
	    { "This is a fault of the program: what was saved stays saved; "
	      "tell your coordinator what is said here.",
		"Ini kesalahan program: yang sudah tersimpan tetap aman; "
		"sampaikan keterangan di sini kepada koordinator." } },
};

const struct say *
say_find(enum say_state state)
{
	assert(state > SAY_NOTHING && state < SAY_COUNT);
	return state < SAY_OFFICE_FIRST ? &TABLE[state]
					: &say_office[state - SAY_OFFICE_FIRST];
}
