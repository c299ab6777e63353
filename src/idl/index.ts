export { Compiler, type CompileOptions, type CompileResult, compileIdl } from "./compile.ts";
export { type Diagnostic, formatDiagnostic, type Severity } from "./diagnostics.ts";
export { type IdlFileSystem, memoryFileSystem, nodeFileSystem } from "./host.ts";
export type { Location } from "./source.ts";
export type * as Idl from "./model.ts";
export type { ModuleEntry, ModuleStyle, ModuleTable, Place, UserMarshalPlace } from "./print/modules.ts";
export { compileIdlWithLibraries } from "./with-libraries.ts";
export { wellKnownFolder, wellKnownModules } from "./well-known.ts";
