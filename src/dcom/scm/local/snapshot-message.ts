import type { MachineSnapshot, PingSetSnapshot, ProcessSnapshot } from "../snapshot.ts";
import { type Fields, formatU64 } from "./fields.ts";
import { readBindings, readStatus, writeBindings, writeStatus } from "./messages.ts";

export function writeSnapshot(value: MachineSnapshot): object {
  return {
    ...value,
    resolver: writeBindings(value.resolver),
    processes: value.processes.map((process) => ({
      ...process,
      oxid: formatU64(process.oxid),
      status: process.status && writeStatus(process.status),
    })),
    pings: {
      ...value.pings,
      sets: value.pings.sets.map(({ id, objects, quietFor }) => {
        return { id: formatU64(id), objects: objects.map(formatU64), quietFor };
      }),
    },
  };
}

export function readSnapshot(fields: Fields): MachineSnapshot {
  const pings = fields.record("pings");
  return {
    home: fields.text("home"),
    pid: fields.number("pid"),
    resolver: readBindings(fields.record("resolver")),
    pingPeriod: fields.number("pingPeriod"),
    launching: fields.number("launching"),
    processes: fields.records("processes").map(readProcess),
    pings: {
      objects: pings.number("objects"),
      pinging: pings.records("pinging").map((item) => {
        return { machine: item.text("machine"), objects: item.number("objects") };
      }),
      sets: pings.records("sets").map(readSet),
    },
  };
}

function readSet(fields: Fields): PingSetSnapshot {
  return { id: fields.u64("id"), objects: fields.u64s("objects"), quietFor: fields.number("quietFor") };
}

function readProcess(fields: Fields): ProcessSnapshot {
  return {
    pid: fields.number("pid"),
    name: fields.text("name"),
    oxid: fields.u64("oxid"),
    endpoints: fields.texts("endpoints"),
    launched: fields.flag("launched"),
    surrogateFor: fields.optionalText("surrogateFor"),
    classes: fields.records("classes").map((item) => {
      return {
        clsid: item.guid("clsid"),
        name: item.text("name"),
        uses: item.text("uses"),
        suspended: item.flag("suspended"),
      };
    }),
    status: fields.raw("status") === undefined ? undefined : readStatus(fields.record("status")),
  };
}
