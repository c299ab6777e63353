#!/usr/bin/python3
"""The types of an object through impacket: usage: impacket_types.py HOST PORT USER PASSWORD CLSID
Prints one JSON object a line: the type's attributes, then each of its functions with its names and types."""
import json, os, sys
from impacket.dcerpc.v5.dcomrt import DCOMConnection
from impacket.dcerpc.v5.dcom.oaut import IDispatch, IID_IDispatch
from impacket.uuid import bin_to_string, string_to_bin

host, port, user, password, clsid = sys.argv[1:6]


def say(**what):
    print(json.dumps(what))


def kind_of(tdesc):
    """The VARTYPE of a type; of a pointer or an array with what is behind it."""
    vt = int(tdesc["vt"])
    return [vt, kind_of(tdesc["vtType"]["lptdesc"])] if vt in (26, 27) else vt


target = host if port == "135" else "%s[%s]" % (host, port)
dcom = DCOMConnection(target, user, password, "", "", "", authLevel=6, oxidResolver=False)
if target != host:
    DCOMConnection.PORTMAPS[host] = DCOMConnection.PORTMAPS[target]
try:
    dispatch = IDispatch(dcom.CoCreateInstanceEx(string_to_bin(clsid), IID_IDispatch))
    say(what="GetTypeInfoCount", answer=int(dispatch.GetTypeInfoCount()["pctinfo"]))
    info = dispatch.GetTypeInfo()
    attr = info.GetTypeAttr()["ppTypeAttr"]
    say(
        what="GetTypeAttr",
        answer={
            "guid": bin_to_string(attr["guid"]).lower(),
            "kind": int(attr["typeKind"]),
            "functions": int(attr["cFuncs"]),
            "variables": int(attr["cVars"]),
            "flags": int(attr["wTypeFlags"]),
            "alias": int(attr["tdescAlias"]["vt"]),
        },
    )
    for index in range(attr["cFuncs"]):
        desc = info.GetFuncDesc(index)["ppFuncDesc"]
        names = info.GetNames(desc["memid"], 255)
        params = desc["lprgelemdescParam"]
        say(
            what="GetFuncDesc",
            answer={
                "names": [names["rgBstrNames"][i]["asData"] for i in range(names["pcNames"])],
                "id": int(desc["memid"]),
                "invoke": int(desc["invkind"]),
                "returns": kind_of(desc["elemdescFunc"]["tdesc"]),
                "params": [kind_of(one["tdesc"]) for one in params] if int(desc["cParams"]) > 0 else [],
                "flags": [int(one["paramdesc"]["wParamFlags"]) for one in params] if int(desc["cParams"]) > 0 else [],
            },
        )
    documentation = info.GetDocumentation(-1)
    say(what="GetDocumentation", answer=documentation["pBstrName"]["asData"])
    ok = True
except Exception as error:
    say(what="error", answer="%s %s" % (type(error).__name__, error))
    ok = False
sys.stdout.flush()
# impacket's threads would keep the program.
os._exit(0 if ok else 1)
