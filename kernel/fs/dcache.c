// SPDX-License-Identifier: MIT
/*
 * The name cache: one hash table of (parent, name) for all file systems.
 *
 * Invariants: a hashed entry holds a reference on itself, so a reference count of zero means that the
 * entry is unhashed and about to be freed; an entry holds a reference on its parent and its inode; a
 * negative entry may become positive once, a positive one never changes its inode until it is freed.
 * Where the dcache is the directory (sb->complete) only positive entries are hashed and they stay until
 * they are unlinked.  Other entries, negative ones too, are kept in order of age and the oldest unused
 * ones are dropped when there are more than DCACHE_KEEP.
 *
 * size: hash chains, ageing and reference rules share the stripe locks and are read together.
 * Locks: stripe locks guard the chains (a chain belongs to one stripe whatever the size of the table);
 * look-ups need none: they run under RCU and are validated by walk_seq, because renames and growing
 * move entries between chains.  parent->lock guards children, lru_lock the list of age.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/fs/inotify.h"
#include <linux/limits.h>

#define STRIPES     16
#define FIRST_SIZE  256
#define DCACHE_KEEP 4096

struct dcache_table {
	u32 mask;
	u32 order; /* of the pages that hold the chains */
	struct hlist_head *chain;
	struct rcu_head rcu;
};

struct long_name { /* of an entry whose name does not fit inline */
	struct rcu_head rcu;
	char text[];
};

static struct slab_cache *dentry_slab;
static struct dcache_table *table; /* [rcu, all stripes] */
static struct spinlock stripe[STRIPES];
static u32 nr_hashed; /* [atomic] */
static struct spinlock lru_lock;
static LIST_HEAD(lru); /* [lru_lock] oldest first */
static u32 nr_lru; /* [lru_lock] */

u32 walk_seq;
struct spinlock walk_lock;

void walk_write_begin(void)
{
	spin_lock(&walk_lock);
	WRITE_ONCE(walk_seq, walk_seq + 1);
	smp_mb(); /* before the changes, and before reference counts are looked at */
}

void walk_write_end(void)
{
	atomic_store(&walk_seq, walk_seq + 1);
	spin_unlock(&walk_lock);
}

u32 dentry_hash_name(const struct dentry *parent, const char *name, size_t len)
{
	u32 h = name_hash_start(parent);

	for (size_t i = 0; i < len; i++)
		h = name_hash_add(h, name[i]);
	return h;
}

static inline struct hlist_head *chain_of(struct dcache_table *t, u32 hash)
{
	return &t->chain[(hash ^ hash >> 16) & t->mask];
}

static inline struct spinlock *stripe_of(u32 hash)
{
	return &stripe[(hash ^ hash >> 16) % STRIPES];
}

/* Stops at the end of the shorter one, so a name that is being replaced is never overrun. */
static inline bool name_equal(const char *a, const char *b, u32 len)
{
	for (u32 i = 0; i < len; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

struct dentry *dentry_find_rcu(const struct dentry *parent, const struct qstr *name)
{
	struct dcache_table *t = rcu_dereference(table);
	struct dentry *d;

	hlist_for_each(d, chain_of(t, name->hash), hash)
	{
		if (d->name.hash == name->hash && d->parent == parent && d->name.len == name->len &&
		    name_equal(name->name, READ_ONCE(d->name.name), name->len))
			return d;
	}
	return NULL;
}

static struct dentry *find_locked(const struct dentry *parent, const struct qstr *name)
{
	struct dentry *d = dentry_find_rcu(parent, name);

	if (d)
		dentry_get(d); /* hashed: the count is not zero */
	return d;
}

struct dentry *dentry_find(struct dentry *parent, const struct qstr *name)
{
	guard(spinlock)(stripe_of(name->hash));
	return find_locked(parent, name);
}

/* ---- growing ------------------------------------------------------------------------------------ */

static void table_free_rcu(struct rcu_head *head)
{
	struct dcache_table *t = container_of(head, struct dcache_table, rcu);

	page_free(virt_to_page(t->chain), t->order);
	kfree(t);
}

static struct dcache_table *table_create(u32 size)
{
	struct dcache_table *t = kmalloc(sizeof(*t), 0);
	struct page *p;
	u32 order = 0;

	while ((PAGE_SIZE << order) < size * sizeof(struct hlist_head))
		order++;
	p = t ? page_alloc(order, ALLOC_ZERO) : NULL;
	if (!p) {
		kfree(t);
		return NULL;
	}
	t->mask = size - 1;
	t->order = order;
	t->chain = page_to_virt(p);
	return t;
}

/*
 * Four times as many chains; look-ups that miss meanwhile notice walk_seq.  Without memory chains get
 * longer.
 */
static void dcache_grow(u32 old_mask) __no_lock_analysis /* takes every stripe, in a loop */
{
	struct dcache_table *new = table_create((old_mask + 1) * 4), *old;

	if (!new)
		return;
	walk_write_begin();
	for (int i = 0; i < STRIPES; i++)
		spin_lock(&stripe[i]);
	old = table;
	if (old->mask == old_mask) {
		for (u32 i = 0; i <= old_mask; i++) {
			while (old->chain[i].first) {
				struct dentry *d = container_of(old->chain[i].first, struct dentry, hash);

				hlist_del(&d->hash);
				hlist_add(&d->hash, chain_of(new, d->name.hash));
			}
		}
		rcu_assign_pointer(table, new);
		new = old;
	}
	for (int i = STRIPES - 1; i >= 0; i--)
		spin_unlock(&stripe[i]);
	walk_write_end();
	call_rcu(&new->rcu, table_free_rcu);
}

/* ---- life --------------------------------------------------------------------------------------- */

static char *long_name_alloc(u32 len)
{
	struct long_name *n = kmalloc(sizeof(*n) + len + 1, 0);

	return n ? n->text : NULL;
}

static void long_name_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct long_name, rcu));
}

static int dentry_alloc(struct dentry *parent, const struct qstr *name, struct super *sb, struct dentry **out)
{
	struct dentry *d = slab_alloc(dentry_slab, ALLOC_ZERO);
	char *text;

	if (!d)
		return -ENOMEM;
	text = d->inline_name;
	if (name->len >= sizeof(d->inline_name) && !(text = long_name_alloc(name->len))) {
		slab_free(dentry_slab, d);
		return -ENOMEM;
	}
	memcpy(text, name->name, name->len);
	text[name->len] = 0;
	d->name = (struct qstr){ text, name->len, name->hash };
	d->refs = 1;
	d->sb = sb;
	d->parent = parent ? parent : d;
	if (parent)
		dentry_get(parent);
	spin_lock_init(&d->lock);
	list_init(&d->children);
	list_init(&d->sibling);
	list_init(&d->lru);
	*out = d;
	return 0;
}

int dentry_alloc_named(struct super *sb, struct inode *inode, const char *name, struct dentry **out)
{
	const struct qstr q = { name, (u32)strlen(name), 0 };
	int err = dentry_alloc(NULL, &q, sb, out);

	if (err)
		return err;
	WRITE_ONCE((*out)->flags, DENTRY_PINNED);
	(*out)->inode = inode;
	return 0;
}

int dentry_alloc_root(struct super *sb, struct inode *root, struct dentry **out)
{
	return dentry_alloc_named(sb, root, "/", out);
}

int dentry_alloc_unlinked(struct dentry *parent, const char *name, struct inode *inode, struct dentry **out)
{
	const struct qstr q = { name, (u32)strlen(name), 0 };
	int err = dentry_alloc(parent, &q, parent->sb, out);

	if (err)
		return err;
	WRITE_ONCE((*out)->flags, DENTRY_UNLINKED);
	(*out)->inode = inode;
	return 0;
}

static void dentry_free_rcu(struct rcu_head *head)
{
	struct dentry *d = container_of(head, struct dentry, rcu);

	if (d->name.name != d->inline_name)
		kfree(container_of(d->name.name, struct long_name, text));
	slab_free(dentry_slab, d);
}

static void lru_remove(struct dentry *d)
{
	if (list_empty(&d->lru))
		return;
	guard(spinlock)(&lru_lock);
	if (!list_empty(&d->lru)) {
		list_del_init(&d->lru);
		nr_lru--;
	}
}

/* Takes the entry out of its chain; true when this caller did it and so owns the chain's reference. */
static bool dentry_unhash(struct dentry *d)
{
	guard(spinlock)(stripe_of(d->name.hash));
	if (hlist_unhashed(&d->hash))
		return false;
	hlist_del(&d->hash);
	atomic_sub(&nr_hashed, 1);
	return true;
}

/* Unhashes and takes over the last reference, or does nothing when the entry is in use. */
static bool dentry_claim_unused(struct dentry *d)
{
	guard(spinlock)(stripe_of(d->name.hash));
	if (hlist_unhashed(&d->hash) || !atomic_cas(&d->refs, 1u, 0u))
		return false;
	hlist_del(&d->hash);
	atomic_sub(&nr_hashed, 1);
	return true;
}

/* Drops a reference; true when it was the last and the caller has to kill the entry. */
static inline bool dentry_release(struct dentry *d)
{
	u32 left;
	bool mine;

	if (likely(!(READ_ONCE(d->flags) & DENTRY_NOCACHE)))
		return unlikely(!atomic_sub(&d->refs, 1));
	/* Entries that are not kept: the last user takes them out of the table. */
	rcu_read_lock(); /* somebody else may free it between the count and the claim */
	left = atomic_sub(&d->refs, 1);
	mine = !left || (left == 1 && dentry_claim_unused(d));
	rcu_read_unlock();
	return mine;
}

/* The count is zero and the entry unhashed: nobody can find it any more.  Iterates towards the root. */
static void dentry_kill(struct dentry *d)
{
	for (;;) {
		struct dentry *parent = d->parent;
		struct inode *inode = d->inode;

		lru_remove(d);
		if (!list_empty(&d->sibling)) {
			guard(spinlock)(&parent->lock);
			list_del_init(&d->sibling);
		}
		call_rcu(&d->rcu, dentry_free_rcu);
		if (inode) {
			notify_dentry_gone(inode);
			inode_put(inode);
		}
		if (parent == d || !dentry_release(parent))
			return;
		d = parent;
	}
}

void dentry_put(struct dentry *d)
{
	if (dentry_release(d))
		dentry_kill(d);
}

void dentry_drop(struct dentry *d)
{
	if (dentry_unhash(d))
		dentry_put(d);
}

/* Drops the oldest unused entries of file systems that can be asked again, until `keep` are left. */
static void dcache_shrink(u32 scan, u32 keep)
{
	while (scan--) {
		struct dentry *d = NULL;

		rcu_read_lock();
		spin_lock(&lru_lock);
		if (nr_lru > keep) {
			d = list_first(&lru, struct dentry, lru);
			list_move_tail(&d->lru, &lru); /* in use: another round */
		}
		spin_unlock(&lru_lock);

		bool mine = d && dentry_claim_unused(d);

		rcu_read_unlock();
		if (mine)
			dentry_kill(d);
		if (!d)
			return;
	}
}

#ifdef CONFIG_DEBUG
void dcache_prune(void)
{
	dcache_shrink(4 * READ_ONCE(nr_lru), 0);
}
#endif

/*
 * Puts d into its chain unless the name is there: then the other entry is returned with a reference.
 * *mask is that of the table then.
 */
static struct dentry *chain_insert(struct dentry *d, u32 *mask)
{
	struct dentry *parent = d->parent, *other;

	spin_lock(&parent->lock);
	spin_lock(stripe_of(d->name.hash));
	other = find_locked(parent, &d->name);
	*mask = table->mask;
	if (!other) {
		dentry_get(d);
		hlist_add(&d->hash, chain_of(table, d->name.hash));
		list_add_tail(&d->sibling, &parent->children);
	}
	spin_unlock(stripe_of(d->name.hash));
	spin_unlock(&parent->lock);
	return other;
}

/* As chain_insert(); keeps the table large enough, and few old entries. */
static struct dentry *dentry_publish(struct dentry *d)
{
	u32 mask;
	struct dentry *other = chain_insert(d, &mask);

	if (other)
		return other;
	if (unlikely(atomic_add(&nr_hashed, 1) > 2 * (mask + 1)))
		dcache_grow(mask);
	if (d->sb->complete || (READ_ONCE(d->flags) & (DENTRY_PINNED | DENTRY_NOCACHE)))
		return NULL;
	spin_lock(&lru_lock);
	list_add_tail(&d->lru, &lru);
	nr_lru++;
	spin_unlock(&lru_lock);
	if (READ_ONCE(nr_lru) > DCACHE_KEEP)
		dcache_shrink(8, DCACHE_KEEP);
	return NULL;
}

void dentry_hash(struct dentry *d)
{
	if (hlist_unhashed(&d->hash))
		BUG_ON(dentry_publish(d)); /* the directory is locked for writing: nobody else adds names */
}

void dentry_instantiate(struct dentry *d, struct inode *i)
{
	rcu_assign_pointer(d->inode, i);
}

/* ---- look-up -------------------------------------------------------------------------------------- */

int dentry_lookup_locked(struct dentry *parent, const struct qstr *name, struct dentry **out)
{
	struct dentry *d = dentry_find(parent, name);
	struct inode *dir = parent->inode;
	int err;

	if (d && (!(READ_ONCE(d->flags) & DENTRY_NOCACHE) || d->sb->complete)) {
		*out = d;
		return 0;
	}
	if (d) {
		dentry_drop(d);
		dentry_put(d);
	}
	if (READ_ONCE(parent->flags) & DENTRY_DEAD_DIR)
		return -ENOENT;
	if (unlikely(name->len > NAME_MAX))
		return -ENAMETOOLONG;
	if ((err = dentry_alloc(parent, name, parent->sb, &d)))
		return err;
	if (!parent->sb->complete) {
		if (!dir->ops->lookup)
			err = -ENOTDIR;
		else
			err = dir->ops->lookup(dir, d);
		if (err) {
			dentry_put(d);
			return err;
		}

		/* Several tasks may ask at once (the lock is shared): the first to publish wins. */
		struct dentry *other = dentry_publish(d);

		if (other) {
			dentry_put(d);
			d = other;
		}
	}
	*out = d;
	return 0;
}

int dentry_lookup(struct dentry *parent, const char *name, size_t len, struct dentry **out)
{
	const struct qstr q = { name, (u32)len, dentry_hash_name(parent, name, len) };
	struct dentry *d = dentry_find(parent, &q);

	if (d && !(READ_ONCE(d->flags) & DENTRY_NOCACHE)) {
		*out = d;
		return 0;
	}
	if (d)
		dentry_put(d);
	guard(read)(&parent->inode->rwsem);
	return dentry_lookup_locked(parent, &q, out);
}

/* ---- unlink, rename ---------------------------------------------------------------------------------- */

void dentry_unlink(struct dentry *d)
{
	atomic_or(&d->flags, DENTRY_UNLINKED | (S_ISDIR(d->inode->mode) ? DENTRY_DEAD_DIR : 0));
	dentry_drop(d);
}

/* Frees what a move replaced, or what it was to use, after readers are gone. */
void dentry_move_names_free(char *names[2])
{
	for (int i = 0; i < 2; i++)
		if (names[i])
			call_rcu(&container_of(names[i], struct long_name, text)->rcu, long_name_free_rcu);
}

int dentry_alloc_twin(const struct dentry *d, struct dentry **out)
{
	return dentry_alloc(d->parent, &d->name, d->sb, out);
}

/* Names of the two entries after the move, allocated while it can still fail. */
int dentry_move_prepare(const struct dentry *d, const struct dentry *target, bool exchange, char *names[2])
{
	names[0] = long_name_alloc(target->name.len);
	names[1] = exchange ? long_name_alloc(d->name.len) : NULL;
	if (!names[0] || (exchange && !names[1])) {
		dentry_move_names_free(names);
		return -ENOMEM;
	}
	memcpy(names[0], target->name.name, target->name.len + 1);
	if (exchange)
		memcpy(names[1], d->name.name, d->name.len + 1);
	return 0;
}

static void rehash(struct dentry *d, struct dentry *parent, struct qstr name)
{
	struct dentry *old = d->parent;

	spin_lock(stripe_of(d->name.hash));
	hlist_del(&d->hash);
	spin_unlock(stripe_of(d->name.hash));
	if (old != parent) {
		spin_lock(&old->lock);
		list_del(&d->sibling);
		spin_unlock(&old->lock);
		spin_lock(&parent->lock);
		list_add_tail(&d->sibling, &parent->children);
		spin_unlock(&parent->lock);
	}
	spin_lock(&d->lock);
	d->parent = parent;
	d->name = name;
	spin_unlock(&d->lock);
	spin_lock(stripe_of(name.hash));
	hlist_add(&d->hash, chain_of(table, name.hash));
	spin_unlock(stripe_of(name.hash));
}

/*
 * d takes target's place, and twin, if there is one, d's own.  The caller holds both directories' rwsem and
 * is inside the walk_seq write section; a target that is not exchanged is already unhashed.  On return
 * names[] has the old text, for dentry_move_names_free(), and the caller owes dentry_put() of the old parent
 * when it has changed.
 */
void dentry_move(struct dentry *d, struct dentry *target, bool exchange, struct dentry *twin, char *names[2])
{
	struct dentry *from = d->parent, *to = target->parent;
	const char *old_d = d->name.name, *old_t = target->name.name;
	struct qstr dn = { names[0], target->name.len, target->name.hash };
	struct qstr tn = { names[1], d->name.len, d->name.hash };
	u32 mask; /* the table grows another time: not in here */

	rehash(d, to, dn);
	if (twin) {
		BUG_ON(chain_insert(twin, &mask));
		atomic_add(&nr_hashed, 1);
	}
	if (exchange)
		rehash(target, from, tn);
	else if (from != to)
		atomic_add(&to->refs, 1); /* the caller drops the one on `from` */
	names[0] = old_d == d->inline_name ? NULL : (char *)old_d;
	names[1] = !exchange || old_t == target->inline_name ? NULL : (char *)old_t;
}

/* ---- end of a file system ------------------------------------------------------------------------------ */

/* Any leaf below root with a reference, or NULL when root has no children. */
static struct dentry *leaf_get(struct dentry *root)
{
	struct dentry *d = root;

	dentry_get(d);
	for (;;) {
		struct dentry *child = NULL, *c;

		spin_lock(&d->lock);
		list_for_each(c, &d->children, sibling) {
			if (ref_get_unless_zero(&c->refs)) {
				child = c;
				break;
			}
		}
		spin_unlock(&d->lock);
		if (!child)
			break;
		dentry_put(d);
		d = child;
	}
	if (d == root) {
		dentry_put(d);
		return NULL;
	}
	return d;
}

void dcache_drop_super(struct super *sb)
{
	struct dentry *d;

	while ((d = leaf_get(sb->root))) {
		if (dentry_unhash(d))
			dentry_put(d);
		/* Unhashed by somebody who still holds it: not a child to wait for. */
		spin_lock(&d->parent->lock);
		list_del_init(&d->sibling);
		spin_unlock(&d->parent->lock);
		dentry_put(d);
	}
}

void dcache_init(void)
{
	for (int i = 0; i < STRIPES; i++)
		spin_lock_init(&stripe[i]);
	dentry_slab = slab_cache_create("dentry", sizeof(struct dentry), 64);
	table = table_create(FIRST_SIZE);
	if (!table)
		panic("dcache: no memory");
}
