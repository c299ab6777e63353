import { type Ace, AceFlag, type SecurityDescriptor } from "./security-descriptor.ts";
import { WellKnownSid } from "./sid.ts";

const { objectInherit, containerInherit, noPropagate, inheritOnly, inherited } = AceFlag;

/**
 * What an object `levels` below one with this descriptor has, when nothing on the way says otherwise ([MS-DTYP] 2.5.3.4): the entries that are inherited by
 * containers. A list in which no entry says anything of inheritance holds for everything below. Undefined when nothing is inherited.
 * With `owner` the object is that one's, and CREATOR OWNER means it.
 */
export function inheritedDescriptor(
  { owner, group, dacl, control }: SecurityDescriptor,
  levels: number,
  creator: string | undefined = owner,
): SecurityDescriptor | undefined {
  const own = { owner: creator, group, control: 0 };
  if (dacl === undefined || dacl === null) return { ...own, dacl: null };
  if (dacl.every(({ flags }) => (flags & ~inherited) === 0)) return { ...own, dacl, control };
  const list = dacl
    .filter(({ flags }) => (flags & containerInherit) !== 0 && (levels === 1 || (flags & noPropagate) === 0))
    .flatMap((ace) => below(ace, creator, group));
  return list.length === 0 ? undefined : { ...own, dacl: list };
}

/** An entry as the objects one level below have it. */
function below(ace: Ace, owner: string | undefined, group: string | undefined): Ace[] {
  const propagates = (ace.flags & noPropagate) === 0;
  const flags = (propagates ? ace.flags & (objectInherit | containerInherit) : 0) | inherited;
  const meant =
    ace.sid === WellKnownSid.creatorOwner ? owner : ace.sid === WellKnownSid.creatorGroup ? group : ace.sid;
  if (meant === ace.sid) return [{ ...ace, flags }];
  const onward = propagates ? [{ ...ace, flags: flags | inheritOnly }] : [];
  return meant === undefined ? onward : [{ ...ace, sid: meant, flags: inherited }, ...onward];
}
