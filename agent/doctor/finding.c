#include <stdarg.h>

#include "common/doctor/symptom.h"

#include "agent/doctor/finding.h"

#define OK SYMPTOM_OK
#define ATTENTION SYMPTOM_ATTENTION
#define WRONG SYMPTOM_WRONG
#define UNCHECKED SYMPTOM_UNCHECKED

static const struct symptom ROWS[FINDING_COUNT] = {
	[FINDING_FOLDER_OK] = { "folder", OK, "folder-ok",
	    "The folder is yours alone.", "Folder ini hanya milik Anda." },
	[FINDING_FOLDER_MISSING] = { "folder", ATTENTION, "folder-missing",
	    "There is no such folder yet: enrol this laptop, or name its "
	    "folder with --dir.",
	    "Folder itu belum ada: daftarkan laptop ini, atau sebutkan "
	    "foldernya dengan --dir." },
	[FINDING_FOLDER_OPEN] = { "folder", ATTENTION, "folder-open",
	    "Other users of this machine may look into the folder: "
	    "`chmod 700` it.",
	    "Pengguna lain di komputer ini dapat melihat isi folder: "
	    "jalankan `chmod 700` padanya." },
	[FINDING_FOLDER_UNSAFE] = { "folder", WRONG, "folder-unsafe",
	    "The folder is not yours alone to write in, and no command works "
	    "in it: make it your own and `chmod 700` it.",
	    "Orang lain dapat menulis di folder ini, sehingga tidak ada "
	    "perintah yang jalan: jadikan milik Anda dan `chmod 700`." },
	[FINDING_FILES_OK] = { "files", OK, "files-ok",
	    "Only you can read the files.",
	    "Hanya Anda yang dapat membaca berkas-berkasnya." },
	[FINDING_FILES_OPEN] = { "files", WRONG, "files-open",
	    "Other users of this machine may read or write a file: "
	    "`chmod 600` it.",
	    "Pengguna lain di komputer ini dapat membaca atau menulis sebuah "
	    "berkas: jalankan `chmod 600` padanya." },
	[FINDING_FILES_FOREIGN] = { "files", WRONG, "files-foreign",
	    "A file is another user's, or no plain file: ask who looks after "
	    "this laptop to put that right.",
	    "Sebuah berkas milik pengguna lain, atau bukan berkas biasa: "
	    "minta pengurus laptop ini membetulkannya." },
	[FINDING_LEFTOVERS_NONE] = { "leftovers", OK, "leftovers-none",
	    "Nothing was left by work that was cut off.",
	    "Tidak ada sisa pekerjaan yang terputus." },
	[FINDING_LEFTOVERS] = { "leftovers", ATTENTION, "leftovers",
	    "Work was cut off and left a file: nothing is lost; if it is "
	    "still there after the next unlock, tell the office.",
	    "Ada pekerjaan terputus yang meninggalkan berkas: tidak ada yang "
	    "hilang; jika masih ada setelah dibuka lagi, beri tahu kantor." },
	[FINDING_DEVICE_OK] = { "device", OK, "device-ok",
	    "The laptop knows who it is and which server is its own.",
	    "Laptop ini mengenal dirinya dan servernya." },
	[FINDING_DEVICE_NONE] = { "device", ATTENTION, "device-none",
	    "This laptop is not enrolled: ask the office for a code.",
	    "Laptop ini belum terdaftar: minta kode dari kantor." },
	[FINDING_DEVICE_CUT] = { "device", ATTENTION, "device-cut",
	    "The enrolment was cut off: enrol again with the same code, or "
	    "ask the office for a new one.",
	    "Pendaftaran terputus: daftarkan lagi dengan kode yang sama, atau "
	    "minta kode baru dari kantor." },
	[FINDING_DEVICE_MISSING] = { "device", WRONG, "device-missing",
	    "The file 'device' is missing beside the store, which is safe: "
	    "put the file back from a copy, or tell the office.",
	    "Berkas 'device' hilang, sedangkan simpanan aman: kembalikan "
	    "berkas itu dari salinan, atau beri tahu kantor." },
	[FINDING_DEVICE_DAMAGED] = { "device", WRONG, "device-damaged",
	    "The file 'device' cannot be used, the store is safe: put it "
	    "back from a copy, or tell the office.",
	    "Berkas 'device' tidak dapat dipakai, simpanan aman: kembalikan "
	    "dari salinan, atau beri tahu kantor." },
	[FINDING_HEADER_OK] = { "header", OK, "header-ok",
	    "The store is there, and both copies of its header agree.",
	    "Simpanan ada, dan kedua salinan kepalanya sama." },
	[FINDING_HEADER_HALF] = { "header", ATTENTION, "header-half",
	    "The two copies of the store's header differ; one of them is "
	    "enough. Change your passphrase, which writes both anew.",
	    "Kedua salinan kepala simpanan berbeda; satu saja cukup. Ganti "
	    "kata sandi Anda, maka keduanya ditulis ulang." },
	[FINDING_HEADER_DAMAGED] = { "header", WRONG, "header-damaged",
	    "The store cannot be read: keep all files as they are, record on "
	    "paper, and tell the office.",
	    "Simpanan tidak dapat dibaca: biarkan semua berkas, catat di "
	    "kertas, dan beri tahu kantor." },
	[FINDING_HEADER_NEWER] = { "header", WRONG, "header-newer",
	    "A newer version of this program made the store: install that "
	    "one; nothing is lost.",
	    "Simpanan dibuat oleh versi program yang lebih baru: pasang versi "
	    "itu; tidak ada yang hilang." },
	[FINDING_STORE_MISSING] = { "header", WRONG, "store-missing",
	    "The store is missing: put 'store.db' back from a copy, or tell "
	    "the office.",
	    "Simpanan hilang: kembalikan 'store.db' dari salinan, atau beri "
	    "tahu kantor." },
	[FINDING_PEOPLE_OK] = { "people", OK, "people-ok",
	    "Somebody has a way in.", "Ada orang yang dapat membukanya." },
	[FINDING_PEOPLE_NONE] = { "people", WRONG, "people-none",
	    "No passphrase opens the store: ask the custodians for help "
	    "(recover request).",
	    "Tidak ada kata sandi yang membuka simpanan: minta bantuan "
	    "pemegang kunci (recover request)." },
	[FINDING_RECOVERY_OK] = { "recovery", OK, "recovery-ok",
	    "The custodians can help if a passphrase is forgotten.",
	    "Pemegang kunci dapat membantu jika kata sandi terlupa." },
	[FINDING_RECOVERY_NONE] = { "recovery", ATTENTION, "recovery-none",
	    "Nobody could help if a passphrase was forgotten: when the office "
	    "has a recovery key, sync and unlock once.",
	    "Tidak ada yang dapat membantu jika kata sandi terlupa: bila "
	    "kantor punya kunci pemulihan, sinkronkan lalu buka sekali." },
	[FINDING_TALLY_OK] = { "tally", OK, "tally-ok",
	    "An older copy of the store would be noticed.",
	    "Salinan lama simpanan akan diketahui." },
	[FINDING_TALLY_TORN] = { "tally", ATTENTION, "tally-torn",
	    "The tally is missing or torn: an older copy of the store might "
	    "be noticed late. The next visit writes it anew.",
	    "Catatan hitung hilang atau rusak: salinan lama simpanan bisa "
	    "terlambat diketahui. Kunjungan berikutnya menulisnya lagi." },
	[FINDING_SPACE_OK] = { "space", OK, "space-ok",
	    "There is room on the disk.", "Masih ada ruang di disk." },
	[FINDING_SPACE_LOW] = { "space", ATTENTION, "space-low",
	    "There is little room on the disk: a change of passphrase may "
	    "fail. Make room.",
	    "Ruang di disk tinggal sedikit: penggantian kata sandi bisa "
	    "gagal. Kosongkan ruang." },
	[FINDING_SPACE_NONE] = { "space", WRONG, "space-none",
	    "The disk is as good as full: the next visit may not be saved. "
	    "Make room now; what was saved is safe.",
	    "Disk hampir penuh: kunjungan berikutnya bisa tidak tersimpan. "
	    "Kosongkan ruang sekarang; yang sudah tersimpan aman." },
	[FINDING_CLOCK_OK] = { "clock", OK, "clock-ok",
	    "The clock is not behind the server's.",
	    "Jam tidak tertinggal dari jam server." },
	[FINDING_CLOCK_BEHIND] = { "clock", ATTENTION, "clock-behind",
	    "The clock is behind what the server's was: set it.",
	    "Jam tertinggal dari jam server: setel jam laptop." },
	[FINDING_UNSENT_OK] = { "unsent", OK, "unsent-ok",
	    "What was signed goes out at the next sync.",
	    "Yang sudah ditandatangani dikirim pada sinkron berikutnya." },
	[FINDING_UNSENT_MANY] = { "unsent", ATTENTION, "unsent-many",
	    "Much waits to be sent: sync as soon as there is a network.",
	    "Banyak yang menunggu dikirim: sinkronkan begitu ada jaringan." },
	[FINDING_UNREADABLE] = { "reading", WRONG, "unreadable",
	    "Something could not be looked at: see what is said with it.",
	    "Ada yang tidak dapat diperiksa: lihat keterangannya." },
	[FINDING_LOCKED] = { "inside", UNCHECKED, "locked",
	    "It is locked: --label and --passphrase-file look inside, too.",
	    "Terkunci: dengan --label dan --passphrase-file isinya ikut "
	    "diperiksa." },
	[FINDING_PAGES_OK] = { "pages", OK, "pages-ok",
	    "Every page of the store was read and is as it was written.",
	    "Semua halaman simpanan terbaca dan utuh." },
	[FINDING_PAGES_DAMAGED] = { "pages", WRONG, "pages-damaged",
	    "The store is damaged inside: sync what still goes, keep all "
	    "files as they are, and tell the office.",
	    "Isi simpanan rusak: sinkronkan yang masih bisa, biarkan semua "
	    "berkas, dan beri tahu kantor." },
	[FINDING_CHAIN_OK] = { "chain", OK, "chain-ok",
	    "Your visits are signed, one after the other.",
	    "Kunjungan Anda ditandatangani berurutan." },
	[FINDING_CHAIN_OLDER] = { "chain", WRONG, "chain-older",
	    "This is an older copy of the store: you can record, nothing is "
	    "signed. Ask the office for a new code and enrol with it.",
	    "Ini salinan lama simpanan: Anda dapat mencatat, tetapi tidak "
	    "ditandatangani. Minta kode baru dari kantor dan daftar lagi." },
	[FINDING_CHAIN_CLONE] = { "chain", WRONG, "chain-clone",
	    "Two laptops work with the same files: you can record, nothing "
	    "is signed. Ask the office for a new code and enrol with it.",
	    "Dua laptop memakai berkas yang sama: Anda dapat mencatat, tetapi "
	    "tidak ditandatangani. Minta kode baru dan daftar lagi." },
	[FINDING_CHAIN_WAITS] = { "chain", ATTENTION, "chain-waits",
	    "After the forgotten passphrase you sign nothing yet: ask the "
	    "office for a new code and enrol with it.",
	    "Setelah kata sandi terlupa Anda belum menandatangani apa pun: "
	    "minta kode baru dari kantor dan daftar lagi." },
	[FINDING_CHAIN_RESTORED] = { "chain", ATTENTION, "chain-restored",
	    "This laptop was restored from a backup: you can record, nothing "
	    "is signed. Ask the office for a new code and enrol with it.",
	    "Laptop ini dipulihkan dari cadangan: Anda dapat mencatat, tetapi "
	    "tidak ditandatangani. Minta kode baru dari kantor dan daftar "
	    "lagi." },
	[FINDING_BACKUP_OK] = { "backup", OK, "backup-ok",
	    "What was not sent for long is in a backup.",
	    "Yang lama belum terkirim ada di cadangan." },
	[FINDING_BACKUP_OLD] = { "backup", ATTENTION, "backup-old",
	    "Visits of more than a week are on this laptop alone: sync, or "
	    "make a backup (padu-agent backup --to a stick).",
	    "Kunjungan lebih dari seminggu hanya ada di laptop ini: "
	    "sinkronkan, atau buat cadangan (padu-agent backup --to stik)." },
	[FINDING_UNSIGNED_OK] = { "unsigned", OK, "unsigned-ok",
	    "No visit waits for the signature of somebody else.",
	    "Tidak ada kunjungan yang menunggu tanda tangan orang lain." },
	[FINDING_UNSIGNED] = { "unsigned", ATTENTION, "unsigned",
	    "Visits wait for the signature of who made them: each of them "
	    "unlocks the laptop once and locks it.",
	    "Ada kunjungan yang menunggu tanda tangan pembuatnya: masing-"
	    "masing membuka laptop sekali lalu menguncinya." },
};

enum status
finding_put(struct writer *out, struct err *err, enum finding finding,
    const char *fmt, ...)
{
	va_list args;
	enum status st;

	va_start(args, fmt);
	st = symptom_put(out, err, &ROWS[finding], fmt, args);
	va_end(args);
	return st;
}
