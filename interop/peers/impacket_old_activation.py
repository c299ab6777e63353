#!/usr/bin/python3
"""Activates a class through IActivation.RemoteActivation, as clients before Windows XP do, and prints what came of it as JSON.
usage: impacket_old_activation.py HOST PORT USER PASSWORD CLSID"""
import json
import sys

from impacket.dcerpc.v5 import transport
from impacket.dcerpc.v5.dcomrt import ORPCTHIS, IID_IActivation, RemoteActivation
from impacket.dcerpc.v5.dcom.oaut import IID_IDispatch
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_AUTHN_WINNT
from impacket.dcerpc.v5.dcomrt import IID
from impacket.uuid import generate, string_to_bin

host, port, user, password, clsid = sys.argv[1:6]
rpc = transport.DCERPCTransportFactory("ncacn_ip_tcp:%s[%s]" % (host, port))
rpc.set_credentials(user, password, "", "", "")
dce = rpc.get_dce_rpc()
dce.set_auth_level(RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
dce.set_auth_type(RPC_C_AUTHN_WINNT)
dce.connect()
dce.bind(IID_IActivation)

this = ORPCTHIS()
this["cid"] = generate()
this["extensions"] = NULL
this["flags"] = 1
request = RemoteActivation()
request["ORPCthis"] = this
request["Clsid"] = string_to_bin(clsid)
request["pwszObjectName"] = NULL
request["pObjectStorage"] = NULL
request["ClientImpLevel"] = 2
request["Mode"] = 0
request["Interfaces"] = 1
iid = IID()
iid["Data"] = IID_IDispatch if len(IID_IDispatch) == 16 else IID_IDispatch[:16]
request["pIIDs"].append(iid)
request["cRequestedProtseqs"] = 1
request["aRequestedProtseqs"].append(7)
reply = dce.request(request, checkError=False)
print(json.dumps({
    "hr": reply["phr"] & 0xFFFFFFFF,
    "results": [result["Data"] & 0xFFFFFFFF for result in reply["pResults"]],
    "objref": b"".join(reply["ppInterfaceData"][0]["abData"])[:4].decode("ascii"),
    "version": [reply["pServerVersion"]["MajorVersion"], reply["pServerVersion"]["MinorVersion"]],
}))
