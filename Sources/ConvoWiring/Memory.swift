import CMalloc

/// Memory as a process has it.
enum Memory {
    /// glibc gives each thread an arena of its own, eight for each core at most, and each keeps what it once held. Threads
    /// that take turns do with two: a first sync holds a third less, and takes as long.
    ///
    /// What is held already stays where it is. Other systems' allocators need none of this.
    static func shareArenas() {
        #if canImport(Glibc)
        mallopt(M_ARENA_MAX, 2)
        #endif
    }
}
