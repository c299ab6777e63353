/** Where cPublicRefs stands in a standard OBJREF ([MS-DCOM] 2.2.18.2): signature, form, IID, flags. */
const publicRefsAt = 28;

/** The same reference as a table would give it: whoever unmarshals it takes references of its own. */
export function withoutReferences(objref: Uint8Array): Uint8Array {
  const copy = objref.slice();
  copy.fill(0, publicRefsAt, publicRefsAt + 4);
  return copy;
}
