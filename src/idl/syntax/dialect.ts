/** Texts that are called .idl and are another language: what gives each away, looked for in the text without comments. */
const languages: readonly (readonly [name: string, signs: RegExp])[] = [
  ["a template of a code wizard", /\[![A-Za-z]|^%%|\$\w+\$|\{\{ *\w+ *\}\}/m],
  [
    "Mozilla XPIDL",
    /\[[^\]]{0,500}\bscriptable\b[^\]]{0,500}\]\s*interface|%\{\s*C\+\+|\binterface\s+nsI\w+\s*:\s*nsISupports\b/,
  ],
  [
    "IDL of UNO",
    /\bmodule\s+com\s*\{\s*module\b|\bpublished\s+(?:interface|service|struct|enum)\b|::com::sun::star/,
  ],
  [
    "IDL of Samba (pidl)",
    /\bbitmap\s+\w*\s*\{|\[\s*(?:bitmap|enum)(?:8|16|32)bit|\bidl_types\.h\b|\b(?:uint(?:8|16|32)|hyper|NTSTATUS|WERROR|DATA_BLOB)\b[^;]{0,500}\[(?:public|nopush|nopull|noprint|flag)|\[[^\]]{0,500}\b(?:nopush|nopull|noprint|nodiscriminant|relative|subcontext|flag\s*\(\s*(?:NDR|LIBNDR|STR)_\w+)/,
  ],
  [
    "WebIDL",
    /\b(?:partial|callback)\s+interface\b|\binterface\s+mixin\b|\bdictionary\s+\w+\s*(?::\s*\w+\s*)?\{|\breadonly\s+attribute\s+(?:DOMString|boolean|unsigned|long|USVString)\b|\[\s*(?:Exposed|JSGlobalContext|Conditional|InterfaceUUID|LegacyUnforgeable)\s*[=,\]]|\bDOMString\b/,
  ],
  [
    "CORBA IDL",
    /\b(?:valuetype|raises\s*\(|eventtype)\b|\b(?:readonly\s+)?attribute\s+[\w:<>, ]+;|\bsequence\s*<|\b(?:in|out|inout)\s+[\w:]+\s+\w+\s*[,)]|#pragma\s+prefix|^[ \t]*exception\s+\w+\s*\{/m,
  ],
];

/** The language of a text that is no Microsoft IDL; undefined when nothing gives it away. */
export function foreignLanguage(text: string): string | undefined {
  const code = withoutComments(text.slice(0, maxLook));
  // A page shows a piece of a file: its last declaration has a head and no body.
  if (code.length < 1000 && /\b(?:coclass|library|interface|dispinterface|module)\s+\w+\s*$/.test(code))
    return "an excerpt that ends before its declaration does";
  return languages.find(([, signs]) => signs.test(code))?.[0];
}

/** As much of a text as is looked at, characters. */
const maxLook = 200_000;

/**
 * True for the language of MIDL 3.0, which declares classes of the Windows Runtime and leaves interfaces to the compiler. What
 * came before it writes HRESULTs.
 */
export function isMidl3(text: string): boolean {
  if (!text.includes("namespace")) return false;
  const code = withoutComments(text.slice(0, maxLook));
  if (!/^[ \t]*namespace\s+[\w.]+\s*\{/m.test(code)) return false;
  // Contracts and structures alone are the same in both.
  if (!/\bHRESULT\b/.test(code))
    return /\b(?:runtimeclass|interface|delegate|String|U?Int(?:8|16|32|64)|Single)\b/.test(code);
  return /\{\s*(?:get|set)\s*;|\bruntimeclass\s+(\w+)\b[^{;]{0,500}\{[^}]{0,2000}\b\1\s*\(/.test(code);
}

function withoutComments(text: string): string {
  return text.replace(/"[^"\n]*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (match) =>
    match.startsWith('"') ? match : " ",
  );
}
