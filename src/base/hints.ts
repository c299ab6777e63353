/** What to look at when one of the famous codes comes back, by symbolic name. */
export const hints: Readonly<Record<string, string>> = {
  E_ACCESSDENIED:
    "gates that say this: the logon; the machine-wide limits; the class's launch or access permission; an authentication level below what the server demands, packet integrity since KB5004442; a local administrator's token filtered by UAC; the method's own check",
  RPC_E_ACCESS_DENIED:
    "the access permission of the server process, or an authentication level below what it demands",
  RPC_S_SERVER_UNAVAILABLE:
    "nothing listens there: wrong name or address, machine off, the service not running, or a firewall that blocks port 135 or the object's own port",
  RPC_S_CALL_FAILED: "the server process ended or the connection broke; see the server's log",
  RPC_S_CALL_FAILED_DNE: "a stale connection is a common reason: the call may be made again",
  RPC_S_UNKNOWN_AUTHN_SERVICE: "the server offers other services: NTLM, Kerberos or negotiation",
  RPC_S_UNKNOWN_AUTHN_LEVEL: "hardened servers want at least packet integrity",
  RPC_S_SEC_PKG_ERROR:
    "the logon was tried and failed: user name, password, domain, clocks, or the service principal name",
  RPC_E_INVALID_HEADER:
    "often a COMVERSION that is too low for the server: Windows 10 2004 and later want 5.7",
  RPC_E_VERSION_MISMATCH: "the COMVERSION is too high for the server; old ones want 5.1 to 5.6",
  REGDB_E_CLASSNOTREG:
    "wrong CLSID, never registered, registered on another machine or for the other word size, or without a server for the class contexts asked for",
  CO_E_CLASSSTRING: "check the spelling of the ProgID, and on which machine it is looked up",
  REGDB_E_IIDNOTREG:
    "no proxy and stub are known for the interface: register its type library or import its contract",
  E_NOINTERFACE: "across machines also: no proxy for it, or access denied to the remote IUnknown",
  CO_E_SERVER_EXEC_FAILURE:
    "look at the server's own output: it may have failed at start, lack permissions, or run under an account that may not log on",
  CO_E_APPNOTFOUND: "the LocalServer32 entry of the class names a program that is not there",
  CO_E_DLLNOTFOUND: "the InprocServer32 entry of the class names a module that is not there",
  CO_E_NOTINITIALIZED: "open a Runtime first",
  RPC_E_CHANGED_MODE: "one thread belongs to one apartment",
  RPC_E_WRONG_THREAD: "use the global interface table or marshal the pointer",
  RPC_E_DISCONNECTED: "the server released it, ended, or missed the client's pings",
  RPC_E_SERVERFAULT: "see the server's log",
  RPC_E_INVALID_IPID: "the reference outlived its object or its server process",
  OR_INVALID_OXID: "activate or look up the object again",
  RPC_X_BAD_STUB_DATA: "the two sides have different definitions of the interface, or the message is damaged",
  RPC_S_UNKNOWN_IF: "wrong port, or a server of another version",
  EPT_S_NOT_REGISTERED: "the service that offers the interface is not running",
  RPC_S_PROCNUM_OUT_OF_RANGE:
    "the server has an older version of the interface, or the definition lacks its base",
  nca_s_unk_if: "wrong port, or a server of another version",
  nca_s_op_rng_error: "the server has an older version of the interface, or the definition lacks its base",
  DISP_E_UNKNOWNNAME: "check the spelling",
  DISP_E_BADPARAMCOUNT: "the type library says how many there are",
  ERROR_LOGON_FAILURE: "the server does not tell which of the two",
  STATUS_LOGON_FAILURE: "the server does not tell which of the two",
  SEC_E_LOGON_DENIED: "name the account as DOMAIN\\user or user@domain",
  SEC_E_TARGET_UNKNOWN: "the service principal name is not in the directory, or stands there twice",
  ERROR_NTLM_BLOCKED: "use Kerberos",
  TYPE_E_LIBNOTREGISTERED: "register the type library, or name its file",
};
