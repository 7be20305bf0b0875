// Files of vectors: their shape is checked where they are read, not by inferring it from 3 MB of numbers.
declare module "*.json" {
  const content: unknown;
  export default content;
}
