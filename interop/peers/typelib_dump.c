/*
 * Says what oleaut32 finds in type libraries, a line for each thing, in the words of src/automation/test/typelib-support.ts.
 *
 *   typelib_dump.exe FILE...     each library begins with "FILE" and its path
 */
#define COBJMACROS
#include <stdio.h>
#include <windows.h>
#include <oleauto.h>

/* Bytes of a pointer in the library. */
static int slot;

static void quote(BSTR text)
{
  if (!text) { printf("-"); return; }
  int length = WideCharToMultiByte(CP_UTF8, 0, text, SysStringLen(text), NULL, 0, NULL, NULL);
  char *utf8 = malloc(length + 1);
  WideCharToMultiByte(CP_UTF8, 0, text, SysStringLen(text), utf8, length, NULL, NULL);
  putchar('"');
  for (int i = 0; i < length; i++)
  {
    if (utf8[i] == '\n') printf("\\n");
    else if (utf8[i] == '\r') printf("\\r");
    else putchar(utf8[i]);
  }
  putchar('"');
  free(utf8);
}

static void guid(const GUID *g)
{
  printf("%08lx-%04x-%04x-%02x%02x-", g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1]);
  for (int i = 2; i < 8; i++) printf("%02x", g->Data4[i]);
}

static void constant(VARIANT *value)
{
  VARIANT text;
  printf("%d:", V_VT(value));
  switch (V_VT(value))
  {
    case VT_BSTR: quote(V_BSTR(value)); return;
    case VT_BOOL: printf("%d", V_BOOL(value)); return;
    case VT_R4: printf("%.9g", V_R4(value)); return;
    case VT_R8: case VT_DATE: printf("%.17g", V_R8(value)); return;
    case VT_CY: printf("%lld", V_CY(value).int64); return;
    case VT_UNKNOWN: case VT_DISPATCH: printf("0"); return;
  }
  VariantInit(&text);
  if (SUCCEEDED(VariantChangeType(&text, value, 0, VT_BSTR))) printf("%ls", V_BSTR(&text));
  VariantClear(&text);
}

static void documentation(ITypeInfo *info, MEMBERID id)
{
  BSTR name = NULL, text = NULL;
  DWORD context = 0;
  ITypeInfo_GetDocumentation(info, id, &name, &text, &context, NULL);
  quote(name); putchar(' '); quote(text); printf(" %ld", (long)context);
  SysFreeString(name); SysFreeString(text);
}

static void type(ITypeInfo *info, TYPEDESC *desc)
{
  switch (desc->vt)
  {
    case VT_PTR: putchar('*'); type(info, desc->lptdesc); return;
    case VT_SAFEARRAY: printf("SA"); type(info, desc->lptdesc); return;
    case VT_CARRAY:
      putchar('[');
      for (int i = 0; i < desc->lpadesc->cDims; i++)
        printf("%lu+%ld,", desc->lpadesc->rgbounds[i].cElements, desc->lpadesc->rgbounds[i].lLbound);
      putchar(']');
      type(info, &desc->lpadesc->tdescElem);
      return;
    case VT_USERDEFINED:
    {
      ITypeInfo *target;
      TYPEATTR *attr;
      BSTR name = NULL;
      if (FAILED(ITypeInfo_GetRefTypeInfo(info, desc->hreftype, &target))) { printf("<none>"); return; }
      ITypeInfo_GetTypeAttr(target, &attr);
      ITypeInfo_GetDocumentation(target, MEMBERID_NIL, &name, NULL, NULL, NULL);
      printf("<%d ", attr->typekind); quote(name); putchar('>');
      SysFreeString(name);
      ITypeInfo_ReleaseTypeAttr(target, attr);
      ITypeInfo_Release(target);
      return;
    }
    default: printf("%d", desc->vt);
  }
}

static void custom(CUSTDATA *data)
{
  for (DWORD i = 0; i < data->cCustData; i++)
  {
    printf("  CUST "); guid(&data->prgCustData[i].guid); putchar(' ');
    constant(&data->prgCustData[i].varValue); putchar('\n');
  }
  ClearCustData(data);
}

static void function(ITypeInfo *info, int index, int module)
{
  FUNCDESC *desc;
  BSTR names[64];
  UINT count = 0;
  if (FAILED(ITypeInfo_GetFuncDesc(info, index, &desc))) { printf("  FUNC %d fails\n", index); return; }
  printf("  FUNC %d id %lx kind %d inv %d cc %d opt %d flags %x", index, desc->memid, desc->funckind, desc->invkind,
         desc->callconv, desc->cParamsOpt, desc->wFuncFlags);
  if (!module && desc->funckind != FUNC_STATIC) printf(" slot %d", desc->oVft / 8 /* as wide as this program's */);
  putchar(' '); documentation(info, desc->memid); printf(" -> "); type(info, &desc->elemdescFunc.tdesc);
  printf("\n    NAMES");
  ITypeInfo_GetNames(info, desc->memid, names, 64, &count);
  for (UINT i = 0; i < count; i++) { putchar(' '); quote(names[i]); SysFreeString(names[i]); }
  putchar('\n');
  for (int i = 0; i < desc->cParams; i++)
  {
    ELEMDESC *param = &desc->lprgelemdescParam[i];
    printf("    PARAM %d flags %x ", i, param->paramdesc.wParamFlags); type(info, &param->tdesc);
    if ((param->paramdesc.wParamFlags & PARAMFLAG_FHASDEFAULT) && param->paramdesc.pparamdescex)
    { printf(" = "); constant(&param->paramdesc.pparamdescex->varDefaultValue); }
    putchar('\n');
  }
  if (module)
  {
    BSTR dll = NULL, name = NULL;
    WORD ordinal = 0;
    if (SUCCEEDED(ITypeInfo_GetDllEntry(info, desc->memid, desc->invkind, &dll, &name, &ordinal)))
    {
      printf("    ENTRY "); quote(dll); putchar(' '); quote(name);
      if (!name) printf(" %d", ordinal);
      putchar('\n');
      SysFreeString(dll); SysFreeString(name);
    }
  }
  ITypeInfo_ReleaseFuncDesc(info, desc);
}

static void variable(ITypeInfo *info, int index)
{
  VARDESC *desc;
  if (FAILED(ITypeInfo_GetVarDesc(info, index, &desc))) { printf("  VAR %d fails\n", index); return; }
  printf("  VAR %d id %lx kind %d flags %x ", index, desc->memid, desc->varkind, desc->wVarFlags);
  documentation(info, desc->memid); printf(" : "); type(info, &desc->elemdescVar.tdesc);
  if (desc->varkind == VAR_CONST) { printf(" = "); if (desc->lpvarValue) constant(desc->lpvarValue); }
  else printf(" @%ld", desc->oInst);
  putchar('\n');
  ITypeInfo_ReleaseVarDesc(info, desc);
}

static void description(ITypeInfo *info, int index)
{
  TYPEATTR *attr;
  ITypeInfo2 *info2;
  CUSTDATA data = { 0 };
  if (FAILED(ITypeInfo_GetTypeAttr(info, &attr))) { printf("TYPE %d fails\n", index); return; }
  int kind = attr->typekind;
  printf("TYPE %d kind %d ", index, kind); guid(&attr->guid);
  printf(" flags %x ver %d.%d f %d v %d i %d", attr->wTypeFlags, attr->wMajorVerNum, attr->wMinorVerNum, attr->cFuncs,
         attr->cVars, attr->cImplTypes);
  if (kind == TKIND_INTERFACE) printf(" vft %d", attr->cbSizeVft / slot);
  if (kind <= TKIND_MODULE || kind == TKIND_UNION) printf(" size %lu", attr->cbSizeInstance);
  putchar(' '); documentation(info, MEMBERID_NIL); putchar('\n');
  if (kind == TKIND_ALIAS) { printf("  ALIAS "); type(info, &attr->tdescAlias); putchar('\n'); }
  if (SUCCEEDED(ITypeInfo_QueryInterface(info, &IID_ITypeInfo2, (void **)&info2)))
  {
    if (SUCCEEDED(ITypeInfo2_GetAllCustData(info2, &data))) custom(&data);
    ITypeInfo2_Release(info2);
  }
  for (int i = 0; i < attr->cImplTypes; i++)
  {
    HREFTYPE href;
    INT flags = 0;
    ITypeInfo *target;
    if (FAILED(ITypeInfo_GetRefTypeOfImplType(info, i, &href))) { printf("  IMPL %d fails\n", i); continue; }
    ITypeInfo_GetImplTypeFlags(info, i, &flags);
    printf("  IMPL %d flags %x ", i, flags);
    if (SUCCEEDED(ITypeInfo_GetRefTypeInfo(info, href, &target)))
    {
      TYPEATTR *other;
      ITypeInfo_GetTypeAttr(target, &other);
      printf("kind %d ", other->typekind); guid(&other->guid);
      ITypeInfo_ReleaseTypeAttr(target, other);
      ITypeInfo_Release(target);
    }
    putchar('\n');
  }
  for (int i = 0; i < attr->cFuncs; i++) function(info, i, kind == TKIND_MODULE);
  for (int i = 0; i < attr->cVars; i++) variable(info, i);
  if (kind == TKIND_DISPATCH && (attr->wTypeFlags & TYPEFLAG_FDUAL))
  {
    HREFTYPE href;
    ITypeInfo *partner;
    printf("PARTNER\n");
    if (SUCCEEDED(ITypeInfo_GetRefTypeOfImplType(info, -1, &href)) &&
        SUCCEEDED(ITypeInfo_GetRefTypeInfo(info, href, &partner)))
    { description(partner, index); ITypeInfo_Release(partner); }
  }
  ITypeInfo_ReleaseTypeAttr(info, attr);
}

static void library(const char *path)
{
  WCHAR wide[1024];
  ITypeLib *lib;
  ITypeLib2 *lib2;
  TLIBATTR *attr;
  BSTR name = NULL, text = NULL, help = NULL;
  CUSTDATA data = { 0 };
  HRESULT hr;
  printf("FILE %s\n", path);
  MultiByteToWideChar(CP_ACP, 0, path, -1, wide, 1024);
  hr = LoadTypeLibEx(wide, REGKIND_NONE, &lib);
  if (FAILED(hr)) { printf("LOAD fails %08lx\n", hr); return; }
  ITypeLib_GetLibAttr(lib, &attr);
  ITypeLib_GetDocumentation(lib, -1, &name, &text, NULL, &help);
  slot = attr->syskind == SYS_WIN64 ? 8 : 4;
  printf("LIB "); quote(name); putchar(' '); guid(&attr->guid);
  printf(" ver %d.%d lcid %lx sys %d flags %x ", attr->wMajorVerNum, attr->wMinorVerNum, attr->lcid, attr->syskind,
         attr->wLibFlags);
  quote(text); putchar(' '); quote(help); putchar('\n');
  SysFreeString(name); SysFreeString(text); SysFreeString(help);
  if (SUCCEEDED(ITypeLib_QueryInterface(lib, &IID_ITypeLib2, (void **)&lib2)))
  {
    if (SUCCEEDED(ITypeLib2_GetAllCustData(lib2, &data))) custom(&data);
    ITypeLib2_Release(lib2);
  }
  for (UINT i = 0; i < ITypeLib_GetTypeInfoCount(lib); i++)
  {
    ITypeInfo *info;
    if (FAILED(ITypeLib_GetTypeInfo(lib, i, &info))) { printf("TYPE %u fails\n", i); continue; }
    description(info, i);
    ITypeInfo_Release(info);
  }
  ITypeLib_ReleaseTLibAttr(lib, attr);
  ITypeLib_Release(lib);
}

int main(int argc, char **argv)
{
  CoInitialize(NULL);
  for (int i = 1; i < argc; i++) { library(argv[i]); fflush(stdout); }
  return 0;
}
