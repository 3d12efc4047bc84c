/** The machines for which there is a pause program, by Go's names. */
export type PauseArchitecture = 'amd64' | 'arm64';

/*
 * What both programs do, in system calls of Linux (arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h):
 *
 *   rt_sigaction(SIGCHLD, {SIG_IGN}, NULL, 8)         orphans of a shared process namespace are reaped by the kernel
 *   rt_sigprocmask(SIG_BLOCK, {SIGINT, SIGTERM}, NULL, 8)   process 1 gets no signal that it neither handles nor blocks
 *   do signal = rt_sigtimedwait({SIGINT, SIGTERM}, NULL, NULL, 8) while (signal <= 0)
 *   exit_group(0)
 *
 * After the code lie a `struct kernel_sigaction` (handler, flags, restorer, mask: all zero but the handler SIG_IGN = 1)
 * and the signal set.
 */
const sigactionBytes = 32;
const signalSet = (1n << (2n - 1n)) | (1n << (15n - 1n));

const loadAddress = 0x400000;
const elfHeaderBytes = 64;
const programHeaderBytes = 56;
const codeOffset = elfHeaderBytes + programHeaderBytes;

/** A static ELF executable that waits until it is told to end, about 250 bytes. Pure. */
export function pauseProgram(architecture: PauseArchitecture): Buffer {
  const code = architecture === 'amd64' ? amd64Code() : arm64Code();
  const data = Buffer.alloc(sigactionBytes + 8);
  data.writeBigUInt64LE(1n, 0);
  data.writeBigUInt64LE(signalSet, sigactionBytes);
  const size = codeOffset + code.length + data.length;
  return Buffer.concat([elfHeader(architecture), programHeader(size), code, data]);
}

function elfHeader(architecture: PauseArchitecture): Buffer {
  const header = Buffer.alloc(elfHeaderBytes);
  // Magic, 64 bits, little-endian, version 1.
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header);
  // ET_EXEC
  header.writeUInt16LE(2, 16);
  // EM_X86_64, EM_AARCH64
  header.writeUInt16LE(architecture === 'amd64' ? 62 : 183, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(loadAddress + codeOffset), 24);
  header.writeBigUInt64LE(BigInt(elfHeaderBytes), 32);
  header.writeUInt16LE(elfHeaderBytes, 52);
  header.writeUInt16LE(programHeaderBytes, 54);
  header.writeUInt16LE(1, 56);
  return header;
}

/** One PT_LOAD segment, readable and executable: the whole file. */
function programHeader(size: number): Buffer {
  const header = Buffer.alloc(programHeaderBytes);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(5, 4);
  header.writeBigUInt64LE(BigInt(loadAddress), 16);
  header.writeBigUInt64LE(BigInt(loadAddress), 24);
  header.writeBigUInt64LE(BigInt(size), 32);
  header.writeBigUInt64LE(BigInt(size), 40);
  // Pages of arm64 may be 64 KiB.
  header.writeBigUInt64LE(0x10000n, 48);
  return header;
}

function amd64Code(): Buffer {
  const syscall = [0x0f, 0x05];
  const moveEax = (value: number) => [0xb8, value, 0, 0, 0];
  const codeBytes = 76;
  /** `lea rsi|rdi, [rip + …]` of an address behind the code; `at` is the offset of the instruction. */
  const lea = (modrm: number, at: number, target: number) => {
    const bytes = [0x48, 0x8d, modrm, 0, 0, 0, 0];
    bytes[3] = codeBytes + target - (at + bytes.length);
    return bytes;
  };
  const rsi = 0x35;
  const rdi = 0x3d;
  const code = [
    ...[0xbf, 17, 0, 0, 0], //                 0: mov edi, SIGCHLD
    ...lea(rsi, 5, 0), //                      5: lea rsi, [sigaction]
    ...[0x31, 0xd2], //                       12: xor edx, edx
    ...[0x41, 0xba, 8, 0, 0, 0], //           14: mov r10d, 8
    ...moveEax(13), //                        20: rt_sigaction
    ...syscall, //                            25
    ...[0x31, 0xff], //                       27: xor edi, edi (SIG_BLOCK)
    ...lea(rsi, 29, sigactionBytes), //       29: lea rsi, [set]
    ...[0x31, 0xd2], //                       36: xor edx, edx
    ...moveEax(14), //                        38: rt_sigprocmask
    ...syscall, //                            43
    ...lea(rdi, 45, sigactionBytes), //       45: lea rdi, [set]
    ...[0x31, 0xf6], //                       52: xor esi, esi
    ...[0x31, 0xd2], //                       54: xor edx, edx
    ...moveEax(128), //                       56: rt_sigtimedwait
    ...syscall, //                            61
    ...[0x85, 0xc0], //                       63: test eax, eax
    ...[0x7e, (45 - 67) & 0xff], //           65: jle 45
    ...[0x31, 0xff], //                       67: xor edi, edi
    ...moveEax(231), //                       69: exit_group
    ...syscall, //                            74
  ];
  return Buffer.from(code);
}

function arm64Code(): Buffer {
  const svc = 0xd4000001;
  const move = (register: number, value: number) => 0xd2800000 | (value << 5) | register;
  const instructions = 20;
  /** `adr register, …`: an address behind the code, from the instruction with this index. */
  const address = (register: number, index: number, target: number) => {
    const distance = (instructions - index) * 4 + target;
    return 0x10000000 | ((distance & 3) << 29) | ((distance >> 2) << 5) | register;
  };
  const code = [
    move(0, 17), //                             0: SIGCHLD
    address(1, 1, 0), //                        1
    move(2, 0), //                              2
    move(3, 8), //                              3
    move(8, 134), //                            4: rt_sigaction
    svc, //                                     5
    move(0, 0), //                              6: SIG_BLOCK
    address(1, 7, sigactionBytes), //           7
    move(2, 0), //                              8
    move(8, 135), //                            9: rt_sigprocmask
    svc, //                                    10
    address(0, 11, sigactionBytes), //         11
    move(1, 0), //                             12
    move(8, 137), //                           13: rt_sigtimedwait
    svc, //                                    14
    0xf100001f, //                             15: cmp x0, 0
    0x54000000 | (((11 - 16) & 0x7ffff) << 5) | 0xd, // 16: b.le 11
    move(0, 0), //                             17
    move(8, 94), //                            18: exit_group
    svc, //                                    19
  ];
  const bytes = Buffer.alloc(code.length * 4);
  for (const [index, word] of code.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
  return bytes;
}
