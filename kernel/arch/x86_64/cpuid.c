// SPDX-License-Identifier: MIT
/* What the processor can do, turning it on, and what /proc/cpuinfo says about it. */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/base/string.h"

struct cpu_features cpu_has;

static bool has(u32 word, int bit)
{
	return word >> bit & 1;
}

static void detect_hypervisor(void)
{
	struct cpuid_regs r = cpuid(0x40000000, 0);
	char sig[13] = { 0 };

	memcpy(sig, &r.b, 4);
	memcpy(sig + 4, &r.c, 4);
	memcpy(sig + 8, &r.d, 4);
	cpu_has.qemu_apic = !strcmp(sig, "TCGTCGTCGTCG") || !strcmp(sig, "KVMKVMKVM");
	if (r.a >= 0x40000010)
		cpu_has.tsc_khz = cpuid(0x40000010, 0).a;
}

static void detect_tsc_khz(u32 max_leaf)
{
	if (max_leaf >= 0x15) {
		struct cpuid_regs r = cpuid(0x15, 0);

		if (r.a && r.b && r.c)
			cpu_has.tsc_khz = (u32)((u64)r.c * r.b / r.a / 1000);
	}
	if (!cpu_has.tsc_khz && max_leaf >= 0x16)
		cpu_has.tsc_khz = (cpuid(0x16, 0).a & 0xffff) * 1000;
}

static void detect_model(void)
{
	struct cpuid_regs r = cpuid(1, 0);

	cpu_has.stepping = r.a & 15;
	cpu_has.model = r.a >> 4 & 15;
	cpu_has.family = r.a >> 8 & 15;
	if (cpu_has.family == 6 || cpu_has.family == 15)
		cpu_has.model |= (r.a >> 16 & 15) << 4;
	if (cpu_has.family == 15)
		cpu_has.family += r.a >> 20 & 255;
	cpu_has.hwcap = r.d;
	cpu_has.pge = has(r.d, 13);
	cpu_has.pcid = has(r.c, 17);
	cpu_has.x2apic = has(r.c, 21);
	cpu_has.tsc_deadline = has(r.c, 24);
	cpu_has.xsave = has(r.c, 26);
	cpu_has.rdrand = has(r.c, 30);
	cpu_has.hypervisor = has(r.c, 31);
	cpu_has.sysenter32 = cpu_has.vendor_intel && has(r.d, 11);
}

/* About a dozen CPUIDs: under a hypervisor each is an exit, so nothing is asked twice. */
void cpuid_detect(void)
{
	struct cpuid_regs r = cpuid(0, 0);
	u32 max_leaf = r.a;

	cpu_has.vendor_intel = r.b == 0x756e6547; /* "Genu" */
	detect_model();
	if (max_leaf >= 7) {
		r = cpuid(7, 0);
		cpu_has.fsgsbase = has(r.b, 0);
		cpu_has.smep = has(r.b, 7);
		cpu_has.smap = has(r.b, 20);
		cpu_has.umip = has(r.c, 2);
	}
	if (max_leaf >= 0xd && cpu_has.xsave)
		cpu_has.xsaveopt = cpuid(0xd, 1).a & 1;
	r = cpuid(0x80000000, 0);

	u32 max_ext = r.a;

	if (max_ext >= 0x80000001) {
		r = cpuid(0x80000001, 0);
		cpu_has.nx = has(r.d, 20);
		cpu_has.gbpages = has(r.d, 26);
		cpu_has.syscall32 = !cpu_has.vendor_intel && has(r.d, 11);
	}
	if (max_ext >= 0x80000008) {
		r = cpuid(0x80000008, 0);
		cpu_has.phys_bits = r.a & 255;
		cpu_has.virt_bits = r.a >> 8 & 255;
	}
	if (cpu_has.hypervisor)
		detect_hypervisor();
	if (!cpu_has.tsc_khz)
		detect_tsc_khz(max_leaf);
}

void cpu_init_control(void)
{
	unsigned long cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_DE;

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | (cpu_has.nx ? EFER_NX : 0));
	cr4 |= cpu_has.pge ? X86_CR4_PGE : 0;
	cr4 |= cpu_has.smep ? X86_CR4_SMEP : 0;
	cr4 |= cpu_has.smap ? X86_CR4_SMAP : 0;
	cr4 |= cpu_has.umip ? X86_CR4_UMIP : 0;
	cr4 |= cpu_has.fsgsbase ? X86_CR4_FSGSBASE : 0;
	cr4 |= cpu_has.xsave ? X86_CR4_OSXSAVE : 0;
	cr4 |= cpu_has.pcid ? X86_CR4_PCIDE : 0; /* CR3 has PCID 0, as it must */
	write_cr4(cr4);
	write_cr0((read_cr0() | X86_CR0_WP | X86_CR0_AM | X86_CR0_NE | X86_CR0_MP | X86_CR0_TS) &
		  ~X86_CR0_EM);
	fpu_init_cpu();
}

bool arch_random64(u64 *out)
{
	bool ok = false;

	for (int tries = 0; cpu_has.rdrand && !ok && tries < 10; tries++)
		__asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(ok));
	return ok;
}

unsigned long arch_hwcap(void)
{
	return cpu_has.hwcap;
}

unsigned long arch_hwcap2(void)
{
	return cpu_has.fsgsbase ? 2 : 0; /* HWCAP2_FSGSBASE */
}

const char *arch_cpu_model(void)
{
	static char model[49];

	if (!model[0] && cpuid(0x80000000, 0).a >= 0x80000004)
		for (u32 i = 0; i < 3; i++) {
			struct cpuid_regs r = cpuid(0x80000002 + i, 0);

			memcpy(model + 16 * i, &r, 16);
		}
	return model;
}

/* Linux's names, in the order of /proc/cpuinfo: {leaf, register, bit, name}. */
static const struct {
	u32 leaf;
	char reg;
	u8 bit;
	const char *name;
} flag_names[] = {
	{ 1, 'd', 0, "fpu" },
	{ 1, 'd', 1, "vme" },
	{ 1, 'd', 2, "de" },
	{ 1, 'd', 3, "pse" },
	{ 1, 'd', 4, "tsc" },
	{ 1, 'd', 5, "msr" },
	{ 1, 'd', 6, "pae" },
	{ 1, 'd', 7, "mce" },
	{ 1, 'd', 8, "cx8" },
	{ 1, 'd', 9, "apic" },
	{ 1, 'd', 11, "sep" },
	{ 1, 'd', 12, "mtrr" },
	{ 1, 'd', 13, "pge" },
	{ 1, 'd', 14, "mca" },
	{ 1, 'd', 15, "cmov" },
	{ 1, 'd', 16, "pat" },
	{ 1, 'd', 17, "pse36" },
	{ 1, 'd', 19, "clflush" },
	{ 1, 'd', 23, "mmx" },
	{ 1, 'd', 24, "fxsr" },
	{ 1, 'd', 25, "sse" },
	{ 1, 'd', 26, "sse2" },
	{ 1, 'd', 27, "ss" },
	{ 1, 'd', 28, "ht" },
	{ 0x80000001, 'd', 11, "syscall" },
	{ 0x80000001, 'd', 20, "nx" },
	{ 0x80000001, 'd', 22, "mmxext" },
	{ 0x80000001, 'd', 26, "pdpe1gb" },
	{ 0x80000001, 'd', 27, "rdtscp" },
	{ 0x80000001, 'd', 29, "lm" },
	{ 0x80000001, 'd', 30, "3dnowext" },
	{ 0x80000001, 'd', 31, "3dnow" },
	{ 1, 'c', 0, "pni" },
	{ 1, 'c', 1, "pclmulqdq" },
	{ 1, 'c', 9, "ssse3" },
	{ 1, 'c', 12, "fma" },
	{ 1, 'c', 13, "cx16" },
	{ 1, 'c', 17, "pcid" },
	{ 1, 'c', 19, "sse4_1" },
	{ 1, 'c', 20, "sse4_2" },
	{ 1, 'c', 21, "x2apic" },
	{ 1, 'c', 22, "movbe" },
	{ 1, 'c', 23, "popcnt" },
	{ 1, 'c', 24, "tsc_deadline_timer" },
	{ 1, 'c', 25, "aes" },
	{ 1, 'c', 26, "xsave" },
	{ 1, 'c', 28, "avx" },
	{ 1, 'c', 29, "f16c" },
	{ 1, 'c', 30, "rdrand" },
	{ 1, 'c', 31, "hypervisor" },
	{ 0x80000001, 'c', 0, "lahf_lm" },
	{ 0x80000001, 'c', 2, "svm" },
	{ 0x80000001, 'c', 4, "cr8_legacy" },
	{ 0x80000001, 'c', 5, "abm" },
	{ 0x80000001, 'c', 6, "sse4a" },
	{ 0x80000001, 'c', 8, "3dnowprefetch" },
	{ 7, 'b', 0, "fsgsbase" },
	{ 7, 'b', 3, "bmi1" },
	{ 7, 'b', 5, "avx2" },
	{ 7, 'b', 7, "smep" },
	{ 7, 'b', 8, "bmi2" },
	{ 7, 'b', 9, "erms" },
	{ 7, 'b', 14, "mpx" },
	{ 7, 'b', 18, "rdseed" },
	{ 7, 'b', 19, "adx" },
	{ 7, 'b', 20, "smap" },
	{ 7, 'b', 23, "clflushopt" },
	{ 7, 'b', 24, "clwb" },
	{ 7, 'c', 2, "umip" },
	{ 7, 'c', 16, "la57" },
	{ 7, 'c', 22, "rdpid" },
};

static size_t format_flags(char *buf, size_t size)
{
	struct cpuid_regs r = { 0 };
	u32 leaf = 0;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (flag_names[i].leaf != leaf) {
			leaf = flag_names[i].leaf;
			r = cpuid(leaf & 0x80000000, 0).a >= leaf ? cpuid(leaf, 0) : (struct cpuid_regs){ 0 };
		}

		u32 word = flag_names[i].reg == 'b' ? r.b : flag_names[i].reg == 'c' ? r.c : r.d;

		if (has(word, flag_names[i].bit))
			n += (size_t)scnprintf(buf + n, size - n, " %s", flag_names[i].name);
	}
	return n;
}

void arch_cpuinfo_format(int cpu, char *buf, size_t size)
{
	struct cpuid_regs v = cpuid(0, 0);
	char vendor[13] = { 0 };
	u32 khz = (u32)(clock_tsc_hz() / 1000);
	size_t n;

	memcpy(vendor, &v.b, 4);
	memcpy(vendor + 4, &v.d, 4);
	memcpy(vendor + 8, &v.c, 4);
	n = (size_t)scnprintf(
		buf, size,
		"processor\t: %d\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\n"
		"stepping\t: %u\ncpu MHz\t\t: %u.%03u\nphysical id\t: 0\nsiblings\t: %d\ncore id\t\t: %d\n"
		"cpu cores\t: %d\napicid\t\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\n"
		"wp\t\t: yes\nflags\t\t:",
		cpu, vendor, cpu_has.family, cpu_has.model, arch_cpu_model(), cpu_has.stepping, khz / 1000,
		khz % 1000, nr_cpus, cpu, nr_cpus, cpus[cpu]->apic_id, v.a);
	n += format_flags(buf + n, size - n);
	scnprintf(buf + n, size - n,
		  "\nbugs\t\t:\nbogomips\t: %u.%02u\nclflush size\t: 64\ncache_alignment\t: 64\n"
		  "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
		  khz / 500, khz / 5 % 100, cpu_has.phys_bits, cpu_has.virt_bits);
}
