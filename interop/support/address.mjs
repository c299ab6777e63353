import { connect } from "node:net";

/** A loopback address, from 127.0.0.`from` on, where nobody listens on any of the ports. */
export async function freeAddress(from, ports) {
  for (let last = from; last < from + 20; last++) {
    const address = `127.0.0.${last}`;
    const taken = await Promise.all(ports.map((port) => answers(address, port)));
    if (!taken.includes(true)) return address;
  }
  throw new Error(`no loopback address has ports ${ports.join(", ")} free`);
}

function answers(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
