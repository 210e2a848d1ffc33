// SPDX-License-Identifier: MIT
/* Misuse of user pointers that the compiler must reject; each such line ends in a mark. */
#include "kernel/gate/uaccess.h"

int deref(int __user *up);
void assign(int __user *up);
int direction(const int __user *up);

int deref(int __user *up)
{
	return *up; /* error */
}

void assign(int __user *up)
{
	int *p = up; /* error */

	(void)p;
}

int direction(const int __user *up)
{
	int v = 0;

	return copy_to_user(up, &v, sizeof(v)); /* error */
}
