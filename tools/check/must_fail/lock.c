// SPDX-License-Identifier: MIT
/* Misuse of locks that the analysis of locks must reject; each such line ends in a mark. */
#include "kernel/sync/guard.h"

struct counter {
	u32 value __guarded_by(&lock);
	struct mutex lock;
};

void leave(struct counter *c);
u32 look(struct counter *c);
u32 look_after(struct counter *c);
void add_locked(struct counter *c) __must_hold(&c->lock);
void call(struct counter *c);
u32 sound(struct counter *c);

void leave(struct counter *c)
{
	mutex_lock(&c->lock);
	c->value++;
} /* error */

u32 look(struct counter *c)
{
	return c->value; /* error */
}

u32 look_after(struct counter *c)
{
	{
		guard(mutex)(&c->lock);
		c->value++;
	}
	return c->value; /* error */
}

void add_locked(struct counter *c)
{
	c->value++;
}

void call(struct counter *c)
{
	add_locked(c); /* error */
}

u32 sound(struct counter *c)
{
	guard(mutex)(&c->lock);
	add_locked(c);
	return c->value;
}
