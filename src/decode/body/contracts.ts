/*
 * The contracts calls are decoded with: loading a module defines its interfaces, and `knownInterface` finds them by IID.
 */
import "../../automation/index.ts";
import "../../com/index.ts";
import "../../com/gen/unknwnbase.ts";
import "../../dcom/gen/dcom.ts";
import "../../rpc/gen/epmapper.ts";
import "../../rpc/gen/mgmt.ts";

export { allMethods, knownInterface } from "../../ndr/index.ts";
