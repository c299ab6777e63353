/** NTSTATUS values that are met here ([MS-ERREF] 2.3.1). */
export const NtStatus = {
  success: 0,
  moreEntries: 0x00000105,
  someNotMapped: 0x00000107,
  accessDenied: 0xc0000022,
};

const MAXIMUM_ALLOWED = 0x02000000;
const NORMAL_ACCOUNT = 0x10;
const MOST_BYTES = 0xffffffff;

/** A string as RPC_UNICODE_STRING. */
function text(value) {
  const bytes = value.length * 2;
  const units = Uint16Array.from(value, (unit) => unit.charCodeAt(0));
  return { Length: bytes, MaximumLength: bytes, Buffer: units };
}

export function textOf({ Buffer: units }) {
  return units === null ? "" : String.fromCharCode(...units);
}

/** The methods of SAMR as its callers want them: values, and an error for a failed status. */
export class Sam {
  #methods;

  constructor(methods) {
    this.#methods = methods;
  }

  async connect2() {
    return done(await this.#methods.SamrConnect2("\\\\dc1", MAXIMUM_ALLOWED)).ServerHandle;
  }

  async connect() {
    const revision = { tag: 1, V1: { Revision: 3, SupportedFeatures: 0 } };
    const answer = done(await this.#methods.SamrConnect5("\\\\dc1", MAXIMUM_ALLOWED, 1, revision));
    if (answer.OutVersion !== 1) throw new Error(`version ${answer.OutVersion} of the revision`);
    return answer.ServerHandle;
  }

  async close(handle) {
    done(await this.#methods.SamrCloseHandle(handle));
  }

  async domains(server, options) {
    const answer = await this.#methods.SamrEnumerateDomainsInSamServer(server, 0, MOST_BYTES, options);
    return done(answer).Buffer.Buffer.map((entry) => textOf(entry.Name));
  }

  async lookupDomain(server, name) {
    return done(await this.#methods.SamrLookupDomainInSamServer(server, text(name))).DomainId;
  }

  async openDomain(server, sid) {
    return done(await this.#methods.SamrOpenDomain(server, MAXIMUM_ALLOWED, sid)).DomainHandle;
  }

  /** The domain of the accounts, opened. */
  async openAccounts() {
    const server = await this.connect();
    const domain = await this.openDomain(server, await this.lookupDomain(server, "ADTEST"));
    await this.close(server);
    return domain;
  }

  /** Every user, in as many calls as the server likes. */
  async users(domain) {
    const users = [];
    let context = 0;
    for (;;) {
      const part = await this.#methods.SamrEnumerateUsersInDomain(domain, context, 0, MOST_BYTES);
      if (part.returnValue !== NtStatus.moreEntries) done(part);
      for (const { RelativeId, Name } of part.Buffer.Buffer)
        users.push({ name: textOf(Name), rid: RelativeId });
      if (part.returnValue !== NtStatus.moreEntries) return users;
      context = part.EnumerationContext;
    }
  }

  /** Every user with comments, in one call. */
  async displayUsers(domain, options) {
    const answer = await this.#methods.SamrQueryDisplayInformation(
      domain,
      1,
      0,
      100_000,
      MOST_BYTES,
      options,
    );
    return done(answer).Buffer.UserInformation.Buffer.map((entry) => ({
      name: textOf(entry.AccountName),
      rid: entry.Rid,
    }));
  }

  async lookupNames(domain, names) {
    const answer = await this.#methods.SamrLookupNamesInDomain(domain, names.length, names.map(text));
    if (answer.returnValue !== NtStatus.someNotMapped) done(answer);
    return { status: answer.returnValue, rids: answer.RelativeIds.Element };
  }

  async openUser(domain, rid) {
    return done(await this.#methods.SamrOpenUser(domain, MAXIMUM_ALLOWED, rid)).UserHandle;
  }

  async queryUser(user, level) {
    return done(await this.#methods.SamrQueryInformationUser(user, level)).Buffer;
  }

  async createUser(domain, name) {
    const answer = await this.#methods.SamrCreateUser2InDomain(
      domain,
      text(name),
      NORMAL_ACCOUNT,
      MAXIMUM_ALLOWED,
    );
    return { handle: done(answer).UserHandle, rid: answer.RelativeId };
  }

  async deleteUser(handle) {
    done(await this.#methods.SamrDeleteUser(handle));
  }
}

function done(answer) {
  const status = (typeof answer === "number" ? answer : answer.returnValue) >>> 0;
  if (status === NtStatus.success) return answer;
  throw Object.assign(new Error(`the server answers with status 0x${status.toString(16)}`), { status });
}
