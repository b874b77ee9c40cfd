/* Wake-ups: an eventfd for each slot, written only while the slot has announced that it
 * is about to sleep.
 *
 *   consumer   poll wake_fd ─▶ wake_drain ─▶ work until there is none ─▶ wake_arm ─▶ check once
 * more producer   make the work visible ─▶ wake_armed
 *
 * Arming and disarming are read-modify-write operations on one word, hence in one order
 * for both sides: either the producer finds the slot armed and writes, or the
 * consumer's check after arming sees the work. */
#ifndef SHM_WAKE_H
#define SHM_WAKE_H

struct shm;

/* Readable when the slot has been woken. Owned by shm. */
int wake_fd(const struct shm *shm, unsigned slot);
void wake_drain(struct shm *shm, unsigned slot);
void wake_arm(struct shm *shm, unsigned slot);

/* Wakes and disarms the slot if it is armed. */
void wake_armed(struct shm *shm, unsigned slot);
/* The same of all slots. */
void wake_all_armed(struct shm *shm);
/* Wakes all, armed or not: a producer that was killed may have disarmed a slot without
 * waking it. */
void wake_all(struct shm *shm);

#endif
