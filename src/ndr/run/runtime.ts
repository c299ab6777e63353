import { guidFromBytes } from "../../base/index.ts";
import { getInterface, putInterface } from "./interfaces.ts";
import { getBytes, getNumbers, lengthOf, putGuid, putNumbers, toI64, toSafe, toU64 } from "./numbers.ts";
import {
  alignElements,
  alignUp,
  checkCount,
  claim,
  claimTo,
  count64,
  pad,
  setCount64,
  take,
  takeTo,
  within,
} from "./place.ts";
import { chunkEnds, endChunk, endPipe, joinChunks, pipeEnds } from "./pipes.ts";
import { refuse } from "./refuse.ts";
import {
  checkString,
  getNarrow,
  getWide,
  longest,
  putNarrow,
  putWide,
  receiveWide,
  sendWide,
  unitsOf,
} from "./text.ts";

export type RuntimeName =
  | "alignElements"
  | "alignUp"
  | "checkCount"
  | "checkString"
  | "claim"
  | "claimTo"
  | "chunkEnds"
  | "count64"
  | "endChunk"
  | "endPipe"
  | "getBytes"
  | "getInterface"
  | "getNarrow"
  | "getNumbers"
  | "getWide"
  | "guidFromBytes"
  | "joinChunks"
  | "lengthOf"
  | "longest"
  | "pad"
  | "pipeEnds"
  | "putGuid"
  | "putInterface"
  | "putNarrow"
  | "putNumbers"
  | "putWide"
  | "refuse"
  | "sendWide"
  | "receiveWide"
  | "setCount64"
  | "take"
  | "takeTo"
  | "toI64"
  | "toSafe"
  | "toU64"
  | "unitsOf"
  | "within";

/** The functions that emitted code may call. */
export const runtime: Readonly<Record<RuntimeName, unknown>> = {
  alignElements,
  alignUp,
  checkCount,
  checkString,
  claim,
  claimTo,
  chunkEnds,
  count64,
  endChunk,
  endPipe,
  getBytes,
  getInterface,
  getNarrow,
  getNumbers,
  getWide,
  guidFromBytes,
  joinChunks,
  lengthOf,
  longest,
  pad,
  pipeEnds,
  putGuid,
  putInterface,
  putNarrow,
  putNumbers,
  putWide,
  refuse,
  sendWide,
  receiveWide,
  setCount64,
  take,
  takeTo,
  toI64,
  toSafe,
  toU64,
  unitsOf,
  within,
};
