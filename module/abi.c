/*
 * abi.c - compares the running Unbound with the one weir.so was built for.
 * The first thing that init does, before any struct of Unbound is touched.
 */
#include "module/host.h"

#include "module/abi.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BUILD_ID_SIZE 64 /* octets; linkers write 16 or 20 */

struct search {
	char build_id[2 * BUILD_ID_SIZE + 1]; /* "": none found */
	bool has_configure_line;
	bool has_version;
};

/* One PT_NOTE segment: notes are {u32 name size, u32 size, u32 type, name,
 * content}, each padded to 4 octets. */
static void
read_notes(const unsigned char *at, size_t len, struct search *search)
{
	while (len >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		size_t name, content, i;

		memcpy(&note, at, sizeof(note));
		name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		content = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name + content > len - sizeof(note))
			return;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    note.n_descsz <= BUILD_ID_SIZE &&
		    memcmp(at + sizeof(note), "GNU", 4) == 0) {
			for (i = 0; i < note.n_descsz; i++)
				(void)snprintf(search->build_id + 2 * i, 3,
				    "%02x", at[sizeof(note) + name + i]);
			return;
		}
		at += sizeof(note) + name + content;
		len -= sizeof(note) + name + content;
	}
}

/* Called for the main program first; a result other than 0 ends the walk. */
static int
look_at(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *search = arg;
	unsigned int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const unsigned char *at =
		    (const unsigned char *)(uintptr_t)(info->dlpi_addr +
						       segment->p_vaddr);

		if (segment->p_type == PT_NOTE)
			read_notes(at, segment->p_filesz, search);
		if (segment->p_type != PT_LOAD ||
		    (segment->p_flags & PF_R) == 0)
			continue;
		if (memmem(at, segment->p_filesz, CONFCMDLINE,
			sizeof(CONFCMDLINE)))
			search->has_configure_line = true;
		if (memmem(at, segment->p_filesz, PACKAGE_VERSION,
			sizeof(PACKAGE_VERSION)))
			search->has_version = true;
	}
	return 1;
}

bool
weir_abi_is_ours(char *text, size_t size)
{
	static const char built_for[] = WEIR_UNBOUND_BUILD_ID;
	struct search search = { .build_id = "" };
	bool is_ours;

	(void)dl_iterate_phdr(look_at, &search);
	if (built_for[0] != '\0' && search.build_id[0] != '\0')
		is_ours = strcmp(built_for, search.build_id) == 0;
	else
		is_ours = search.has_version && search.has_configure_line;
	if (!is_ours)
		(void)snprintf(text, size,
		    "this weir.so was built for another Unbound (version %s, "
		    "build %.12s) than the one that runs (%s, build %.12s): "
		    "build weir again with --with-unbound-src=DIR and "
		    "--with-unbound-build=DIR of the Unbound that runs",
		    WEIR_UNBOUND_VERSION, built_for[0] ? built_for : "unknown",
		    search.has_version ? "the same version" : "another version",
		    search.build_id[0] ? search.build_id : "unknown");
	return is_ours;
}
