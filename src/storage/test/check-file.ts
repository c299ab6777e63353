import assert from "node:assert/strict";

const END = 0xfffffffe;
const FREE = 0xffffffff;

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly color: number;
  readonly left: number;
  readonly right: number;
  readonly child: number;
  readonly start: number;
  readonly size: number;
}

/**
 * A slow and strict reader of a whole compound file, written from [MS-CFB] alone: every sector the FAT calls used belongs to exactly one thing, and
 * every tree of siblings is sorted and red and black as it must be.
 */
export function checkFile(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint16(0x1a, true);
  const size = major === 3 ? 512 : 4096;
  const at = (sector: number): number => (sector + 1) * size;
  const sectors = Math.floor(bytes.length / size) - 1;
  const owners = new Map<number, string>();
  const claim = (sector: number, owner: string): void => {
    assert.ok(sector < sectors, `sector ${sector} of ${owner} lies beyond the end`);
    assert.equal(owners.get(sector), undefined, `sector ${sector} is of ${owner} too`);
    owners.set(sector, owner);
  };

  const fatSectors: number[] = [];
  for (let i = 0; i < 109; i++) {
    const sector = view.getUint32(0x4c + 4 * i, true);
    if (sector !== FREE) fatSectors.push(sector);
  }
  let difat = view.getUint32(0x44, true);
  let difatCount = 0;
  while (difat !== END) {
    claim(difat, "DIFAT");
    difatCount++;
    for (let i = 0; i < size / 4 - 1; i++) {
      const sector = view.getUint32(at(difat) + 4 * i, true);
      if (sector !== FREE) fatSectors.push(sector);
    }
    difat = view.getUint32(at(difat) + size - 4, true);
  }
  assert.equal(difatCount, view.getUint32(0x48, true));
  assert.equal(fatSectors.length, view.getUint32(0x2c, true));
  const fat: number[] = [];
  for (const sector of fatSectors) {
    claim(sector, "FAT");
    for (let i = 0; i < size / 4; i++) fat.push(view.getUint32(at(sector) + 4 * i, true));
  }
  for (const sector of fatSectors) assert.equal(fat[sector], 0xfffffffd);
  const chain = (start: number, owner: string): number[] => {
    const found: number[] = [];
    for (let sector = start; sector !== END; sector = fat[sector] as number) {
      claim(sector, owner);
      found.push(sector);
    }
    return found;
  };

  const directory = chain(view.getUint32(0x30, true), "directory");
  assert.equal(view.getUint32(0x28, true), major === 3 ? 0 : directory.length);
  const entries: Entry[] = [];
  for (const sector of directory) {
    for (let e = at(sector); e < at(sector) + size; e += 128) {
      const units = Math.max(0, view.getUint16(e + 0x40, true) / 2 - 1);
      entries.push({
        name: String.fromCharCode(
          ...Array.from({ length: units }, (_, i) => view.getUint16(e + 2 * i, true)),
        ),
        type: view.getUint8(e + 0x42),
        color: view.getUint8(e + 0x43),
        left: view.getUint32(e + 0x44, true),
        right: view.getUint32(e + 0x48, true),
        child: view.getUint32(e + 0x4c, true),
        start: view.getUint32(e + 0x74, true),
        size: Number(view.getBigUint64(e + 0x78, true)),
      });
    }
  }
  const miniFatSectors = chain(view.getUint32(0x3c, true), "mini FAT");
  assert.equal(miniFatSectors.length, view.getUint32(0x40, true));
  const miniFat: number[] = [];
  for (const sector of miniFatSectors) {
    for (let i = 0; i < size / 4; i++) miniFat.push(view.getUint32(at(sector) + 4 * i, true));
  }

  const root = entries[0] as Entry;
  assert.equal(root.type, 5);
  if (root.size > 0) chain(root.start, "mini stream");
  const minis = new Set<number>();
  const seen = new Set<number>([0]);
  const checkStream = (entry: Entry): void => {
    if (entry.size === 0) return;
    if (entry.size >= 4096) {
      assert.equal(chain(entry.start, entry.name).length, Math.ceil(entry.size / size), entry.name);
      return;
    }
    let count = 0;
    for (let mini = entry.start; mini !== END; mini = miniFat[mini] as number) {
      assert.ok(!minis.has(mini) && mini < root.size / 64, `mini sector ${mini} of ${entry.name}`);
      minis.add(mini);
      count++;
    }
    assert.equal(count, Math.ceil(entry.size / 64), entry.name);
  };
  /** Black nodes from here to the leaves, the same on all ways. */
  const checkTree = (id: number, parentIsRed: boolean, order: string[]): number => {
    if (id === FREE) return 1;
    assert.ok(!seen.has(id), `entry ${id} is met twice`);
    seen.add(id);
    const entry = entries[id] as Entry;
    assert.ok(entry.type === 1 || entry.type === 2);
    assert.ok(!(parentIsRed && entry.color === 0), "red below red");
    const left = checkTree(entry.left, entry.color === 0, order);
    order.push(entry.name.toUpperCase());
    const right = checkTree(entry.right, entry.color === 0, order);
    assert.equal(left, right, "black heights");
    if (entry.type === 1) checkStorage(entry);
    else checkStream(entry);
    return left + entry.color;
  };
  const checkStorage = (storage: Entry): void => {
    const order: string[] = [];
    if (storage.child !== FREE) assert.equal(entries[storage.child]?.color, 1, "the top of a tree is black");
    checkTree(storage.child, false, order);
    for (let i = 1; i < order.length; i++) {
      const [a, b] = [order[i - 1] as string, order[i] as string];
      assert.ok(a.length < b.length || (a.length === b.length && a < b), `${a} before ${b}`);
    }
  };
  checkStorage(root);
  entries.forEach((entry, id) => {
    assert.equal(
      entry.type !== 0,
      seen.has(id),
      `entry ${id} "${entry.name}" is reachable if and only if used`,
    );
  });
  const lock = Math.floor(0x7fffff00 / size) - 1;
  fat.forEach((value, sector) => {
    if (sector !== lock)
      assert.equal(value !== FREE, owners.has(sector), `sector ${sector} is somebody's if and only if used`);
  });
  miniFat.forEach((value, mini) => assert.equal(value !== FREE, minis.has(mini), `mini sector ${mini}`));
}
