// SPDX-License-Identifier: MIT
/*
 * Reads ELF files with libelf; checks what a damaged or foreign file would make fail late and without a word.
 */
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"

#define NOTE_PVH_ENTRY 18 /* XEN_ELFNOTE_PHYS32_ENTRY */

struct reader {
	Elf *elf;
	uint64_t file_size;
	struct elf_info *info;
	size_t segments;
};

/* Translates an address to an offset in the file. False when no segment holds it. */
static bool reader_offset(struct reader *r, uint64_t address, uint64_t *offset)
{
	for (size_t i = 0; i < r->segments; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(r->elf, i, &ph) || ph.p_type != PT_LOAD)
			continue;
		if (address >= ph.p_vaddr && address - ph.p_vaddr < ph.p_filesz) {
			*offset = ph.p_offset + (address - ph.p_vaddr);
			return true;
		}
	}
	return false;
}

/* A copy of the string at an offset in the file, or NULL when it is not ended within the file. */
static char *reader_text(struct reader *r, uint64_t offset)
{
	size_t size;
	const char *raw = elf_rawfile(r->elf, &size);

	if (!raw || offset >= size || !memchr(raw + offset, 0, size - offset))
		return NULL;
	return copy_text(raw + offset);
}

static const char *read_dynamic(struct reader *r, const GElf_Phdr *ph)
{
	Elf_Data *data = elf_getdata_rawchunk(r->elf, ph->p_offset, ph->p_filesz, ELF_T_DYN);
	uint64_t strings = 0;
	GElf_Dyn dyn;

	if (!data)
		return "has a damaged dynamic section";
	for (int i = 0; gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
		if (dyn.d_tag == DT_STRTAB && !reader_offset(r, dyn.d_un.d_ptr, &strings))
			return "has a damaged dynamic section";
	}
	for (int i = 0; gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
		char *text;

		if (dyn.d_tag == DT_FLAGS_1)
			r->info->no_default_folders = dyn.d_un.d_val & DF_1_NODEFLIB;
		if (dyn.d_tag != DT_NEEDED && dyn.d_tag != DT_RPATH && dyn.d_tag != DT_RUNPATH)
			continue;
		text = reader_text(r, strings + dyn.d_un.d_val);
		if (!text)
			return "has a damaged dynamic section";
		if (dyn.d_tag == DT_NEEDED)
			strings_add(&r->info->needed, text);
		else if (dyn.d_tag == DT_RPATH)
			r->info->rpath = text;
		else
			r->info->runpath = text;
	}
	return NULL;
}

static void read_notes(struct reader *r, const GElf_Phdr *ph)
{
	Elf_Data *data = elf_getdata_rawchunk(r->elf, ph->p_offset, ph->p_filesz, ELF_T_NHDR);
	size_t name, desc;
	GElf_Nhdr nhdr;

	for (size_t at = 0; data && (at = gelf_getnote(data, at, &nhdr, &name, &desc)) > 0;) {
		if (nhdr.n_type == NOTE_PVH_ENTRY && nhdr.n_namesz == 4 &&
		    !memcmp((char *)data->d_buf + name, "Xen", 4))
			r->info->has_pvh_entry = true;
	}
}

static const char *read_segment(struct reader *r, const GElf_Phdr *ph)
{
	const char *wrong = NULL;

	if (ph->p_type == PT_NULL)
		return NULL;
	if (ph->p_offset > r->file_size || ph->p_filesz > r->file_size - ph->p_offset)
		return "is truncated";
	if (ph->p_type == PT_LOAD)
		r->info->memory_size += ph->p_memsz;
	else if (ph->p_type == PT_NOTE)
		read_notes(r, ph);
	else if (ph->p_type == PT_DYNAMIC)
		wrong = read_dynamic(r, ph);
	else if (ph->p_type == PT_INTERP && !(r->info->interpreter = reader_text(r, ph->p_offset)))
		wrong = "has a damaged interpreter name";
	return wrong;
}

static const char *read_elf(struct reader *r)
{
	GElf_Ehdr eh;

	if (!r->elf || elf_kind(r->elf) != ELF_K_ELF)
		return "is not an ELF file";
	if (!gelf_getehdr(r->elf, &eh))
		return "is truncated";
	r->info->is_64 = gelf_getclass(r->elf) == ELFCLASS64;
	r->info->machine = eh.e_machine;
	if (!eh.e_phnum)
		return "has no program headers";
	if (eh.e_phoff > r->file_size || (uint64_t)eh.e_phnum * eh.e_phentsize > r->file_size - eh.e_phoff)
		return "is truncated";
	if (elf_getphdrnum(r->elf, &r->segments))
		return "has damaged program headers";
	for (size_t i = 0; i < r->segments; i++) {
		const char *wrong;
		GElf_Phdr ph;

		if (!gelf_getphdr(r->elf, i, &ph))
			return "has damaged program headers";
		wrong = read_segment(r, &ph);
		if (wrong)
			return wrong;
	}
	return NULL;
}

const char *elf_read(const char *path, struct elf_info *info)
{
	struct reader r = { .info = info };
	const char *wrong;
	struct stat st;
	int fd;

	*info = (struct elf_info){ 0 };
	elf_version(EV_CURRENT);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "cannot be opened";
	if (fstat(fd, &st))
		st.st_size = 0;
	r.file_size = st.st_size;
	r.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	wrong = read_elf(&r);
	elf_end(r.elf);
	close(fd);
	return wrong;
}

bool elf_matches(const char *path, const struct elf_info *info)
{
	Elf32_Ehdr head; /* the fields looked at are the same in both classes */

	return file_head(path, &head, sizeof(head)) == sizeof(head) &&
	       !memcmp(head.e_ident, ELFMAG, SELFMAG) &&
	       head.e_ident[EI_CLASS] == (info->is_64 ? ELFCLASS64 : ELFCLASS32) &&
	       head.e_machine == info->machine;
}
