import { ComError } from "../../base/index.ts";
import type { TypeDraft } from "./builder.ts";
import { TypeLibStatus } from "./errors.ts";
import type { TypeDesc, TypeReference } from "./model.ts";

/** The drafts that are left when some are removed, their references following. Throws TYPE_E_INVALIDSTATE for a reference to one that is gone. */
export function renumbered(drafts: readonly TypeDraft[], removed: ReadonlySet<number>): readonly TypeDraft[] {
  if (removed.size === 0) return drafts;
  const places: (number | undefined)[] = [];
  let next = 0;
  for (const index of drafts.keys()) places[index] = removed.has(index) ? undefined : next++;
  return drafts.filter((_, index) => !removed.has(index)).map((draft) => move(draft, places));
}

function move(draft: TypeDraft, places: readonly (number | undefined)[]): TypeDraft {
  const reference = (of: TypeReference): TypeReference => {
    if (!("local" in of)) return of;
    const local = places[of.local];
    if (local !== undefined) return { local };
    throw new ComError(TypeLibStatus.INVALIDSTATE, `${draft.name} uses a type that was removed`);
  };
  const type = (of: TypeDesc): TypeDesc => ({
    ...of,
    ...(of.element === undefined ? {} : { element: type(of.element) }),
    ...(of.reference === undefined ? {} : { reference: reference(of.reference) }),
  });
  return {
    ...draft,
    functions: draft.functions.map((desc) => ({
      ...desc,
      result: type(desc.result),
      params: desc.params.map((param) => ({ ...param, type: type(param.type) })),
    })),
    variables: draft.variables.map((desc) => ({ ...desc, type: type(desc.type) })),
    implTypes: draft.implTypes.map((impl) => ({ ...impl, reference: reference(impl.reference) })),
    alias: draft.alias === undefined ? undefined : type(draft.alias),
  };
}
