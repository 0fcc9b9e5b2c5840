#include <stdarg.h>

#include "common/doctor/symptom.h"

#include "sync-server/doctor/symptoms.h"

#define OK SYMPTOM_OK
#define ATTENTION SYMPTOM_ATTENTION
#define WRONG SYMPTOM_WRONG
#define UNCHECKED SYMPTOM_UNCHECKED

static const struct symptom ROWS[SYMPTOMS_COUNT] = {
	[SYMPTOMS_FOLDER_OK] = { "folder", OK, "folder-ok",
	    "The folder is the server's alone.",
	    "Folder ini hanya milik server." },
	[SYMPTOMS_FOLDER_MISSING] = { "folder", ATTENTION, "folder-missing",
	    "There is no such folder: name the server's with --dir, or "
	    "make one with `padu-server init` or `restore`.",
	    "Folder itu tidak ada: sebutkan folder server dengan --dir, "
	    "atau buat dengan `padu-server init` atau `restore`." },
	[SYMPTOMS_FOLDER_OPEN] = { "folder", ATTENTION, "folder-open",
	    "Other users of this machine may look into the folder: "
	    "`chmod 700` it.",
	    "Pengguna lain di komputer ini dapat melihat isi folder: "
	    "jalankan `chmod 700` padanya." },
	[SYMPTOMS_FOLDER_UNSAFE] = { "folder", WRONG, "folder-unsafe",
	    "Others may write in the folder, and no command works in "
	    "it: give it to the server's user and `chmod 700` it.",
	    "Orang lain dapat menulis di folder ini, sehingga tidak ada "
	    "perintah yang jalan: jadikan milik pengguna server dan "
	    "`chmod 700`." },
	[SYMPTOMS_FILES_OK] = { "files", OK, "files-ok",
	    "Only the server's user can read the files.",
	    "Hanya pengguna server yang dapat membaca berkas-berkasnya." },
	[SYMPTOMS_FILES_OPEN] = { "files", WRONG, "files-open",
	    "Other users of this machine may read or write a file: "
	    "`chmod 600` it.",
	    "Pengguna lain di komputer ini dapat membaca atau menulis "
	    "sebuah berkas: jalankan `chmod 600` padanya." },
	[SYMPTOMS_FILES_FOREIGN] = { "files", WRONG, "files-foreign",
	    "A file is another user's, or no plain file: give it to the "
	    "server's user, or find out who put it there.",
	    "Sebuah berkas milik pengguna lain, atau bukan berkas "
	    "biasa: jadikan milik pengguna server, atau cari tahu siapa "
	    "yang menaruhnya." },
	[SYMPTOMS_LEFTOVERS_NONE] = { "leftovers", OK, "leftovers-none",
	    "Nothing was left by work that was cut off.",
	    "Tidak ada sisa pekerjaan yang terputus." },
	[SYMPTOMS_LEFTOVERS] = { "leftovers", ATTENTION, "leftovers",
	    "Work was cut off and left a file: nothing is lost; if it "
	    "is still there after the next start, tell who maintains "
	    "Padu.",
	    "Ada pekerjaan terputus yang meninggalkan berkas: tidak ada "
	    "yang hilang; jika masih ada setelah server dijalankan "
	    "lagi, beri tahu pengelola Padu." },
	[SYMPTOMS_KEYS_OK] = { "keys", OK, "keys-ok",
	    "The server's keys are there, and store.key opens them.",
	    "Kunci-kunci server ada, dan store.key membukanya." },
	[SYMPTOMS_KEYS_NONE] = { "keys", ATTENTION, "keys-none",
	    "There is no server in this folder: `padu-server init` "
	    "makes one, `padu-server restore` brings one back.",
	    "Tidak ada server di folder ini: `padu-server init` "
	    "membuatnya, `padu-server restore` memulihkannya." },
	[SYMPTOMS_KEY_MISSING] = { "keys", WRONG, "key-missing",
	    "store.key is missing and nothing opens without it: put it "
	    "back from where a copy is kept, or restore a backup.",
	    "store.key hilang dan tanpa itu tidak ada yang terbuka: "
	    "kembalikan dari tempat salinannya, atau pulihkan cadangan." },
	[SYMPTOMS_KEYS_MISSING] = { "keys", WRONG, "keys-missing",
	    "The file 'keys' is missing, the store is safe: put it back "
	    "from a backup, which has the same one.",
	    "Berkas 'keys' hilang, simpanan aman: kembalikan dari "
	    "cadangan, yang berisi berkas yang sama." },
	[SYMPTOMS_KEYS_WRONG] = { "keys", WRONG, "keys-wrong",
	    "store.key does not open the file 'keys': one of the two is "
	    "another server's or damaged; put it back from a copy.",
	    "store.key tidak membuka berkas 'keys': salah satunya milik "
	    "server lain atau rusak; kembalikan dari salinan." },
	[SYMPTOMS_HEADER_OK] = { "header", OK, "header-ok",
	    "The store is there, and both copies of its header agree.",
	    "Simpanan ada, dan kedua salinan kepalanya sama." },
	[SYMPTOMS_HEADER_HALF] = { "header", ATTENTION, "header-half",
	    "The two copies of the store's header differed; one of them is "
	    "enough, and opening the store makes both the same. See to the "
	    "disk.",
	    "Kedua salinan kepala simpanan berbeda; satu saja cukup, dan "
	    "keduanya disamakan saat simpanan dibuka. Periksa disknya." },
	[SYMPTOMS_HEADER_DAMAGED] = { "header", WRONG, "header-damaged",
	    "The store cannot be read: leave this folder as it is, and "
	    "restore the newest backup beside it; laptops bring the "
	    "rest.",
	    "Simpanan tidak dapat dibaca: biarkan folder ini apa "
	    "adanya, dan pulihkan cadangan terbaru di folder lain; "
	    "laptop membawa sisanya." },
	[SYMPTOMS_HEADER_NEWER] = { "header", WRONG, "header-newer",
	    "A newer version of this program made the store: install "
	    "that one; nothing is lost.",
	    "Simpanan dibuat oleh versi program yang lebih baru: pasang "
	    "versi itu; tidak ada yang hilang." },
	[SYMPTOMS_STORE_MISSING] = { "header", WRONG, "store-missing",
	    "The store padu.db is missing: put it back if it was moved, "
	    "else restore the newest backup in another folder.",
	    "Simpanan padu.db hilang: kembalikan jika dipindahkan, atau "
	    "pulihkan cadangan terbaru di folder lain." },
	[SYMPTOMS_SPACE_OK] = { "space", OK, "space-ok",
	    "There is room on the disk.", "Masih ada ruang di disk." },
	[SYMPTOMS_SPACE_LOW] = { "space", ATTENTION, "space-low",
	    "There is little room on the disk: uploads will be put off "
	    "when it is full. Make room.",
	    "Ruang di disk tinggal sedikit: bila penuh, kiriman laptop "
	    "akan ditunda. Kosongkan ruang." },
	[SYMPTOMS_SPACE_NONE] = { "space", WRONG, "space-none",
	    "The disk is as good as full: nothing can be taken in. Make "
	    "room now; what was taken in is safe, and laptops keep the "
	    "rest.",
	    "Disk hampir penuh: tidak ada yang dapat diterima. "
	    "Kosongkan ruang sekarang; yang sudah diterima aman, laptop "
	    "menyimpan sisanya." },
	[SYMPTOMS_UNREADABLE] = { "reading", WRONG, "unreadable",
	    "Something could not be looked at: see what is said with "
	    "it.",
	    "Ada yang tidak dapat diperiksa: lihat keterangannya." },
	[SYMPTOMS_CLOSED] = { "inside", UNCHECKED, "closed",
	    "The store was not looked into: see what is said with it, "
	    "and the lines above.",
	    "Isi simpanan tidak diperiksa: lihat keterangannya dan "
	    "baris-baris di atas." },
	[SYMPTOMS_PAGES_OK] = { "pages", OK, "pages-ok",
	    "Every page of the store was read and is as it was written.",
	    "Semua halaman simpanan terbaca dan utuh." },
	[SYMPTOMS_PAGES_DAMAGED] = { "pages", WRONG, "pages-damaged",
	    "The store is damaged inside: stop the server, leave this "
	    "folder as it is, and restore the newest backup beside it.",
	    "Isi simpanan rusak: hentikan server, biarkan folder ini "
	    "apa adanya, dan pulihkan cadangan terbaru di folder lain." },
	[SYMPTOMS_LOG_OK] = { "log", OK, "log-ok",
	    "Every entry of the log holds: signatures, chain, receipts.",
	    "Semua catatan log benar: tanda tangan, rantai, tanda "
	    "terima." },
	[SYMPTOMS_LOG_FAULTS] = { "log", WRONG, "log-faults",
	    "Entries of the log do not hold: keep the folder as it is, "
	    "see `padu-server verify-log`, and restore a backup beside "
	    "it.",
	    "Ada catatan log yang tidak benar: biarkan folder ini, "
	    "lihat `padu-server verify-log`, dan pulihkan cadangan di "
	    "folder lain." },
	[SYMPTOMS_LOG_LONG] = { "log", UNCHECKED, "log-long",
	    "The log is too long to check while others wait: run "
	    "`padu-server verify-log` in the evening.",
	    "Log terlalu panjang untuk diperiksa sekarang: jalankan "
	    "`padu-server verify-log` pada malam hari." },
	[SYMPTOMS_SETS_OK] = { "sets", OK, "sets-ok",
	    "No batch of a laptop is missing.",
	    "Tidak ada kiriman laptop yang hilang." },
	[SYMPTOMS_SETS_AWAITED] = { "sets", ATTENTION, "sets-awaited",
	    "Batches of laptops never came, though later ones did: ask "
	    "their people to sync; `padu-server verify-log` counts "
	    "them.",
	    "Ada kiriman laptop yang belum datang padahal yang "
	    "sesudahnya sudah: minta petugasnya menyinkronkan; "
	    "`padu-server verify-log` menghitungnya." },
	[SYMPTOMS_EPOCH_OK] = { "epoch", OK, "epoch-ok",
	    "No laptop has seen a later state of this server.",
	    "Tidak ada laptop yang pernah melihat keadaan server yang "
	    "lebih baru." },
	[SYMPTOMS_ROLLED_BACK] = { "epoch", WRONG, "rolled-back",
	    "This is an older copy of the server, and laptops believe "
	    "it no more: stop it; run the real one, or `padu-server "
	    "restore` the newest backup.",
	    "Ini salinan lama server, dan laptop tidak mempercayainya "
	    "lagi: hentikan; jalankan yang asli, atau `padu-server "
	    "restore` cadangan terbaru." },
	[SYMPTOMS_CLOCK_OK] = { "clock", OK, "clock-ok",
	    "The clock is not behind what it was.",
	    "Jam tidak mundur dari sebelumnya." },
	[SYMPTOMS_CLOCK_BEHIND] = { "clock", ATTENTION, "clock-behind",
	    "The clock is behind what it was when something came last: "
	    "set it, since laptops set theirs by it.",
	    "Jam mundur dari saat kiriman terakhir datang: setel "
	    "jamnya, karena laptop mengikutinya." },
	[SYMPTOMS_BACKUP_OK] = { "backup", OK, "backup-ok",
	    "There is a recent backup.", "Ada cadangan yang baru." },
	[SYMPTOMS_BACKUP_NONE] = { "backup", ATTENTION, "backup-none",
	    "There is no backup of this server as it is since its start "
	    "or restore: `padu-server backup --to` a disk that is kept "
	    "elsewhere.",
	    "Belum ada cadangan server ini sejak dibuat atau "
	    "dipulihkan: `padu-server backup --to` ke disk yang "
	    "disimpan di tempat lain." },
	[SYMPTOMS_BACKUP_OLD] = { "backup", ATTENTION, "backup-old",
	    "The newest backup is old, and laptops keep all that came "
	    "since: `padu-server backup` daily.",
	    "Cadangan terbaru sudah lama, dan laptop menyimpan semua "
	    "sejak itu: jalankan `padu-server backup` setiap hari." },
	[SYMPTOMS_QUARANTINE_OK] = { "quarantine", OK, "quarantine-ok",
	    "Nothing waits in quarantine.",
	    "Tidak ada yang menunggu di karantina." },
	[SYMPTOMS_QUARANTINE_WAITS] = { "quarantine", ATTENTION,
	    "quarantine-waits",
	    "Sets wait in quarantine for a person: `padu-server "
	    "quarantine` lists them, `release` or `void` settles them.",
	    "Ada kiriman di karantina yang menunggu orang: `padu-server "
	    "quarantine` menampilkannya, `release` atau `void` "
	    "menyelesaikannya." },
	[SYMPTOMS_QUARANTINE_FULL] = { "quarantine", WRONG, "quarantine-full",
	    "The quarantine of a laptop is almost full, and more of its "
	    "sets will be refused: settle them, or block the laptop "
	    "(`revoke`).",
	    "Karantina sebuah laptop hampir penuh, dan kiriman "
	    "berikutnya akan ditolak: selesaikan, atau blokir laptop "
	    "itu (`revoke`)." },
	[SYMPTOMS_OUTBOX_OK] = { "outbox", OK, "outbox-ok",
	    "Nothing is stuck on its way upward.",
	    "Tidak ada yang tersendat ke atas." },
	[SYMPTOMS_OUTBOX_WAITS] = { "outbox", ATTENTION, "outbox-waits",
	    "Records wait and nothing is sent: run the server with "
	    "--upstream.",
	    "Ada data menunggu dan tidak ada yang dikirim: jalankan "
	    "server dengan --upstream." },
	[SYMPTOMS_OUTBOX_FAILING] = { "outbox", ATTENTION, "outbox-failing",
	    "The receiver upstream does not answer: what waits is kept "
	    "and tried again; `padu-server status` says why.",
	    "Penerima di atas tidak menjawab: yang menunggu disimpan "
	    "dan dicoba lagi; `padu-server status` menyebut sebabnya." },
	[SYMPTOMS_OUTBOX_REFUSED] = { "outbox", ATTENTION, "outbox-refused",
	    "The receiver upstream refused records: see to what it "
	    "says, then `padu-server forward retry`.",
	    "Penerima di atas menolak data: urus alasannya, lalu "
	    "`padu-server forward retry`." },
	[SYMPTOMS_RECOVERY_OK] = { "recovery", OK, "recovery-ok",
	    "Custodians can help who forgets a passphrase.",
	    "Pemegang kunci dapat membantu orang yang lupa kata sandi." },
	[SYMPTOMS_RECOVERY_NONE] = { "recovery", ATTENTION, "recovery-none",
	    "Nobody could help who forgets a passphrase: `padu-server "
	    "recovery init`.",
	    "Tidak ada yang dapat membantu orang yang lupa kata sandi: "
	    "`padu-server recovery init`." },
};

enum status
symptoms_put(struct writer *out, struct err *err, enum symptoms which,
    const char *fmt, ...)
{
	va_list args;
	enum status st;

	va_start(args, fmt);
	st = symptom_put(out, err, &ROWS[which], fmt, args);
	va_end(args);
	return st;
}
