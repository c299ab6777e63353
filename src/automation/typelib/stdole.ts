import { guid } from "../../base/index.ts";
import { INVOKEKIND, TYPEKIND } from "../gen/oaidl.ts";
import { Variant } from "../variant.ts";
import { LibraryBuilder, type ParameterOptions, type TypeBuilder } from "./builder.ts";
import type { TypeDesc, TypeLibrary } from "./model.ts";
import { IID_IDispatch, IID_IUnknown, LIBID_stdole } from "./roots.ts";
import { TypeCode } from "./type-code.ts";

/*
 * stdole, the library that nearly all others refer to: the roots IUnknown and IDispatch, fonts and pictures. Its identifiers are published; every
 * machine has one, and this one stands in where none is registered.
 */

/** The name others import it under. */
export const STDOLE_FILE = "stdole2.tlb";

const { BSTR, BOOL, CY, DISPATCH, ERROR, HRESULT, I1, I2, I4, INT, R4, UI1, UI2, UI4, UINT, VARIANT, VOID } =
  TypeCode;

const simple = (vt: number): TypeDesc => ({ vt });
const pointer = (element: TypeDesc): TypeDesc => ({ vt: TypeCode.PTR, element });
const named = (type: TypeBuilder): TypeDesc => ({ vt: TypeCode.USERDEFINED, reference: type.reference });

const IN = 1;
const OUT = 2;
const RETVAL = 8;
const OPTIONAL = 0x10;
const HAS_DEFAULT = 0x20;
const RESTRICTED_FUNCTION = 1;
const HIDDEN = 0x10;
const RESTRICTED_TYPE = 0x200;
const CAN_CREATE = 2;
const READONLY = 1;
const DEFAULT_INTERFACE = 1;

const given = (name: string, type: TypeDesc | number): ParameterOptions => ({
  name,
  type: typeof type === "number" ? simple(type) : type,
  flags: IN,
});
const result = (name: string, type: TypeDesc): ParameterOptions => ({
  name,
  type: pointer(type),
  flags: OUT,
});

let made: TypeLibrary | undefined;

/** The library stdole 2.0 (Win32), the same object each time. Types stand where they have always stood: some references go by position. */
export function stdole(): TypeLibrary {
  return (made ??= makeStdole());
}

function makeStdole(): TypeLibrary {
  const library = new LibraryBuilder({
    name: "stdole",
    guid: LIBID_stdole,
    version: { major: 2, minor: 0 },
    docString: "OLE Automation",
  });
  const records = addRecords(library);
  const unknown = addUnknown(library, records.guid);
  addDispatch(library, unknown, records);
  addEnumVariant(library, unknown);
  const aliases = addAliases(library);
  addEnumeration(library, "OLE_TRISTATE", "6650430a-be0f-101a-8bbb-00aa00300cab", [
    ["Unchecked", 0],
    ["Checked", 1],
    ["Gray", 2],
  ]);
  addFontAliases(library);
  addFont(library, unknown, aliases);
  addPicture(library, unknown, aliases);
  addFontEvents(library);
  return library.build();
}

function addRecords(library: LibraryBuilder): {
  guid: TypeBuilder;
  params: TypeBuilder;
  excepInfo: TypeBuilder;
} {
  const guid = library.addType("GUID", TYPEKIND.TKIND_RECORD);
  guid.addVariable({ name: "Data1", type: simple(UI4) });
  guid.addVariable({ name: "Data2", type: simple(UI2) });
  guid.addVariable({ name: "Data3", type: simple(UI2) });
  const bytes = { vt: TypeCode.CARRAY, element: simple(UI1), bounds: [{ count: 8, lower: 0 }] };
  guid.addVariable({ name: "Data4", type: bytes });
  const params = library.addType("DISPPARAMS", TYPEKIND.TKIND_RECORD);
  params.addVariable({ name: "rgvarg", type: pointer(simple(VARIANT)) });
  params.addVariable({ name: "rgdispidNamedArgs", type: pointer(simple(I4)) });
  params.addVariable({ name: "cArgs", type: simple(UINT) });
  params.addVariable({ name: "cNamedArgs", type: simple(UINT) });
  const excepInfo = library.addType("EXCEPINFO", TYPEKIND.TKIND_RECORD);
  const fields: readonly (readonly [string, TypeDesc])[] = [
    ["wCode", simple(UI2)],
    ["wReserved", simple(UI2)],
    ["bstrSource", simple(BSTR)],
    ["bstrDescription", simple(BSTR)],
    ["bstrHelpFile", simple(BSTR)],
    ["dwHelpContext", simple(UI4)],
    ["pvReserved", pointer(simple(VOID))],
    ["pfnDeferredFillIn", pointer(simple(VOID))],
    ["scode", simple(ERROR)],
  ];
  for (const [name, type] of fields) excepInfo.addVariable({ name, type });
  return { guid, params, excepInfo };
}

function addUnknown(library: LibraryBuilder, guidType: TypeBuilder): TypeBuilder {
  const unknown = library.addType("IUnknown", TYPEKIND.TKIND_INTERFACE, {
    guid: IID_IUnknown,
    flags: HIDDEN,
  });
  method(unknown, "QueryInterface", simple(HRESULT), RESTRICTED_FUNCTION, [
    given("riid", pointer(named(guidType))),
    result("ppvObj", pointer(simple(VOID))),
  ]);
  method(unknown, "AddRef", simple(UI4), RESTRICTED_FUNCTION, []);
  method(unknown, "Release", simple(UI4), RESTRICTED_FUNCTION, []);
  return unknown;
}

function addDispatch(
  library: LibraryBuilder,
  unknown: TypeBuilder,
  records: { guid: TypeBuilder; params: TypeBuilder; excepInfo: TypeBuilder },
): void {
  const dispatch = library.addType("IDispatch", TYPEKIND.TKIND_INTERFACE, {
    guid: IID_IDispatch,
    flags: RESTRICTED_TYPE,
  });
  dispatch.addImplType(unknown.reference);
  const iid = given("riid", pointer(named(records.guid)));
  method(dispatch, "GetTypeInfoCount", simple(HRESULT), RESTRICTED_FUNCTION, [
    result("pctinfo", simple(UINT)),
  ]);
  method(dispatch, "GetTypeInfo", simple(HRESULT), RESTRICTED_FUNCTION, [
    given("itinfo", UINT),
    given("lcid", UI4),
    result("pptinfo", pointer(simple(VOID))),
  ]);
  method(dispatch, "GetIDsOfNames", simple(HRESULT), RESTRICTED_FUNCTION, [
    iid,
    given("rgszNames", pointer(pointer(simple(I1)))),
    given("cNames", UINT),
    given("lcid", UI4),
    result("rgdispid", simple(I4)),
  ]);
  method(dispatch, "Invoke", simple(HRESULT), RESTRICTED_FUNCTION, [
    given("dispidMember", I4),
    iid,
    given("lcid", UI4),
    given("wFlags", UI2),
    given("pdispparams", pointer(named(records.params))),
    result("pvarResult", simple(VARIANT)),
    result("pexcepinfo", named(records.excepInfo)),
    result("puArgErr", simple(UINT)),
  ]);
}

function addEnumVariant(library: LibraryBuilder, unknown: TypeBuilder): void {
  const type = library.addType("IEnumVARIANT", TYPEKIND.TKIND_INTERFACE, {
    guid: guid("00020404-0000-0000-c000-000000000046"),
    flags: HIDDEN,
  });
  type.addImplType(unknown.reference);
  method(type, "Next", simple(HRESULT), 0, [
    given("celt", UI4),
    given("rgvar", pointer(simple(VARIANT))),
    result("pceltFetched", simple(UI4)),
  ]);
  method(type, "Skip", simple(HRESULT), 0, [given("celt", UI4)]);
  method(type, "Reset", simple(HRESULT), 0, []);
  method(type, "Clone", simple(HRESULT), 0, [result("ppenum", pointer(named(type)))]);
}

/** Names for measures and colours, by their first GUID's number. */
function addAliases(library: LibraryBuilder): ReadonlyMap<string, TypeBuilder> {
  const ole = (number: string): string => `665043${number}-be0f-101a-8bbb-00aa00300cab`;
  const container = (number: string): string => `bf0306${number}-9069-101b-ae2d-08002b2ec713`;
  const list: readonly (readonly [string, string, number])[] = [
    ["OLE_COLOR", ole("01"), UI4],
    ["OLE_XPOS_PIXELS", ole("02"), I4],
    ["OLE_YPOS_PIXELS", ole("03"), I4],
    ["OLE_XSIZE_PIXELS", ole("04"), I4],
    ["OLE_YSIZE_PIXELS", ole("05"), I4],
    ["OLE_XPOS_HIMETRIC", ole("06"), I4],
    ["OLE_YPOS_HIMETRIC", ole("07"), I4],
    ["OLE_XSIZE_HIMETRIC", ole("08"), I4],
    ["OLE_YSIZE_HIMETRIC", ole("09"), I4],
    ["OLE_XPOS_CONTAINER", container("40"), R4],
    ["OLE_YPOS_CONTAINER", container("41"), R4],
    ["OLE_XSIZE_CONTAINER", container("42"), R4],
    ["OLE_YSIZE_CONTAINER", container("43"), R4],
    ["OLE_HANDLE", ole("13"), INT],
    ["OLE_OPTEXCLUSIVE", ole("0b"), BOOL],
    ["OLE_CANCELBOOL", container("44"), BOOL],
    ["OLE_ENABLEDEFAULTBOOL", container("45"), BOOL],
  ];
  return new Map(list.map(([name, iid, vt]) => [name, addAlias(library, name, iid, vt)]));
}

function addFontAliases(library: LibraryBuilder): void {
  const list: readonly (readonly [string, string, number])[] = [
    ["FONTNAME", "0d", BSTR],
    ["FONTSIZE", "0e", CY],
    ["FONTBOLD", "0f", BOOL],
    ["FONTITALIC", "10", BOOL],
    ["FONTUNDERSCORE", "11", BOOL],
    ["FONTSTRIKETHROUGH", "12", BOOL],
  ];
  for (const [name, number, vt] of list) {
    addAlias(library, name, `665043${number}-be0f-101a-8bbb-00aa00300cab`, vt);
  }
}

function addAlias(library: LibraryBuilder, name: string, iid: string, vt: number): TypeBuilder {
  return library.addType(name, TYPEKIND.TKIND_ALIAS, { guid: guid(iid), alias: simple(vt) });
}

function addEnumeration(
  library: LibraryBuilder,
  name: string,
  iid: string,
  items: readonly (readonly [string, number])[],
): TypeBuilder {
  const type = library.addType(name, TYPEKIND.TKIND_ENUM, { guid: guid(iid) });
  for (const [item, value] of items) {
    type.addVariable({ name: item, type: simple(INT), value: new Variant(I4, value) });
  }
  return type;
}

function addFont(
  library: LibraryBuilder,
  unknown: TypeBuilder,
  aliases: ReadonlyMap<string, TypeBuilder>,
): void {
  const handle = typeOf(aliases, "OLE_HANDLE");
  const font = library.addType("IFont", TYPEKIND.TKIND_INTERFACE, {
    guid: guid("bef6e002-a874-101a-8bba-00aa00300cab"),
    flags: HIDDEN,
    docString: "Font Object",
  });
  font.addImplType(unknown.reference);
  const properties: readonly (readonly [string, string, number, number])[] = [
    ["Name", "pname", BSTR, 0],
    ["Size", "psize", CY, 2],
    ["Bold", "pbold", BOOL, 3],
    ["Italic", "pitalic", BOOL, 4],
    ["Underline", "punderline", BOOL, 5],
    ["Strikethrough", "pstrikethrough", BOOL, 6],
    ["Weight", "pweight", I2, 7],
    ["Charset", "pcharset", I2, 8],
  ];
  for (const [name, out, vt] of properties) property(font, name, out, simple(vt), true);
  property(font, "hFont", "phfont", handle, false);
  method(font, "Clone", simple(HRESULT), 0, [result("ppfont", pointer(named(font)))]);
  method(font, "IsEqual", simple(HRESULT), 0, [given("pfontOther", pointer(named(font)))]);
  method(font, "SetRatio", simple(HRESULT), 0, [given("cyLogical", I4), given("cyHimetric", I4)]);
  method(font, "AddRefHfont", simple(HRESULT), 0, [given("hFont", handle)]);
  method(font, "ReleaseHfont", simple(HRESULT), 0, [given("hFont", handle)]);
  const late = library.addType("Font", TYPEKIND.TKIND_DISPATCH, {
    guid: guid("bef6e003-a874-101a-8bba-00aa00300cab"),
  });
  for (const [name, , vt, memid] of properties) late.addVariable({ name, memid, type: simple(vt) });
  library.addType("IFontDisp", TYPEKIND.TKIND_ALIAS, { alias: named(late) });
  const coclass = library.addType("StdFont", TYPEKIND.TKIND_COCLASS, {
    guid: guid("0be35203-8f91-11ce-9de3-00aa004bb851"),
    flags: CAN_CREATE,
  });
  coclass.addImplType(late.reference, DEFAULT_INTERFACE);
  coclass.addImplType(font.reference);
}

function addFontEvents(library: LibraryBuilder): void {
  const events = library.addType("FontEvents", TYPEKIND.TKIND_DISPATCH, {
    guid: guid("4ef6100a-af88-11d0-9846-00c04fc29993"),
    flags: HIDDEN,
    docString: "Event Interface for the Font Object",
  });
  events.addFunction({
    name: "FontChanged",
    memid: 9,
    result: simple(VOID),
    params: [given("PropertyName", BSTR)],
  });
  library.addType("IFontEventsDisp", TYPEKIND.TKIND_ALIAS, { alias: named(events) });
}

function addPicture(
  library: LibraryBuilder,
  unknown: TypeBuilder,
  aliases: ReadonlyMap<string, TypeBuilder>,
): void {
  const handle = typeOf(aliases, "OLE_HANDLE");
  const width = typeOf(aliases, "OLE_XSIZE_HIMETRIC");
  const height = typeOf(aliases, "OLE_YSIZE_HIMETRIC");
  const picture = library.addType("IPicture", TYPEKIND.TKIND_INTERFACE, {
    guid: guid("7bf80980-bf32-101a-8bbb-00aa00300cab"),
    flags: HIDDEN,
    docString: "Picture Object",
  });
  picture.addImplType(unknown.reference);
  const render: readonly (readonly [string, TypeDesc])[] = [
    ["hdc", simple(INT)],
    ["x", simple(I4)],
    ["y", simple(I4)],
    ["cx", simple(I4)],
    ["cy", simple(I4)],
    ["xSrc", typeOf(aliases, "OLE_XPOS_HIMETRIC")],
    ["ySrc", typeOf(aliases, "OLE_YPOS_HIMETRIC")],
    ["cxSrc", width],
    ["cySrc", height],
    ["prcWBounds", pointer(simple(VOID))],
  ];
  property(picture, "Handle", "phandle", handle, false);
  property(picture, "hPal", "phpal", handle, false);
  property(picture, "Type", "ptype", simple(I2), false);
  property(picture, "Width", "pwidth", width, false);
  property(picture, "Height", "pheight", height, false);
  method(
    picture,
    "Render",
    simple(HRESULT),
    0,
    render.map(([name, type]) => given(name, type)),
  );
  put(picture, "hPal", handle);
  property(picture, "CurDC", "phdcOut", simple(INT), false);
  method(picture, "SelectPicture", simple(HRESULT), 0, [
    given("hdcIn", INT),
    result("phdcOut", simple(INT)),
    result("phbmpOut", handle),
  ]);
  property(picture, "KeepOriginalFormat", "pfkeep", simple(BOOL), true);
  method(picture, "PictureChanged", simple(HRESULT), 0, []);
  method(picture, "SaveAsFile", simple(HRESULT), 0, [
    given("pstm", pointer(simple(VOID))),
    given("fSaveMemCopy", BOOL),
    result("pcbSize", simple(I4)),
  ]);
  property(picture, "Attributes", "pdwAttr", simple(I4), false);
  method(picture, "SetHdc", simple(HRESULT), 0, [given("hdc", handle)]);
  const late = library.addType("Picture", TYPEKIND.TKIND_DISPATCH, {
    guid: guid("7bf80981-bf32-101a-8bbb-00aa00300cab"),
  });
  late.addVariable({ name: "Handle", memid: 0, flags: READONLY, type: handle });
  late.addVariable({ name: "hPal", memid: 2, type: handle });
  late.addVariable({ name: "Type", memid: 3, flags: READONLY, type: simple(I2) });
  late.addVariable({ name: "Width", memid: 4, flags: READONLY, type: width });
  late.addVariable({ name: "Height", memid: 5, flags: READONLY, type: height });
  late.addFunction({
    name: "Render",
    memid: 6,
    result: simple(VOID),
    params: render.map(([name, type]) => ({ name, type })),
  });
  const pictureDisp = library.addType("IPictureDisp", TYPEKIND.TKIND_ALIAS, { alias: named(late) });
  const coclass = library.addType("StdPicture", TYPEKIND.TKIND_COCLASS, {
    guid: guid("0be35204-8f91-11ce-9de3-00aa004bb851"),
    flags: CAN_CREATE,
  });
  coclass.addImplType(late.reference, DEFAULT_INTERFACE);
  coclass.addImplType(picture.reference);
  addFunctions(library, pictureDisp);
}

function addFunctions(library: LibraryBuilder, pictureDisp: TypeBuilder): void {
  const constants = addEnumeration(library, "LoadPictureConstants", "e6c8fa08-bd9f-11d0-985e-00c04fc29993", [
    ["Default", 0],
    ["Monochrome", 1],
    ["VgaColor", 2],
    ["Color", 4],
  ]);
  const module = library.addType("StdFunctions", TYPEKIND.TKIND_MODULE, {
    guid: guid("91209ac0-60f6-11cf-9c5d-00aa00c1489e"),
    dllName: "oleaut32.dll",
    docString: "Functions for Standard OLE Objects",
    helpContext: 0x2775,
  });
  const optional = (name: string, type: TypeDesc): ParameterOptions => ({
    name,
    type,
    flags: IN | OPTIONAL | HAS_DEFAULT,
    defaultValue: new Variant(I4, 0),
  });
  module.addFunction({
    name: "LoadPicture",
    entry: "OleLoadPictureFileEx",
    docString: "Loads a picture from a file",
    helpContext: 0x2775,
    result: simple(HRESULT),
    params: [
      { name: "filename", type: simple(VARIANT), flags: IN | OPTIONAL },
      optional("widthDesired", simple(INT)),
      optional("heightDesired", simple(INT)),
      optional("flags", named(constants)),
      { name: "retval", type: pointer(pointer(named(pictureDisp))), flags: OUT | RETVAL },
    ],
  });
  module.addFunction({
    name: "SavePicture",
    entry: "OleSavePictureFile",
    docString: "Saves a picture to a file",
    helpContext: 0x2775,
    result: simple(HRESULT),
    params: [given("Picture", pointer(named(pictureDisp))), given("filename", BSTR)],
  });
}

function typeOf(aliases: ReadonlyMap<string, TypeBuilder>, name: string): TypeDesc {
  const type = aliases.get(name);
  return type === undefined ? simple(DISPATCH) : named(type);
}

function method(
  type: TypeBuilder,
  name: string,
  returns: TypeDesc,
  flags: number,
  params: readonly ParameterOptions[],
): void {
  type.addFunction({ name, flags, result: returns, params });
}

function property(type: TypeBuilder, name: string, out: string, of: TypeDesc, writable: boolean): void {
  type.addFunction({
    name,
    invoke: INVOKEKIND.INVOKE_PROPERTYGET,
    result: simple(HRESULT),
    params: [{ name: out, type: pointer(of), flags: OUT | RETVAL }],
  });
  if (writable) put(type, name, of);
}

function put(type: TypeBuilder, name: string, of: TypeDesc): void {
  type.addFunction({
    name,
    invoke: INVOKEKIND.INVOKE_PROPERTYPUT,
    result: simple(HRESULT),
    params: [given("value", of)],
  });
}
