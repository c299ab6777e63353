import { Duplex } from "node:stream";

export { Duplex };

/** Two streams, each the other's far end. (stream.duplexPair came after Node 20.) */
export function duplexPair(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write(chunk, _encoding, done) {
        setImmediate(() => {
          other().push(chunk);
          done();
        });
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  return [a, b];
}
