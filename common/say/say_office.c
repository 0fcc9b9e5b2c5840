#include "common/say/say_internal.h"

/*
 * What custodians and an office can meet; as say_table.c has it for laptops.
 */
#define AT(state) [(state)-SAY_OFFICE_FIRST]
const struct say say_office[SAY_COUNT - SAY_OFFICE_FIRST] = {
	AT(SAY_SHARE_MISSING) = { "share-missing", ST_NOTFOUND,
	    SAY_EXIT_NOT_FOUND,
	    { "There is no share of the recovery key in that file: nothing "
	      "was answered and the laptop's visits are safe; plug in what "
	      "your share lies on, and name its file.",
		"Tidak ada bagian kunci pemulihan di berkas itu: belum ada "
		"yang dijawab dan kunjungan di laptop aman; pasang media "
		"tempat bagian kunci Anda, lalu sebutkan berkasnya." } },
	AT(SAY_SHARE_PASSPHRASE) = { "share-passphrase", ST_LOCKED,
	    SAY_EXIT_LOCKED,
	    { "This is not the passphrase of the share, or its file is "
	      "damaged: nothing was answered and the share is as it was; "
	      "try again, and if it goes on let another custodian answer.",
		"Ini bukan kata sandi bagian kunci itu, atau berkasnya rusak: "
		"belum ada yang dijawab dan bagian kunci tidak berubah; coba "
		"lagi, dan bila tetap gagal biarlah pemegang kunci lain yang "
		"menjawab." } },
	AT(SAY_SHARE_DAMAGED) = { "share-damaged", ST_UNTRUSTED,
	    SAY_EXIT_DAMAGED,
	    { "The file is no share of a recovery key, or it is damaged: "
	      "nothing was answered, and the two other shares still open "
	      "every laptop; take your second copy, or let the two others "
	      "answer.",
		"Berkas itu bukan bagian kunci pemulihan, atau rusak: belum "
		"ada yang dijawab, dan dua bagian lainnya tetap dapat membuka "
		"laptop; pakai salinan kedua, atau biarlah dua pemegang lain "
		"yang menjawab." } },
	AT(SAY_SHARE_OTHER) = { "share-other", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "The laptop asks for another recovery key than the one of "
	      "this share: nothing was answered; look for your share of "
	      "that key, or let a custodian answer who has it.",
		"Laptop itu meminta kunci pemulihan yang lain dari bagian "
		"kunci ini: belum ada yang dijawab; cari bagian kunci yang "
		"cocok, atau biarlah pemegang kunci yang memilikinya yang "
		"menjawab." } },
	AT(SAY_SHARE_PLACES) = { "share-places", ST_INVALID, SAY_EXIT_REFUSED,
	    { "Two shares would lie in one place and together open every "
	      "laptop: no key was made and the one before stays in force; "
	      "name three different folders.",
		"Dua bagian kunci akan berada di satu tempat dan bersama-sama "
		"membuka semua laptop: kunci tidak dibuat dan yang lama tetap "
		"berlaku; sebutkan tiga folder yang berbeda." } },
	AT(SAY_REQUEST_MISSING) = { "request-missing", ST_NOTFOUND,
	    SAY_EXIT_NOT_FOUND,
	    { "There is no request in that file: nothing was answered; name "
	      "the file that the person sent you.",
		"Tidak ada permintaan di berkas itu: belum ada yang dijawab; "
		"sebutkan berkas yang dikirim kepada Anda." } },
	AT(SAY_REQUEST_DAMAGED) = { "request-damaged", ST_INVALID,
	    SAY_EXIT_DAMAGED,
	    { "The file is no request for a forgotten passphrase, or it was "
	      "damaged on the way: nothing was answered and the laptop's "
	      "visits are safe; let the person send it once more.",
		"Berkas itu bukan permintaan kata sandi terlupa, atau rusak "
		"di jalan: belum ada yang dijawab dan kunjungan di laptop "
		"aman; minta dikirim sekali lagi." } },
	AT(SAY_REQUEST_REGENCY) = { "request-regency", ST_UNTRUSTED,
	    SAY_EXIT_NOT_TRUSTED,
	    { "The request is of a laptop of another regency, or of another "
	      "server than the one of your share: nothing was answered; "
	      "send the person to the custodians of their own office.",
		"Permintaan ini dari laptop kabupaten lain, atau dari server "
		"lain daripada bagian kunci Anda: belum ada yang dijawab; "
		"arahkan ke pemegang kunci di kantor mereka sendiri." } },
	AT(SAY_REQUEST_CODE) = { "request-code", ST_INVALID, SAY_EXIT_REFUSED,
	    { "The code does not belong to this request: nothing was "
	      "answered; ask the person to read it out again from their own "
	      "screen, and do not answer while it differs.",
		"Kode itu bukan milik permintaan ini: belum ada yang dijawab; "
		"minta dibacakan lagi dari layar mereka sendiri, dan jangan "
		"menjawab selama kodenya berbeda." } },
	AT(SAY_REQUEST_OLD) = { "request-old", ST_INVALID, SAY_EXIT_REFUSED,
	    { "The request was made long ago, or the clock of one of you is "
	      "wrong: nothing was answered; let the person make a new one, "
	      "or if only a clock is wrong answer with --old.",
		"Permintaan ini sudah lama dibuat, atau jam salah satu dari "
		"Anda keliru: belum ada yang dijawab; minta permintaan baru, "
		"atau bila hanya jamnya yang keliru jawab dengan --old." } },
	AT(SAY_REQUEST_ANSWERED) = { "request-answered", ST_CONFLICT,
	    SAY_EXIT_CONFLICT,
	    { "You have answered this request before: that answer stays "
	      "good; send its file again, or if it is lost ring the person "
	      "up and answer once more with --again.",
		"Anda sudah pernah menjawab permintaan ini: jawaban itu tetap "
		"berlaku; kirim lagi berkasnya, atau bila hilang telepon "
		"pemohon dan jawab sekali lagi dengan --again." } },
	AT(SAY_NO_SERVER) = { "no-server", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "There is no server in this folder: nothing was changed; name "
	      "the right one with --dir, or make one with 'padu-server "
	      "init'.",
		"Tidak ada server di folder ini: tidak ada yang berubah; "
		"sebutkan folder yang benar dengan --dir, atau buat dengan "
		"'padu-server init'." } },
	AT(SAY_SERVER_EXISTS) = { "server-exists", ST_CONFLICT,
	    SAY_EXIT_CONFLICT,
	    { "There is a server in this folder already: nothing was "
	      "changed; start it with 'padu-server run', or choose another "
	      "folder.",
		"Sudah ada server di folder ini: tidak ada yang berubah; "
		"jalankan dengan 'padu-server run', atau pilih folder lain." } },
	AT(SAY_SERVER_KEY) = { "server-key", ST_UNTRUSTED, SAY_EXIT_NOT_TRUSTED,
	    { "The key in 'store.key' is not that of this folder's files: "
	      "nothing was changed and they are as they were; bring back "
	      "the store.key that belongs to them.",
		"Kunci di 'store.key' bukan kunci berkas di folder ini: tidak "
		"ada yang berubah dan berkasnya tetap utuh; kembalikan "
		"store.key yang sesuai." } },
	AT(SAY_SERVER_DAMAGED) = { "server-damaged", ST_UNTRUSTED,
	    SAY_EXIT_DAMAGED,
	    { "A file of the server is damaged: laptops keep what it has "
	      "not acknowledged; leave the folder as it is and restore a "
	      "backup beside it, or tell who maintains Padu.",
		"Berkas server rusak: laptop menyimpan semua yang belum "
		"diterima; biarkan folder ini apa adanya dan pulihkan "
		"cadangan di tempat lain, atau beri tahu pengelola Padu." } },
	AT(SAY_SERVER_IN_USE) = { "server-in-use", ST_BUSY, SAY_EXIT_LATER,
	    { "Another program is working on the server's files: nothing "
	      "was changed and everything saved is safe; wait until it has "
	      "ended, then try again.",
		"Program lain sedang memakai berkas server: tidak ada yang "
		"berubah dan semua yang tersimpan aman; tunggu sampai "
		"selesai, lalu coba lagi." } },
	AT(SAY_BACKUP_NO_FOLDER) = { "backup-no-folder", ST_NOTFOUND,
	    SAY_EXIT_NOT_FOUND,
	    { "There is no folder to put the backup in: nothing was "
	      "written and the server works on; plug the disk in, or "
	      "name a folder that is there, and run it again.",
		"Folder tujuan cadangan tidak ada: tidak ada yang "
		"ditulis dan server tetap bekerja; pasang disknya atau "
		"sebutkan folder yang ada, lalu jalankan lagi." } },
	AT(SAY_BACKUP_NOT_WRITABLE) = { "backup-not-writable", ST_INVALID,
	    SAY_EXIT_REFUSED,
	    { "The folder for the backup may not be written in: "
	      "nothing was written and the server works on; choose "
	      "another folder, or ask who looks after that disk.",
		"Folder tujuan cadangan tidak dapat ditulisi: tidak ada "
		"yang ditulis dan server tetap bekerja; pilih folder "
		"lain, atau tanyakan pengurus disk itu." } },
	AT(SAY_BACKUP_THERE) = { "backup-there", ST_CONFLICT, SAY_EXIT_CONFLICT,
	    { "A backup of that name is in the folder already: it was "
	      "left as it is and the server works on; run it again in "
	      "a moment.",
		"Cadangan dengan nama itu sudah ada di folder: isinya "
		"tidak diubah dan server tetap bekerja; jalankan lagi "
		"sebentar lagi." } },
	AT(SAY_BACKUP_FULL) = { "backup-full", ST_FULL, SAY_EXIT_NO_ROOM,
	    { "There is no room for the backup and it does not count: "
	      "the server works on and laptops keep what no backup "
	      "has; make room or take a larger disk, then run it "
	      "again.",
		"Tidak ada ruang untuk cadangan sehingga cadangan ini "
		"tidak berlaku: server tetap bekerja dan laptop "
		"menyimpan yang belum dicadangkan; kosongkan ruang atau "
		"pakai disk lebih besar, lalu jalankan lagi." } },
	AT(SAY_BACKUP_FAILED) = { "backup-failed", ST_IO, SAY_EXIT_FAILED,
	    { "The backup did not come out right and does not count: "
	      "the server works on and laptops keep what no backup "
	      "has; see to what is said here, then run it again.",
		"Cadangan tidak jadi dengan benar dan tidak berlaku: "
		"server tetap bekerja dan laptop menyimpan yang belum "
		"dicadangkan; perbaiki yang disebut di sini, lalu "
		"jalankan lagi." } },
	AT(SAY_BACKUP_NONE) = { "backup-none", ST_NOTFOUND, SAY_EXIT_NOT_FOUND,
	    { "There is no backup in that folder: nothing was made; "
	      "name the folder of one backup, which has a file "
	      "'backup.json' in it.",
		"Tidak ada cadangan di folder itu: tidak ada yang "
		"dibuat; sebutkan folder satu cadangan, yang berisi "
		"berkas 'backup.json'." } },
	AT(SAY_BACKUP_DAMAGED) = { "backup-damaged", ST_UNTRUSTED,
	    SAY_EXIT_DAMAGED,
	    { "This backup is damaged or was altered, and no server "
	      "was made from it: leave it as it is; restore from the "
	      "one before it.",
		"Cadangan ini rusak atau diubah, dan tidak ada server "
		"yang dibuat darinya: biarkan apa adanya; pulihkan dari "
		"cadangan sebelumnya." } },
	AT(SAY_BACKUP_KEY) = { "backup-key", ST_LOCKED, SAY_EXIT_LOCKED,
	    { "The passphrase or key file does not open this backup: "
	      "nothing was made and the backup is as it was; use the "
	      "one of the day it was made.",
		"Kata sandi atau berkas kunci tidak membuka cadangan "
		"ini: tidak ada yang dibuat dan cadangan tidak berubah; "
		"pakai yang berlaku saat cadangan dibuat." } },
	AT(SAY_RESTORE_THERE) = { "restore-there", ST_CONFLICT,
	    SAY_EXIT_CONFLICT,
	    { "There is something already where the restored server "
	      "is to be: it was left as it is and nothing was made; "
	      "name a folder that is not there yet.",
		"Di tempat server yang dipulihkan sudah ada isinya: "
		"isinya tidak diubah dan tidak ada yang dibuat; "
		"sebutkan folder yang belum ada." } },
	AT(SAY_SERVER_NOT_FOUND) = { "not-at-office", ST_NOTFOUND,
	    SAY_EXIT_NOT_FOUND,
	    { "There is no such thing at this office: nothing was changed; "
	      "check what you asked for.",
		"Yang diminta tidak ada di kantor ini: tidak ada yang "
		"berubah; periksa yang diminta." } },
	AT(SAY_SERVER_CONFLICT) = { "not-as-shown", ST_CONFLICT,
	    SAY_EXIT_CONFLICT,
	    { "It is not, or no longer, as you supposed: nothing was "
	      "changed; look at it as it is now, then decide again.",
		"Keadaannya tidak, atau tidak lagi, seperti yang Anda kira: "
		"tidak ada yang berubah; lihat keadaannya sekarang, lalu "
		"putuskan lagi." } },
	AT(SAY_SERVER_REFUSED) = { "not-allowed", ST_INVALID, SAY_EXIT_REFUSED,
	    { "This breaks a rule and was not done: nothing that was there "
	      "before was changed; correct what is named, then run it "
	      "again.",
		"Ini melanggar aturan dan tidak dilakukan: yang sudah ada "
		"tidak diubah; perbaiki yang disebut, lalu jalankan lagi." } },
	AT(SAY_SERVER_NOT_TRUSTED) = { "not-authorised", ST_UNTRUSTED,
	    SAY_EXIT_NOT_TRUSTED,
	    { "Whoever asks may not do this, or what was given cannot be "
	      "trusted: nothing was changed; ask who may do it, or tell who "
	      "maintains Padu.",
		"Yang meminta tidak berwenang, atau yang diberikan tidak "
		"dapat dipercaya: tidak ada yang berubah; tanyakan siapa yang "
		"berwenang, atau beri tahu pengelola Padu." } },
	AT(SAY_SERVER_LATER) = { "not-now", ST_BUSY, SAY_EXIT_LATER,
	    { "This cannot be done right now: nothing is lost; try again in "
	      "a moment.",
		"Ini belum dapat dilakukan sekarang: tidak ada yang hilang; "
		"coba lagi sebentar lagi." } },
	AT(SAY_SERVER_NO_MEMORY) = { "server-no-memory", ST_NOMEM,
	    SAY_EXIT_FAILED,
	    { "The server's machine is short of memory: what was saved "
	      "stays saved; close other programs, then run it again.",
		"Memori mesin server tidak cukup: yang sudah disimpan tetap "
		"tersimpan; tutup program lain, lalu jalankan lagi." } },
	AT(SAY_SERVER_FAILED) = { "server-failed", ST_IO, SAY_EXIT_FAILED,
	    { "The disk or the network failed: what was saved stays saved; "
	      "see to it, then run it again.",
		"Disk atau jaringan bermasalah: yang sudah disimpan tetap "
		"tersimpan; periksa, lalu jalankan lagi." } },
	AT(SAY_SERVER_FAULT) = { "server-fault", ST_BUG, SAY_EXIT_FAILED,
	    { "This is a fault of the program: what was saved stays saved; "
	      "tell who maintains Padu what is said here.",
		"Ini kesalahan program: yang sudah disimpan tetap tersimpan; "
		"sampaikan keterangan di sini kepada pengelola Padu." } },
};
#undef AT
