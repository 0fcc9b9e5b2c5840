#include "sync-server/import/prelist.h"

static const struct {
	enum prelist_rule rule;
	const char *name, *text;
} RULES[] = {
	{ PRELIST_QUOTING, "quoting",
	    "tanda kutip tidak berpasangan; periksa baris ini" },
	{ PRELIST_ENCODING, "encoding",
	    "huruf bukan UTF-8; simpan ulang sebagai CSV UTF-8" },
	{ PRELIST_TOO_LONG, "too-long", "baris atau isian terlalu panjang" },
	{ PRELIST_COLUMNS, "columns",
	    "jumlah isian tidak sama dengan jumlah kolom" },
	{ PRELIST_DAMAGED, "damaged",
	    "nomor rusak oleh program lembar kerja; salin ulang dari sumber "
	    "sebagai teks" },
	{ PRELIST_VALUE, "value", "isian tidak sesuai dengan kolomnya" },
	{ PRELIST_DATE, "date",
	    "tanggal tidak ada atau di masa depan; tulis 31/12/1990" },
	{ PRELIST_CODE, "code", "kode atau kata tidak dikenal" },
	{ PRELIST_VILLAGE, "village",
	    "kode desa/kelurahan tidak ada atau sudah tidak berlaku" },
	{ PRELIST_OUTSIDE, "outside", "desa/kelurahan di luar wilayah ini" },
	{ PRELIST_NO_FAMILY, "no-family",
	    "ID prelist dan nomor KK dua-duanya kosong" },
	{ PRELIST_NOBODY, "nobody", "nama dan NIK dua-duanya kosong" },
	{ PRELIST_REPEATED, "repeated",
	    "baris ini sama dengan baris sebelumnya" },
	{ PRELIST_MEMBERS, "members", "anggota keluarga terlalu banyak" },
	{ PRELIST_MOVED, "moved",
	    "keluarga ini sudah tercatat di desa/kelurahan lain" },
	{ PRELIST_ERASED, "erased",
	    "seorang anggota keluarga ini telah dihapus; orang yang belum "
	    "dikenal tidak dimuat: catat lewat kunjungan" },
	{ PRELIST_NO_NAME, "no-name", "nama kosong; baris tetap dimuat" },
	{ PRELIST_IDENTITY, "identity",
	    "nomor identitas tampak keliru; baris tetap dimuat" },
	{ PRELIST_SUCCESSOR, "successor",
	    "kode desa/kelurahan lama; dimuat dengan kode penggantinya" },
	{ PRELIST_DIFFERS, "differs",
	    "berbeda dari baris pertama keluarga ini; yang pertama dimuat" },
	{ PRELIST_UNKNOWN, "unknown-column",
	    "kolom tidak dikenal; isinya tidak dimuat" },
	{ PRELIST_TWICE, "column-twice",
	    "kolom kedua untuk isian yang sama; hanya yang pertama dimuat" },
};
#define NRULES (sizeof(RULES) / sizeof(RULES[0]))

const char *
prelist_rule_name(enum prelist_rule rule)
{
	size_t i;

	for (i = 0; i < NRULES; i++) {
		if (RULES[i].rule == rule)
			return RULES[i].name;
	}
	return "";
}

const char *
prelist_rule_text(enum prelist_rule rule)
{
	size_t i;

	for (i = 0; i < NRULES; i++) {
		if (RULES[i].rule == rule)
			return RULES[i].text;
	}
	return "";
}
