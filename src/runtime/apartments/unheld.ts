import type { DcomRemoting, Oid } from "../../dcom/index.ts";
import type { ThreadHub } from "./contract.ts";

/** How often the threads are asked, and milliseconds in between. A reference that is on its way arrives meanwhile. */
const mostRounds = 30;
const pause = 50;
/** Rounds in a row in which nobody may hold an object. */
const cleanRounds = 2;

/**
 * A thread has ended without giving back what it held: of the objects that never left the process, those that no other thread holds are released. All others
 * wait for the pings of those who may hold them, as after the end of any client.
 */
export async function releaseUnheld(
  { table, oxid }: DcomRemoting["side"]["exporter"],
  hub: ThreadHub,
): Promise<void> {
  const unheld = new Set<Oid>(table.heldByThreads());
  for (let round = 0, clean = 0; round < mostRounds && unheld.size > 0; round++) {
    const held = await hub.heldBy(oxid);
    clean = held === undefined ? 0 : clean + 1;
    for (const oid of held ?? []) unheld.delete(oid);
    if (clean >= cleanRounds) {
      const still = new Set(table.heldByThreads());
      table.abandon([...unheld].filter((oid) => still.has(oid)));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
