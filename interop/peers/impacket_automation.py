#!/usr/bin/python3
"""Automation through impacket's NDR engine: usage: impacket_automation.py HOST PORT USER PASSWORD CLSID
Prints one JSON object a line: what was asked for and what came back. impacket's own classes lack the pointers of SAFEARRAY and the by-reference
arguments of the answer; both are declared here as [MS-OAUT] has them."""
import json, os, struct, sys
from impacket.dcerpc.v5 import dcomrt
from impacket.dcerpc.v5.dcomrt import DCOMANSWER, DCOMCALL, DCOMConnection, INTERFACE, IRemUnknown2
from impacket.dcerpc.v5.dcom import oaut
from impacket.dcerpc.v5.dcom.oaut import (
    BSTR, DCERPCSessionError, EXCEPINFO, IDispatch, IDispatch_Invoke, SAFEARRAYBOUND_ARRAY, VARENUM, varUnion, wireVARIANTStr,
)
from impacket.dcerpc.v5.dtypes import DWORD, LONG, NULL, UINT, ULONG, USHORT
from impacket.dcerpc.v5.ndr import (
    NDRPOINTER, NDRSTRUCT, NDRUNION, NDRUniConformantArray, NDRUniConformantVaryingArray,
)
from impacket.dcerpc.v5.rpcrt import DCERPCException
from impacket.dcerpc.v5.dcomrt import error_status_t
from impacket.uuid import string_to_bin

host, port, user, password, clsid = sys.argv[1:6]
METHOD, GET, PUT = 1, 2, 4


def pointer_to(kind):
    return type("P_" + kind.__name__, (NDRPOINTER,), {"referent": (("Data", kind),)})


def numbers(item, name):
    array = type("ARRAY_" + name, (NDRUniConformantArray,), {"item": item})
    return type("SIZED_" + name, (NDRSTRUCT,), {"structure": (("clSize", ULONG), ("pData", pointer_to(array)))})


class VARIANT2(NDRPOINTER):
    def __init__(self, data=None, isNDR64=False, topLevel=False):
        self.referent = (("Data", wireVARIANT2),)
        NDRPOINTER.__init__(self, data, isNDR64, topLevel)


class BSTRS(NDRUniConformantArray):
    item = BSTR


class VARIANTS(NDRUniConformantArray):
    item = VARIANT2


class ARGUMENTS(VARIANTS):
    """As a parameter: impacket aligns the elements as if the count in front of them took no room."""

    def getData(self, soFar=0):
        return VARIANTS.getData(self, soFar + 4)


def pointers(array, name):
    return type("SIZED_" + name, (NDRSTRUCT,), {"structure": (("Size", ULONG), (name, pointer_to(array)))})


class ARRAYUNION(NDRUNION):
    commonHdr = (("tag", ULONG),)
    union = {
        8: ("BstrStr", pointers(BSTRS, "aBstr")),
        12: ("VariantStr", pointers(VARIANTS, "aVariant")),
        16: ("ByteStr", numbers("<B", "ByteStr")),
        2: ("WordStr", numbers("<H", "WordStr")),
        3: ("LongStr", numbers("<L", "LongStr")),
        20: ("HyperStr", numbers("<Q", "HyperStr")),
    }


class SAFEARRAY2(NDRSTRUCT):
    structure = (
        ("cDims", USHORT), ("fFeatures", USHORT), ("cbElements", ULONG), ("cLocks", ULONG),
        ("uArrayStructs", ARRAYUNION), ("rgsabound", SAFEARRAYBOUND_ARRAY),
    )


class varUnion2(NDRUNION):
    commonHdr = (("tag", ULONG),)
    union = dict(varUnion.union)
    union[VARENUM.VT_ARRAY] = ("parray", pointer_to(pointer_to(SAFEARRAY2)))


class wireVARIANT2(wireVARIANTStr):
    structure = wireVARIANTStr.structure[:-1] + (("_varUnion", varUnion2),)


class PARAMS2(NDRSTRUCT):
    structure = (("rgvarg", pointer_to(VARIANTS)), ("rgdispidNamedArgs", pointer_to(type("IDS", (NDRUniConformantArray,), {"item": "<L"}))),
                 ("cArgs", UINT), ("cNamedArgs", UINT))


class Invoke2(DCOMCALL):
    opnum = 6
    structure = tuple(
        ("pDispParams", PARAMS2) if name == "pDispParams" else ("rgVarRef", ARGUMENTS) if name == "rgVarRef" else (name, kind)
        for name, kind in IDispatch_Invoke.structure
    )


class Invoke2Response(DCOMANSWER):
    structure = (("pVarResult", VARIANT2), ("pExcepInfo", EXCEPINFO), ("pArgErr", UINT), ("rgVarRef", VARIANTS), ("ErrorCode", error_status_t))


class CV_VARIANTS(NDRUniConformantVaryingArray):
    item = VARIANT2


class Next(DCOMCALL):
    opnum = 3
    structure = (("celt", ULONG),)


class NextResponse(DCOMANSWER):
    structure = (("rgVar", CV_VARIANTS), ("pCeltFetched", ULONG), ("ErrorCode", error_status_t))


ARM = {2: "iVal", 3: "lVal", 4: "fltVal", 5: "dblVal", 7: "date", 10: "scode", 11: "boolVal", 17: "bVal", 18: "uiVal", 19: "ulVal",
       20: "llVal", 21: "ullVal", 22: "intVal", 23: "uintVal", 0x4003: "plVal"}


def variant(vt, value=None):
    x = VARIANT2()
    x["clSize"] = 5
    x["vt"] = vt
    x["_varUnion"]["tag"] = vt & 0xF000 if vt & 0x2000 else vt
    if vt & 0x2000:
        x["_varUnion"]["parray"] = safearray(vt & 0xFFF, *value)
    elif vt == 8:
        x["_varUnion"]["bstrVal"]["asData"] = value
    elif vt == 6:
        x["_varUnion"]["cyVal"]["int64"] = value
    elif vt in ARM:
        x["_varUnion"][ARM[vt]] = value
    return x


SF = {3: (3, "LongStr", 4, 0x80), 2: (2, "WordStr", 2, 0x80), 17: (16, "ByteStr", 1, 0x80), 20: (20, "HyperStr", 8, 0x80),
      8: (8, "BstrStr", 4, 0x180), 12: (12, "VariantStr", 16, 0x880)}


def safearray(vt, data, bounds):
    sf, arm, size, features = SF[vt]
    a = pointer_to(pointer_to(SAFEARRAY2))()
    a["cDims"], a["fFeatures"], a["cbElements"], a["cLocks"] = len(bounds), features, size, vt << 16
    u = a["uArrayStructs"]
    u["tag"] = sf
    if vt == 8:
        for text in data:
            b = BSTR()
            b["asData"] = text
            u[arm]["aBstr"].append(b)
        u[arm]["Size"] = len(data)
    elif vt == 12:
        for one in data:
            u[arm]["aVariant"].append(one)
        u[arm]["Size"] = len(data)
    else:
        u[arm]["clSize"] = len(data)
        u[arm]["pData"] = data
    for count, lower in reversed(bounds):
        bound = oaut.SAFEARRAYBOUND()
        bound["cElements"], bound["lLbound"] = count, lower
        a["rgsabound"].append(bound)
    return a


def plain(x):
    if x is NULL or x == "":
        return None
    vt, u = int(x["vt"]), x["_varUnion"]
    if vt & 0x2000:
        s = u["parray"]
        arm = [n for t, (n, _) in ARRAYUNION.union.items() if t == s["uArrayStructs"]["tag"]][0]
        e = s["uArrayStructs"][arm]
        data = e["aBstr"] if arm == "BstrStr" else e["aVariant"] if arm == "VariantStr" else e["pData"]
        data = [d["asData"] for d in data] if arm == "BstrStr" else [plain(d) for d in data] if arm == "VariantStr" else list(data)
        return {"vt": vt, "data": data, "bounds": [[b["cElements"], b["lLbound"]] for b in reversed(s["rgsabound"])]}
    if vt == 8:
        return {"vt": vt, "value": None if u["bstrVal"] is NULL else u["bstrVal"]["asData"]}
    if vt == 6:
        return {"vt": vt, "value": u["cyVal"]["int64"]}
    if vt in (9, 13):
        return {"vt": vt}
    value = u[ARM[vt]] if vt in ARM else None
    return {"vt": vt, "value": ord(value) if isinstance(value, bytes) else value}


class Object:
    def __init__(self, interface):
        self.d = IDispatch(interface)

    def invoke(self, dispid, flags, args=(), named=(), refs=()):
        """args in order; named: (dispid, variant); refs: (place in args, variant)."""
        r = Invoke2()
        r["dispIdMember"], r["riid"], r["lcid"], r["dwFlags"] = dispid, oaut.IID_NULL, 0x409, flags
        all_args = [v for _, v in named] + list(reversed(args))
        p = r["pDispParams"]
        if all_args:
            for v in all_args:
                p["rgvarg"].append(v)
        else:
            p["rgvarg"] = NULL
        if named:
            for n, _ in named:
                p["rgdispidNamedArgs"].append(n & 0xFFFFFFFF)
        else:
            p["rgdispidNamedArgs"] = NULL
        p["cArgs"], p["cNamedArgs"] = len(all_args), len(named)
        r["cVarRef"] = len(refs)
        for place, v in refs:
            r["rgVarRefIdx"].append(len(all_args) - 1 - place)
            r["rgVarRef"].append(v)
        return self.request(r, Invoke2Response)

    def request(self, r, response):
        """impacket finds the class of an answer by the name of the request's, in the module of the request."""
        setattr(sys.modules[r.__class__.__module__], r.__class__.__name__ + "Response", response)
        return self.d.request(r, iid=self.d._iid, uuid=self.d.get_iPid())


def say(what, answer):
    print(json.dumps({"what": what, "answer": answer}), flush=True)


def failure(what, step):
    try:
        step()
        say(what, "no failure")
    except DCERPCException as e:
        packet = e.get_packet()
        info = packet["pExcepInfo"] if packet is not None and "pExcepInfo" in packet.fields else None
        code = e.get_error_code()
        text = None if info is None else {"scode": info["scode"], "text": info["bstrDescription"]["asData"], "source": info["bstrSource"]["asData"],
                                         "help": info["dwHelpContext"], "argErr": packet["pArgErr"]}
        say(what, {"code": code, "info": text})


target = host if port == "135" else "%s[%s]" % (host, port)
c = DCOMConnection(target, user, password, "", "", "", authLevel=6, oxidResolver=False)
if target != host:
    DCOMConnection.PORTMAPS[host] = DCOMConnection.PORTMAPS[target]
try:
    o = Object(c.CoCreateInstanceEx(string_to_bin(clsid), string_to_bin("00020400-0000-0000-C000-000000000046")))
    say("GetTypeInfoCount", o.d.GetTypeInfoCount()["pctinfo"])
    ids = o.d.GetIDsOfNames(("describe", "MARK", "Count"))
    say("GetIDsOfNames", ids)
    echo = [variant(2, -3), variant(3, 123456), variant(5, 2.5), variant(6, 12345), variant(7, 2.25), variant(8, "a\0\u00e9"), variant(8, ""),
            variant(11, 0xFFFF), variant(18, 65535), variant(19, 4000000000), variant(20, -5), variant(22, -1), variant(0), variant(1),
            variant(0x2003, ([1, 2, 3, 4, 5, 6], [(2, 5), (3, 0)])), variant(0x2002, ([7, 65535], [(2, 0)])), variant(0x2014, ([1 << 40], [(1, 1)])),
            variant(0x2008, (["x", ""], [(2, 0)])), variant(0x200C, ([variant(3, 1), variant(8, "in")], [(2, 0)]))]
    for v in echo:
        say("Echo", [plain(v), plain(o.invoke(1, METHOD, [v])["pVarResult"])])
    answer = o.invoke(2, METHOD, [variant(0), variant(0)], refs=[(0, variant(0x4003, 1)), (1, variant(0x4003, 2))])
    say("Swap", [r["_varUnion"]["plVal"] for r in answer["rgVarRef"]])
    say("named", plain(o.invoke(ids[0], METHOD, [variant(8, "many")], [(ids[1], variant(8, "?")), (ids[2], variant(3, 3))])["pVarResult"]))
    say("defaults", plain(o.invoke(ids[0], METHOD, [variant(8, "many")])["pVarResult"]))
    say("converted", plain(o.invoke(ids[0], METHOD, [variant(3, 5), variant(8, "12")])["pVarResult"]))
    say("Sum", plain(o.invoke(4, METHOD, [variant(0x200C, ([variant(3, 1), variant(5, 2.5)], [(2, 0)]))])["pVarResult"]))
    o.invoke(0, PUT, [variant(3, 1), variant(3, 2)], [(-3, variant(8, "cell"))])
    say("Cell", plain(o.invoke(0, GET, [variant(3, 1), variant(3, 2)])["pVarResult"]))
    say("vararg", plain(o.invoke(6, METHOD, [variant(3, 1), variant(8, "a"), variant(3, 2)])["pVarResult"]))
    failure("Fail", lambda: o.invoke(5, METHOD, [variant(3, 0x80041234 - (1 << 32))]))
    failure("mismatch", lambda: o.invoke(2, METHOD, [variant(3, 1), variant(8, "x")]))
    failure("count", lambda: o.invoke(4, METHOD, []))
    result = o.invoke(-4, METHOD | GET)["pVarResult"]
    unknown = IRemUnknown2(INTERFACE(o.d.get_cinstance(), b"".join(result["_varUnion"]["punkVal"]["abData"]), o.d.get_ipidRemUnknown(), target=o.d.get_target()))
    enum = Object.__new__(Object)
    enum.d = unknown.RemQueryInterface(1, (string_to_bin("00020404-0000-0000-C000-000000000046"),))
    enum.d._iid = string_to_bin("00020404-0000-0000-C000-000000000046")
    items = []
    for celt in (1, 5):
        r = Next()
        r["celt"] = celt
        try:
            answer = enum.request(r, NextResponse)
        except DCERPCSessionError as e:  # S_FALSE counts as one here
            answer = e.get_packet()
        items.append([[plain(v) for v in answer["rgVar"]], answer["pCeltFetched"], answer["ErrorCode"]])
    say("_NewEnum", items)
    ok = True
except Exception as e:
    if os.environ.get("TB"):
        import traceback
        traceback.print_exc()
    print(json.dumps({"what": "error", "answer": "%s %s" % (type(e).__name__, e)}))
    ok = False
sys.stdout.flush()
os._exit(0 if ok else 1)
