import type { RegOperation } from "./reg-parse.ts";
import type { RegistryEditor } from "./registry.ts";

/** Carries out what a .reg file says. */
export function applyOperations(editor: RegistryEditor, operations: readonly RegOperation[]): void {
  for (const operation of operations) {
    switch (operation.kind) {
      case "create":
        editor.create(operation.key);
        break;
      case "deleteTree":
        editor.deleteTree(operation.key);
        break;
      case "set":
        editor.set(operation.key, operation.value.name, operation.value.data, operation.value.type);
        break;
      case "unset":
        editor.unset(operation.key, operation.name);
        break;
    }
  }
}
