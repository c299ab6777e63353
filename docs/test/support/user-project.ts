/** The tsconfig of somebody who uses the package; the tutorials show the same. */
export const userTsconfig: string = `{
  "compilerOptions": {
    "module": "nodenext",
    "target": "es2022",
    "lib": ["es2023", "esnext.disposable"],
    "types": ["node"],
    "strict": true
  }
}
`;
