import {
  CLSID_RecordInfo,
  TypeLibraries,
  marshalRecordInfo,
  recordFinder,
  recordUnmarshaler,
} from "../automation/index.ts";
import { type Runtime, machineOwner } from "../com/index.ts";
import type { RemotingOptions } from "../dcom/index.ts";
import { marshalMoniker, monikerUnmarshalers } from "../naming/index.ts";

/** The objects of the system that travel by value: descriptions of records, also those of registered type libraries, and monikers. */
export function valueMarshaling(
  runtime: Runtime,
): Required<Pick<RemotingOptions, "customMarshal" | "customUnmarshal">> {
  return {
    customMarshal: (iid, object) => marshalMoniker(iid, object) ?? marshalRecordInfo(iid, object),
    customUnmarshal: new Map([
      [
        CLSID_RecordInfo,
        recordUnmarshaler(recordFinder(new TypeLibraries({ registry: runtime.registry.as(machineOwner) }))),
      ],
      ...monikerUnmarshalers(() => runtime),
    ]),
  };
}
