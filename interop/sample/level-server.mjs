/*
 * The example calculator as a server that takes calls at a level of choice: LEVEL is the least it accepts and the one it calls back with.
 */
import { Runtime } from "comity";
import calculator from "@comity/example-calculator";

const level = Number(process.env.LEVEL);
const { PEER_USER: user, PEER_PASSWORD: password } = process.env;
const runtime = await Runtime.open({
  credentials: { user, password },
  remoting: { minimumLevel: level, authenticationLevel: level, authenticationHint: level },
});
await runtime.registerClassObjects(calculator);
console.log("ready");
