// The system's C library. Every other target gets it by importing this one, and names no system by itself
// (scripts/check-layers).

#if canImport(Darwin)
@_exported public import Darwin
#elseif canImport(Glibc)
@_exported public import Glibc
#elseif canImport(Musl)
@_exported public import Musl
#elseif canImport(Android)
@_exported public import Android
#else
#error("Convo is written for systems with POSIX's interface: Darwin, and Linux with glibc, musl or Bionic.")
#endif

#if !_pointerBitWidth(_64)
#error("Convo counts bytes and microseconds in Int, and so needs a system with 64 bits.")
#endif
