// SPDX-License-Identifier: MIT
/*
 * One line per call.  What the program passes is printed before the call runs (execve replaces that
 * memory), from the first argument the call fills in onwards afterwards, and the whole line goes out when
 * the call returns, so that lines of several tasks interleave whole.  The line is built on the kernel stack
 * of its task: no state to clean up when a call does not return.
 */
#include "kernel/gate/trace.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/gate/decode.h"
#include "flag_ids.h"
#include "syscall_nr.h"

#define LINE_MAX    1024
#define RESULT_ROOM 160 /* kept free of arguments, so that a result is never cut off */

/* Through printk(), which `quiet` does not silence, in pieces that it takes; the lock keeps lines whole. */
static void console_sink(const char *text, size_t size)
{
	static struct spinlock lock = SPINLOCK_INIT;
	unsigned long flags = spin_lock_irqsave(&lock);

	for (size_t done = 0; done < size; done += 128)
		printk("%.*s", (int)min(size - done, (size_t)128), text + done);
	spin_unlock_irqrestore(&lock, flags);
}

void (*trace_sink)(const char *text, size_t size) = console_sink;

bool trace_wanted(void)
{
	char where[16];

	return cmdline_has("trace") || cmdline_get("trace", where, sizeof(where));
}

struct traced_call {
	struct call_view view;
	struct line line;
	unsigned int next; /* first argument not yet printed */
	char buf[LINE_MAX];
};

static void line_emit(struct line *l)
{
	if (l->len == l->size)
		l->len--;
	l->buf[l->len++] = '\n';
	trace_sink(l->buf, l->len);
}

static void line_start(struct line *l, char *buf, size_t size)
{
	*l = (struct line){ buf, size, 0 };
	line_printf(l, "[%d] ", current->tid);
}

/* What the stub sees: each argument after its conversion, but for the sign. */
static void fetch_args(struct call_view *v, const struct regs *regs, bool ia32)
{
	const unsigned long x64[6] = { regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9 };
	const unsigned long x86[6] = { regs->bx, regs->cx, regs->dx, regs->si, regs->di, regs->bp };

	for (int i = 0; i < 6; i++)
		v->args[i] = ia32 || (i < v->nargs && v->desc->kinds[i].narrow)
				     ? (u32)(ia32 ? x86[i] : x64[i])
				     : x64[i];
}

static const struct syscall_desc *desc_of(bool ia32, u32 nr)
{
	if (ia32)
		return nr < NR_IA32_SYSCALLS ? &syscall_desc_ia32[nr] : NULL;
	return nr < NR_SYSCALLS ? &syscall_desc_x64[nr] : NULL;
}

static void print_args(struct traced_call *t, bool stop_at_out)
{
	const struct call_view *v = &t->view;

	for (; t->next < v->nargs; t->next++) {
		if (stop_at_out && v->desc->kinds[t->next].kind >= K_FIRST_OUT)
			return;
		if (!decode_is_shown(v, t->next))
			continue;
		if (t->next)
			line_text(&t->line, ", ");
		decode_arg(&t->line, v, t->next);
	}
}

/* strace says it this way too; a task's first line says which ABI it starts with by being there or not. */
static void note_abi(bool ia32)
{
	struct line l;
	char buf[80];

	if ((current->trace != NULL) == ia32)
		return;
	current->trace = ia32 ? current : NULL;
	line_start(&l, buf, sizeof(buf));
	line_printf(&l, "--- calls of the %s ABI follow ---", ia32 ? "i386" : "x86-64");
	line_emit(&l);
}

static void trace_begin(struct traced_call *t, const struct regs *regs, bool ia32)
{
	const struct syscall_desc *d = desc_of(ia32, (u32)regs->orig_ax);

	note_abi(ia32);
	line_start(&t->line, t->buf, LINE_MAX - RESULT_ROOM);
	t->view.desc = d;
	t->view.nargs = d && d->meta ? d->meta->nargs : 0;
	fetch_args(&t->view, regs, ia32);
	t->view.compat = d && d->meta && d->meta->ia32;
	t->view.returned = false;
	t->next = 0;
	if (d && d->name)
		line_printf(&t->line, "%s(", d->name);
	else
		line_printf(&t->line, "syscall_0x%x(", (u32)regs->orig_ax);
	if (d && d->meta) {
		print_args(t, true);
		return;
	}
	for (int i = 0; i < 6; i++) {
		line_text(&t->line, i ? ", " : "");
		line_hex(&t->line, t->view.args[i]);
	}
}

static void print_error(struct line *l, int err)
{
	static const struct {
		int err;
		const char *text;
	} restart[] = {
		{ ERESTARTSYS, "ERESTARTSYS (To be restarted if SA_RESTART is set)" },
		{ ERESTARTNOINTR, "ERESTARTNOINTR (To be restarted)" },
		{ ERESTARTNOHAND, "ERESTARTNOHAND (To be restarted if no handler)" },
		{ ERESTART_RESTARTBLOCK, "ERESTART_RESTARTBLOCK (Interrupted by signal)" },
	};
	const char *text = NULL;
	const char *name = flag_find(FLAGS_errno, err, &text);

	for (unsigned int i = 0; i < ARRAY_SIZE(restart); i++)
		if (restart[i].err == err) {
			line_printf(l, "? %s", restart[i].text);
			return;
		}
	if (name)
		line_printf(l, "-1 %s (%s)", name, text);
	else
		line_printf(l, "-1 errno %d", err);
}

static void trace_end(struct traced_call *t, long result, bool ia32)
{
	const struct syscall_desc *d = t->view.desc;
	struct line *l = &t->line;
	u8 kind = d ? d->result : K_INT;

	t->view.returned = true;
	t->view.result = result;
	print_args(t, false);
	if (l->len == l->size) { /* the arguments did not fit */
		l->len -= strlen("…");
		line_text(l, "…");
	}
	l->size = LINE_MAX;
	line_text(l, ") = ");
	if (result < 0 && result >= -4095)
		print_error(l, -result);
	else if (kind == K_PTR || kind == K_HEX)
		line_printf(l, "0x%lx", ia32 ? (u32)result : result);
	else
		line_printf(l, kind == K_OCT ? "%#lo" : "%ld", result);
	if (current->refuse_reason) {
		line_printf(l, " [%s]", current->refuse_reason);
		current->refuse_reason = NULL;
	}
	line_emit(l);
}

static bool never_returns(const struct syscall_desc *d)
{
	return d && d->meta && (!strcmp(d->name, "exit") || !strcmp(d->name, "exit_group"));
}

long trace_call(struct regs *regs, syscall_fn handler, bool ia32)
{
	struct traced_call t;
	long result;

	trace_begin(&t, regs, ia32);
	if (never_returns(t.view.desc)) {
		line_text(&t.line, ") = ?");
		line_emit(&t.line);
		return handler(regs);
	}
	current->refuse_reason = NULL;
	result = handler(regs);
	trace_end(&t, result, ia32);
	return result;
}

static void print_code(struct line *l, const siginfo_t *info)
{
	static const struct {
		int sig;
		u32 table;
	} own[] = {
		{ SIGSEGV, FLAGS_si_segv }, { SIGBUS, FLAGS_si_bus },   { SIGFPE, FLAGS_si_fpe },
		{ SIGILL, FLAGS_si_ill },   { SIGTRAP, FLAGS_si_trap }, { SIGCHLD, FLAGS_si_chld },
	};
	const char *name = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(own) && info->si_code > 0; i++)
		if (own[i].sig == info->si_signo)
			name = flag_find(own[i].table, info->si_code, NULL);
	if (!name)
		name = flag_find(FLAGS_si_code, info->si_code, NULL);
	if (name)
		line_text(l, name);
	else
		line_printf(l, "%d", info->si_code);
}

void trace_signal_slow(const siginfo_t *info)
{
	int sig = info->si_signo;
	struct line l;
	char buf[256];

	line_start(&l, buf, sizeof(buf));
	line_text(&l, "--- ");
	line_signal(&l, sig);
	line_text(&l, " {si_signo=");
	line_signal(&l, sig);
	line_text(&l, ", si_code=");
	print_code(&l, info);
	if (info->si_code > 0 && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE))
		line_printf(&l, ", si_addr=0x%lx", (unsigned long)info->si_addr);
	else if (info->si_code > 0 && sig == SIGCHLD)
		line_printf(&l, ", si_pid=%d, si_uid=%u, si_status=%d", info->si_pid, info->si_uid,
			    info->si_status);
	else if (info->si_code <= 0)
		line_printf(&l, ", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
	line_text(&l, "} ---");
	line_emit(&l);
}

void trace_exit_slow(int wait_status)
{
	struct line l;
	char buf[128];

	line_start(&l, buf, sizeof(buf));
	if ((wait_status & 0x7f) == 0) {
		line_printf(&l, "+++ exited with %d +++", wait_status >> 8 & 0xff);
	} else {
		line_text(&l, "+++ killed by ");
		line_signal(&l, wait_status & 0x7f);
		line_text(&l, wait_status & 0x80 ? " (core dumped) +++" : " +++");
	}
	line_emit(&l);
}
