import type { MachineSnapshot, ProcessSnapshot } from "../snapshot.ts";
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
      holders: process.holders.map(({ oid, oxids, sets }) => {
        return { oid: formatU64(oid), oxids: oxids.map(formatU64), sets };
      }),
    })),
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
      sets: pings.number("sets"),
      objects: pings.number("objects"),
      entries: pings.number("entries"),
      pinging: pings.records("pinging").map((item) => {
        return { machine: item.text("machine"), objects: item.number("objects") };
      }),
    },
  };
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
    holders: fields.records("holders").map((item) => {
      return { oid: item.u64("oid"), oxids: item.u64s("oxids"), sets: item.number("sets") };
    }),
  };
}
