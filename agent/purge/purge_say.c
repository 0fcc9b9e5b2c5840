#include "agent/purge/purge.h"

static const struct purge_said SAID[PURGE_NWHY] = {
	[PURGE_GOES] = { "goes", "It leaves.", "Keluar." },
	[PURGE_UNSIGNED] = { "unsigned",
	    "Not signed yet: that is done when its author syncs or locks.",
	    "Belum ditandatangani: dilakukan saat pencatatnya sinkron atau "
	    "mengunci." },
	[PURGE_UNSENT] = { "unsent", "Not sent, or not answered yet: sync.",
	    "Belum terkirim atau belum dijawab: sinkronkan." },
	[PURGE_QUARANTINED] = { "quarantined",
	    "The office still has to look at it.",
	    "Kantor masih harus memeriksanya." },
	[PURGE_HELD] = { "held",
	    "The office still has to look at a part of it.",
	    "Kantor masih harus memeriksa sebagian." },
	[PURGE_REFUSED] = { "refused",
	    "The server refused it: perhaps only this laptop has it.",
	    "Ditolak server: mungkin hanya laptop ini yang menyimpannya." },
	[PURGE_UNMARKED] = { "not_backed_up",
	    "In no backup yet that the server has signed for.",
	    "Belum ada di cadangan yang dinyatakan server." },
	[PURGE_YOUNG] = { "young",
	    "Delivered more recently than the office wants it kept.",
	    "Terkirim belum selama yang diminta kantor untuk disimpan." },
	[PURGE_COMING] = { "coming",
	    "The record that holds it has not come down yet: sync.",
	    "Data yang memuatnya belum turun dari server: sinkronkan." },
	[PURGE_RETURNED] = { "returned",
	    "The office sent it back: visit that household again.",
	    "Dikembalikan kantor: kunjungi lagi keluarga itu." },
	[PURGE_NAMED] = { "named",
	    "A visit that is not answered yet builds on it.",
	    "Ada kunjungan yang belum dijawab yang bergantung padanya." },
};

const struct purge_said *
purge_why_say(enum purge_why why)
{
	return &SAID[why];
}
