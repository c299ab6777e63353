import type { Contender } from "../contender.js";
import { bareCoalesced, barePerFrame } from "./bare.js";
import { capnweb } from "./capnweb.js";
import { comity } from "./comity.js";
import { grpc } from "./grpc.js";
import { ipc } from "./ipc.js";
import { jsonRpc } from "./jsonrpc.js";

export const contenders: readonly Contender[] = [
  bareCoalesced,
  barePerFrame,
  ...comity,
  grpc,
  capnweb,
  jsonRpc,
  ipc,
];
