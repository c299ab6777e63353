import type { Diagnostics } from "../diagnostics.ts";
import type { Coclass, Entity, Enum, Interface, Method, Model, Param, Union } from "../model.ts";
import { attributeOf, hasAttribute, unalias } from "../model.ts";

/** Finds what is well formed and still wrong. Real files are loose, so only what could not work is an error. */
export function checkModel(model: Model, diagnostics: Diagnostics): void {
  const iids = new Map<string, string>();
  for (const entity of model.entities) {
    checkEntity(entity, diagnostics);
    const uuid = identityOf(entity);
    if (uuid === undefined) continue;
    const other = iids.get(uuid);
    if (other === undefined) iids.set(uuid, entity.name);
    else if (other !== entity.name)
      diagnostics.warning(entity.place, `${entity.name} has the same UUID as ${other}`);
  }
}

function identityOf(entity: Entity): string | undefined {
  switch (entity.kind) {
    case "interface":
    case "dispinterface":
      return entity.iid;
    case "coclass":
      return entity.clsid;
    default:
      return undefined;
  }
}

function checkEntity(entity: Entity, diagnostics: Diagnostics): void {
  switch (entity.kind) {
    case "interface":
      checkInterface(entity, diagnostics);
      return;
    case "dispinterface":
      checkIds(entity.methods, diagnostics);
      return;
    case "coclass":
      checkCoclass(entity, diagnostics);
      return;
    case "union":
      checkUnion(entity, diagnostics);
      return;
    case "enum":
      checkEnum(entity, diagnostics);
      return;
    case "alias":
    case "struct":
    case "constant":
    case "module":
    case "library":
      return;
    default:
      entity satisfies never;
  }
}

function checkInterface(entity: Interface, diagnostics: Diagnostics): void {
  const hasWire = entity.methods.some((it) => !it.local);
  if (entity.iid === undefined && !entity.local && hasWire && !attributeOf(entity.attributes, "uuid")) {
    diagnostics.warning(
      entity.place,
      `interface ${entity.name} has no uuid, so it cannot be called remotely`,
    );
  }
  const names = new Map<string, Method>();
  for (const method of entity.methods) {
    checkMethod(method, diagnostics);
    const other = names.get(method.name);
    if (other !== undefined && !method.callback) {
      diagnostics.warning(method.place, `interface ${entity.name} has two methods called ${method.name}`);
    }
    names.set(method.name, method);
  }
  checkIds(entity.methods, diagnostics);
}

function checkMethod(method: Method, diagnostics: Diagnostics): void {
  method.params.forEach((param, index) => {
    if (param.out && !canCarry(param)) {
      diagnostics.warning(param.place, `[out] parameter ${param.name} of ${method.name} is no pointer`);
    }
    if (!param.retval) return;
    if (!param.out)
      diagnostics.warning(param.place, `[retval] parameter ${param.name} of ${method.name} is not [out]`);
    else if (index < method.params.length - 1 && !method.params.slice(index + 1).every(isOptionalOut)) {
      diagnostics.warning(param.place, `[retval] parameter ${param.name} of ${method.name} is not the last`);
    }
  });
}

/** Something may stand behind the return value in old files: an [out] with a default. */
function isOptionalOut(param: Param): boolean {
  return hasAttribute(param.attributes, "optional") || hasAttribute(param.attributes, "lcid");
}

function canCarry(param: Param): boolean {
  const plain = unalias(param.type);
  switch (plain.kind) {
    case "pointer":
    case "array":
    case "safearray":
    case "pipe":
    case "unknown":
    case "function":
      return true;
    case "interface":
    case "dispinterface":
    case "coclass":
      return false;
    default:
      // A context handle or another typedef that hides a pointer, and BSTRs of old ODL.
      return param.type.kind === "alias" && hasAttribute(param.type.attributes, "context_handle");
  }
}

/** Two members of one interface with one DISPID must be the forms of one property. */
function checkIds(methods: readonly Method[], diagnostics: Diagnostics): void {
  const ids = new Map<number, Method>();
  for (const method of methods) {
    if (method.dispId === undefined || attributeOf(method.attributes, "id") === undefined) continue;
    const other = ids.get(method.dispId);
    if (other === undefined) ids.set(method.dispId, method);
    else if (other.idlName !== method.idlName && other.invoke === method.invoke) {
      diagnostics.warning(method.place, `${method.idlName} has the same id as ${other.idlName}`);
    }
  }
}

function checkCoclass(entity: Coclass, diagnostics: Diagnostics): void {
  // Classes of the Windows Runtime stand in no library and have none.
  if (entity.clsid === undefined && entity.library !== undefined && !attributeOf(entity.attributes, "uuid")) {
    diagnostics.warning(entity.place, `coclass ${entity.name} has no uuid`);
  }
  for (const source of [false, true]) {
    const defaults = entity.interfaces.filter((it) => it.source === source && it.default);
    if (defaults.length > 1) {
      diagnostics.error(
        entity.place,
        `coclass ${entity.name} has ${defaults.length} default ${source ? "source " : ""}interfaces`,
      );
    }
  }
}

function checkUnion(entity: Union, diagnostics: Diagnostics): void {
  const seen = new Set<number>();
  let hasDefault = false;
  for (const arm of entity.arms) {
    for (const label of arm.cases) {
      if (seen.has(label)) diagnostics.error(arm.place, `case ${label} stands twice in union ${entity.name}`);
      seen.add(label);
    }
    if (arm.isDefault && hasDefault)
      diagnostics.error(arm.place, `union ${entity.name} has two default arms`);
    hasDefault ||= arm.isDefault;
  }
}

function checkEnum(entity: Enum, diagnostics: Diagnostics): void {
  const seen = new Set<string>();
  for (const value of entity.values) {
    if (seen.has(value.name))
      diagnostics.error(entity.place, `${value.name} stands twice in enum ${entity.name}`);
    seen.add(value.name);
  }
}
