// A page's bundle has such a file beside it, and this is its address.
declare module "*.wasm" {
  const address: string;
  export default address;
}
