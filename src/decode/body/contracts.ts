/*
 * The contracts calls are decoded with: loading a generated module defines its interfaces, and `knownInterface` finds them by IID.
 */
import "../../automation/gen/dispex.ts";
import "../../automation/gen/oaidl.ts";
import "../../automation/gen/ocidl.ts";
import "../../com/gen/comcat.ts";
import "../../com/gen/objidl.ts";
import "../../com/gen/oleidl.ts";
import "../../com/gen/servprov.ts";
import "../../com/gen/unknwnbase.ts";
import "../../dcom/gen/dcom.ts";
import "../../rpc/gen/epmapper.ts";
import "../../rpc/gen/mgmt.ts";

export { allMethods, knownInterface } from "../../ndr/index.ts";
