// SPDX-License-Identifier: MIT
/*
 * One line per call.  What the program passes is printed before the call runs (execve replaces that
 * memory), from the first argument the call fills in onwards afterwards, and the whole line goes out when
 * the call returns, so that lines of several tasks interleave whole.
 *
 * The line is built on the kernel stack of its task.  While the call runs it is on the list `running`
 * [running_lock] and nobody writes to it, so that trace_flush() can tell of calls that the end of the machine
 * cuts off; current->trace points at it, for a task that ends inside a call.
 */
#include "kernel/gate/trace.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/gate/decode.h"
#include "kernel/sync/guard.h"
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

/* current->trace_state, which children inherit */
#define TRACE_SILENT 1 /* until the task has executed a program */
#define TRACE_IA32   2 /* the ABI of the last call */

void trace_start(void)
{
	char where[32];
	size_t len;

	if (!cmdline_get("trace", where, sizeof(where))) {
		if (!cmdline_has("trace"))
			return;
		where[0] = '\0';
	}
	len = strlen(where);
	if (len >= 5 && !strcmp(where + len - 5, ",exec"))
		current->trace_state = TRACE_SILENT;
	task_set_work(current, WORK_TRACE);
}

struct traced_call {
	struct list_head node; /* [running_lock] */
	struct call_view view;
	struct line line;
	unsigned int next; /* first argument not yet printed */
	char buf[LINE_MAX];
};

static struct spinlock running_lock = SPINLOCK_INIT;
static LIST_HEAD(running);

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

/* As strace(1) says it.  Every task starts as one of the 64-bit ABI. */
static void note_abi(bool ia32)
{
	struct line l;
	char buf[80];

	if (!(current->trace_state & TRACE_IA32) == !ia32)
		return;
	current->trace_state ^= TRACE_IA32;
	line_start(&l, buf, sizeof(buf));
	line_printf(&l, "[ Process PID=%d runs in %s mode. ]", current->tid, ia32 ? "32 bit" : "64 bit");
	line_emit(&l);
}

static void trace_begin(struct traced_call *t, const struct regs *regs, bool ia32)
{
	const struct syscall_desc *d = desc_of(ia32, (u32)regs->orig_ax);

	line_start(&t->line, t->buf, LINE_MAX - RESULT_ROOM);
	t->view.desc = d;
	t->view.nargs = d ? d->nargs : 0;
	fetch_args(&t->view, regs, ia32);
	t->view.compat = d && d->meta ? d->meta->ia32 : ia32;
	t->view.returned = false;
	t->next = 0;
	if (d && d->name)
		line_printf(&t->line, "%s(", d->name);
	else
		line_printf(&t->line, "syscall_0x%x(", (u32)regs->orig_ax);
	if (d && (d->meta || d->nargs)) {
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

static void print_result(struct line *l, const struct call_view *v, u8 kind, bool ia32)
{
	long result = v->result;

	if (kind == K_SIGSET) /* sigreturn: the result is a register of the interrupted program */
		kind = K_INT;
	if (result < 0 && result >= -4095)
		print_error(l, -result);
	else if (kind == K_PTR || kind == K_HEX)
		line_printf(l, "0x%lx", ia32 ? (u32)result : result);
	else if (kind == K_OCT)
		line_printf(l, "%#lo", result);
	else if (!v->desc || !decode_result(l, v))
		line_printf(l, "%ld", result);
}

/* Why the call failed, when the kernel itself lacks something. */
static void print_reason(struct line *l, const struct syscall_desc *d)
{
	const char *why = current->refuse_reason;

	if (why)
		line_printf(l, " [%s]", why);
	else if (!d || !d->name)
		line_text(l, " [no such call]");
	else if (d->absent && *d->absent)
		line_printf(l, " [absent: %s]", d->absent);
	current->refuse_reason = NULL;
}

static void trace_end(struct traced_call *t, long result, bool ia32)
{
	const struct syscall_desc *d = t->view.desc;
	struct line *l = &t->line;
	u8 kind = d ? d->result : K_INT;

	t->view.returned = true;
	t->view.result = result;
	print_args(t, false);
	if (kind == K_SIGSET) {
		line_text(l, "{mask=");
		line_sigset(l, READ_ONCE(current->blocked));
		line_char(l, '}');
	}
	if (l->len == l->size) { /* the arguments did not fit */
		l->len -= strlen("...");
		line_text(l, "...");
	}
	l->size = LINE_MAX;
	line_text(l, ") = ");
	print_result(l, &t->view, kind, ia32);
	print_reason(l, d);
	line_emit(l);
}

static void running_add(struct traced_call *t)
{
	unsigned long flags = spin_lock_irqsave(&running_lock);

	list_add_tail(&t->node, &running);
	spin_unlock_irqrestore(&running_lock, flags);
	current->trace = t;
}

static void running_remove(struct traced_call *t)
{
	unsigned long flags = spin_lock_irqsave(&running_lock);

	list_del_init(&t->node); /* trace_flush() may have taken it off */
	spin_unlock_irqrestore(&running_lock, flags);
	current->trace = NULL;
}

static bool executes(const struct syscall_desc *d)
{
	return d && d->meta && (!strcmp(d->meta->name, "execve") || !strcmp(d->meta->name, "execveat"));
}

long trace_call(struct regs *regs, syscall_fn handler, bool ia32)
{
	bool silent = current->trace_state & TRACE_SILENT;
	struct traced_call t;
	long result;

	if (silent && !executes(desc_of(ia32, (u32)regs->orig_ax)))
		return handler(regs);
	if (!silent)
		note_abi(ia32);
	trace_begin(&t, regs, ia32);
	if (t.view.desc && t.view.desc->result == K_NONE) {
		line_text(&t.line, ") = ?");
		line_emit(&t.line);
		return handler(regs);
	}
	current->refuse_reason = NULL;
	if (!silent)
		running_add(&t);
	result = handler(regs);
	if (silent && result)
		return result; /* a search along PATH: the program has not started yet */
	if (silent)
		current->trace_state &= ~TRACE_SILENT;
	else
		running_remove(&t);
	trace_end(&t, result, ia32);
	return result;
}

/* The text of one running call, which is taken off the list; false: there are none. */
static bool running_take(struct line *l)
{
	unsigned long flags = spin_lock_irqsave(&running_lock);
	struct traced_call *t;

	if (list_empty(&running)) {
		spin_unlock_irqrestore(&running_lock, flags);
		return false;
	}
	t = list_first(&running, struct traced_call, node);
	list_del_init(&t->node);
	memcpy(l->buf, t->line.buf, t->line.len);
	l->len = t->line.len;
	spin_unlock_irqrestore(&running_lock, flags);
	return true;
}

void trace_flush(void)
{
	static struct mutex lock = MUTEX_INIT(lock); /* guards buf */
	static char buf[LINE_MAX];

	guard(mutex)(&lock);
	for (struct line l = { buf, sizeof(buf), 0 }; running_take(&l);) {
		line_text(&l, " <unfinished ...>) = ?");
		line_emit(&l);
	}
}

void trace_signal_slow(const siginfo_t *info)
{
	struct line l;
	char buf[256];

	if (current->trace_state & TRACE_SILENT)
		return;
	line_start(&l, buf, sizeof(buf));
	line_text(&l, "--- ");
	line_signal(&l, info->si_signo);
	line_char(&l, ' ');
	line_siginfo(&l, info);
	line_text(&l, " ---");
	line_emit(&l);
}

void trace_exit_slow(int wait_status)
{
	struct traced_call *t = current->trace;
	struct line l;
	char buf[128];

	if (current->trace_state & TRACE_SILENT)
		return;
	if (t) { /* the call does not return: its frame is about to go */
		running_remove(t);
		t->line.size = LINE_MAX;
		line_text(&t->line, " <unfinished ...>) = ?");
		line_emit(&t->line);
	}
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
