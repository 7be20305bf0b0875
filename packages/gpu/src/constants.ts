// GPUBufferUsage and the like are globals of browsers; Node has none.

export const STORAGE = 0x80;
export const COPY_SRC = 0x04;
export const COPY_DST = 0x08;
export const UNIFORM = 0x40;
export const MAP_READ = 0x01;
/** GPUMapMode.READ. */
export const READ = 0x01;
/** GPUShaderStage.COMPUTE. */
export const COMPUTE = 0x04;
