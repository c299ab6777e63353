export {
  type AuthenticationLevel,
  AuthnLevel,
  AuthnService,
  type ClientContextOptions,
  type ClientMechanism,
  type Credentials,
  type Identity,
  ImpersonationLevel,
  type ImpersonationLevelValue,
  type NegotiationSupport,
  type SecurityContext,
  type ServerContextOptions,
  type ServerMechanism,
} from "./mechanism.ts";
export { SecStatus } from "./status.ts";
