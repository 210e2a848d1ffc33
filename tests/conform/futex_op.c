// SPDX-License-Identifier: MIT
/* FUTEX_WAKE_OP in all its operations, bitsets, requeueing, and what the death of a thread does to its robust list. */
#include "harness.h"

#include <linux/futex.h>
#include <stddef.h>

static int *words; /* shared with children */

static long futex(int *word, int op, unsigned val, long val2, int *word2, unsigned val3)
{
	return syscall(SYS_futex, word, op, val, val2, word2, val3);
}

static void share_words(void)
{
	words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(words != MAP_FAILED);
}

/* What FUTEX_WAKE_OP makes of the second word. */
static int after(int op, int arg, int value)
{
	words[1] = value;
	CHECK_EQ(futex(words, FUTEX_WAKE_OP, 0, 0, words + 1, FUTEX_OP(op, arg, FUTEX_OP_CMP_EQ, 0x7ff)), 0);
	return words[1];
}

TEST(wake_op_operations)
{
	share_words();
	CHECK_EQ(after(FUTEX_OP_SET, 7, 5), 7);
	CHECK_EQ(after(FUTEX_OP_ADD, 7, 5), 12);
	CHECK_EQ(after(FUTEX_OP_OR, 6, 5), 7);
	CHECK_EQ(after(FUTEX_OP_ANDN, 4, 5), 1);
	CHECK_EQ(after(FUTEX_OP_XOR, 6, 5), 3);
	CHECK_EQ(after(FUTEX_OP_SET, 0xfff, 5), -1); /* 12 bits with a sign */
	CHECK_EQ(after(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 20, 0), 1 << 20);
	CHECK_EQ(after(FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 3, 1), 9);
	CHECK_ERRNO(futex(words, FUTEX_WAKE_OP, 0, 0, words + 1, FUTEX_OP(5, 0, FUTEX_OP_CMP_EQ, 0)), ENOSYS);
	CHECK_ERRNO(futex(words, FUTEX_WAKE_OP, 0, 0, words + 1, FUTEX_OP(0, 0, 6, 0)), ENOSYS);
}

/* Whether the comparison of the old value decides for waking the waiter of the second word. */
static bool second_wakes(int cmp, int old, int arg)
{
	words[1] = old;
	pid_t child = CHILD(CHECK_OK(futex(words + 1, FUTEX_WAIT, old, 0, NULL, 0)));

	wait_asleep(child);
	long woken = CHECK_OK(futex(words, FUTEX_WAKE_OP, 1, 1, words + 1, FUTEX_OP(FUTEX_OP_SET, 0, cmp, arg)));

	CHECK(woken == 0 || woken == 1);
	if (!woken)
		CHECK_EQ(futex(words + 1, FUTEX_WAKE, 1, 0, NULL, 0), 1);
	JOIN(child);
	return woken;
}

TEST(wake_op_comparisons)
{
	share_words();
	CHECK(second_wakes(FUTEX_OP_CMP_EQ, 5, 5));
	CHECK(!second_wakes(FUTEX_OP_CMP_EQ, 5, 6));
	CHECK(second_wakes(FUTEX_OP_CMP_NE, 5, 6));
	CHECK(!second_wakes(FUTEX_OP_CMP_NE, 5, 5));
	CHECK(second_wakes(FUTEX_OP_CMP_LT, -1, 0));
	CHECK(!second_wakes(FUTEX_OP_CMP_LT, 5, 5));
	CHECK(second_wakes(FUTEX_OP_CMP_LE, 5, 5));
	CHECK(!second_wakes(FUTEX_OP_CMP_LE, 6, 5));
	CHECK(second_wakes(FUTEX_OP_CMP_GT, 6, 5));
	CHECK(!second_wakes(FUTEX_OP_CMP_GT, 5, 5));
	CHECK(second_wakes(FUTEX_OP_CMP_GE, 5, 5));
	CHECK(!second_wakes(FUTEX_OP_CMP_GE, -1, 0));
}

TEST(wake_op_bad_second_word)
{
	share_words();
	unsigned op = FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0);

	CHECK_ERRNO(futex(words, FUTEX_WAKE_OP, 1, 1, bad_pointer(), op), EFAULT);
	CHECK_ERRNO(futex(words, FUTEX_WAKE_OP, 1, 1, read_only_page(), op), EFAULT);
	CHECK_ERRNO(futex(words, FUTEX_WAKE_OP, 1, 1, (int *)((char *)words + 2), op), EINVAL);
	CHECK_ERRNO(futex((int *)((char *)words + 2), FUTEX_WAKE_OP, 1, 1, words, op), EINVAL);
	CHECK_ERRNO(futex(bad_pointer(), FUTEX_WAKE_OP, 1, 1, words, op), EFAULT);
}

TEST(bitsets_choose_waiters)
{
	share_words();
	pid_t a = CHILD(CHECK_OK(futex(words, FUTEX_WAIT_BITSET, 0, 0, NULL, 1)));
	pid_t b = CHILD(CHECK_OK(futex(words, FUTEX_WAIT_BITSET, 0, 0, NULL, 2)));

	wait_asleep(a);
	wait_asleep(b);
	CHECK_EQ(futex(words, FUTEX_WAKE_BITSET, 10, 0, NULL, 4), 0);
	CHECK_EQ(futex(words, FUTEX_WAKE_BITSET, 10, 0, NULL, 2), 1);
	JOIN(b);
	CHECK_EQ(futex(words, FUTEX_WAKE, 10, 0, NULL, 0), 1);
	JOIN(a);
	CHECK_ERRNO(futex(words, FUTEX_WAKE_BITSET, 1, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(words, FUTEX_WAIT_BITSET, 0, 0, NULL, 0), EINVAL);
}

TEST(requeue_moves_some_and_refuses_bad_words)
{
	pid_t child[3];

	share_words();
	for (int i = 0; i < 3; i++) {
		child[i] = CHILD(CHECK_OK(futex(words, FUTEX_WAIT, 0, 0, NULL, 0)));
		wait_asleep(child[i]);
	}
	CHECK_ERRNO(futex(words, FUTEX_CMP_REQUEUE, 1, 1, words + 1, 5), EAGAIN);
	CHECK_EQ(futex(words, FUTEX_CMP_REQUEUE, 1, 1, words + 1, 0), 2); /* woken and moved */
	CHECK_EQ(futex(words + 1, FUTEX_WAKE, 10, 0, NULL, 0), 1);
	CHECK_EQ(futex(words, FUTEX_REQUEUE, 0, 10, words + 1, 0), 1);
	CHECK_EQ(futex(words + 1, FUTEX_WAKE, 10, 0, NULL, 0), 1);
	for (int i = 0; i < 3; i++)
		JOIN(child[i]);
	CHECK_ERRNO(futex(words, FUTEX_REQUEUE, 1, 1, bad_pointer(), 0), EFAULT);
	CHECK_ERRNO(futex(words, FUTEX_REQUEUE, -1, 1, words + 1, 0), EINVAL);
	CHECK_ERRNO(futex(words, FUTEX_CMP_REQUEUE, 1, -1, words + 1, 0), EINVAL);
}

/* A child that dies with this list; what its death made of the words is the caller's to look at. */
struct item {
	struct robust_list list;
	int word;
};
static struct {
	struct robust_list_head head;
	struct item item[4];
} *robust;

static void prepare_robust(void)
{
	robust = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(robust != MAP_FAILED);
	robust->head.list.next = &robust->head.list;
	robust->head.futex_offset = offsetof(struct item, word);
}

static void die_with_list(void (*arrange)(void))
{
	pid_t child = CHILD(CHECK_OK(syscall(SYS_set_robust_list, &robust->head, sizeof(robust->head))); arrange());

	JOIN(child);
}

static void hold_three(void)
{
	int tid = gettid();

	robust->head.list.next = &robust->item[0].list;
	robust->item[0].list.next = &robust->item[1].list;
	robust->item[1].list.next = &robust->item[2].list;
	robust->item[2].list.next = &robust->head.list;
	robust->item[0].word = tid;
	robust->item[1].word = tid | FUTEX_WAITERS;
	robust->item[2].word = tid + 1; /* somebody else's */
}

TEST(death_marks_the_words_of_the_list)
{
	int *waited;

	prepare_robust();
	waited = &robust->item[1].word;
	die_with_list(hold_three);
	CHECK_EQ(robust->item[0].word, FUTEX_OWNER_DIED);
	CHECK_EQ(*waited, (int)(FUTEX_OWNER_DIED | FUTEX_WAITERS));
	CHECK(!(robust->item[2].word & FUTEX_OWNER_DIED));
}

static int die_when; /* pipe end */
static void hold_and_wait(void)
{
	char c;

	hold_three();
	CHECK_EQ(read(die_when, &c, 1), 1);
}

TEST(death_wakes_a_waiter)
{
	int go[2], held;

	prepare_robust();
	CHECK_OK(pipe(go));
	die_when = go[0];
	pid_t owner = CHILD(CHECK_OK(syscall(SYS_set_robust_list, &robust->head, sizeof(robust->head)));
			    hold_and_wait());

	wait_asleep(owner);
	held = robust->item[1].word;
	CHECK_EQ(held, (int)(owner | FUTEX_WAITERS));
	pid_t waiter = CHILD(CHECK_OK(futex(&robust->item[1].word, FUTEX_WAIT, held, 0, NULL, 0)));

	wait_asleep(waiter);
	CHECK_EQ(write(go[1], "", 1), 1);
	JOIN(owner);
	JOIN(waiter);
}

static void pending_only(void)
{
	robust->head.list_op_pending = &robust->item[0].list;
	robust->item[0].word = gettid();
}

static void pending_in_list_too(void)
{
	hold_three();
	robust->head.list_op_pending = &robust->item[0].list;
}

static void pending_and_let_go(void)
{
	robust->head.list_op_pending = &robust->item[0].list;
	robust->item[0].word = 0;
}

TEST(death_in_the_middle_of_an_operation)
{
	prepare_robust();
	die_with_list(pending_only);
	CHECK_EQ(robust->item[0].word, FUTEX_OWNER_DIED);
	die_with_list(pending_in_list_too);
	CHECK_EQ(robust->item[0].word, FUTEX_OWNER_DIED);
	robust->head.list_op_pending = NULL;
	robust->head.list.next = &robust->head.list;
	/* It had unlocked and not yet woken: the waiter is woken, the word stays. */
	robust->item[0].word = 0;
	pid_t waiter = CHILD(CHECK_OK(futex(&robust->item[0].word, FUTEX_WAIT, 0, 0, NULL, 0)));

	wait_asleep(waiter);
	die_with_list(pending_and_let_go);
	JOIN(waiter);
	CHECK_EQ(robust->item[0].word, 0);
}

static void broken_pointer(void)
{
	hold_three();
	robust->item[0].list.next = bad_pointer();
}

static void endless(void)
{
	hold_three();
	robust->item[2].list.next = &robust->item[0].list;
}

static void not_aligned(void)
{
	hold_three();
	robust->head.futex_offset += 2;
}

TEST(death_with_a_broken_list)
{
	prepare_robust();
	die_with_list(broken_pointer);
	CHECK_EQ(robust->item[0].word, FUTEX_OWNER_DIED);
	die_with_list(endless);
	CHECK_EQ(robust->item[1].word, (int)(FUTEX_OWNER_DIED | FUTEX_WAITERS));
	die_with_list(not_aligned);
	pid_t child = CHILD(CHECK_OK(syscall(SYS_set_robust_list, bad_pointer(), sizeof(robust->head))));
	JOIN(child);
}

TEST(exec_releases_the_list_too)
{
	char *argv[] = { "x", "--list", NULL };

	prepare_robust();
	pid_t child = CHILD(CHECK_OK(syscall(SYS_set_robust_list, &robust->head, sizeof(robust->head))); hold_three();
			    dup2(open("/dev/null", O_WRONLY), 1); execv("/proc/self/exe", argv));

	JOIN(child);
	CHECK_EQ(robust->item[0].word, FUTEX_OWNER_DIED);
}
