import type { Identity, InterfaceProvider } from "../../com/index.ts";

type Host = NonNullable<Identity["host"]>;

/** A runtime as far as objects ask one: the interfaces it provides for them. */
export function hostWith(providers: readonly InterfaceProvider[]): Host {
  return {
    provide(identity, iid) {
      const provider = providers.find((one) => one.interface.iid === iid);
      const target = provider?.provide(identity);
      return provider === undefined || target === undefined
        ? undefined
        : { descriptor: provider.interface, target };
    },
    contractOf: () => undefined,
    finalReleaseFailed: (_, error) => {
      throw error;
    },
    leaks: undefined,
  };
}
