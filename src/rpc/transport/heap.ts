import { MessageChannel } from "node:worker_threads";

/** 16 MiB: above this size glibc stops adapting. */
const size = 16 * 1024 * 1024;
let told = false;

/**
 * Teaches the C library's allocator to keep what we free. glibc returns freed memory at the top of its heap to the system until it has once seen a large
 * block freed; then it raises its thresholds for good (mallopt(3), M_TRIM_THRESHOLD: "dynamic"). Without this, every message of 64 KiB faults its
 * pages in anew, which costs more than all the rest of the call. Where the allocator is another one this does nothing. Once per process; the block is
 * never touched, so it takes no memory.
 */
export function keepFreedMemory(): void {
  if (told) return;
  told = true;
  const block = new ArrayBuffer(size);
  // A message to a closed port is dropped at once, and what was moved into it freed, without waiting for the garbage collector.
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(block, [block]);
  port1.close();
}
