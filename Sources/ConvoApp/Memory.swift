import CMalloc

/// Memory as a process has it.
enum Memory {
    /// glibc gives each thread an arena of its own, eight for each core at most, and each keeps what it once held. With
    /// four, the thread that stores rarely waits for one that reads, and a first sync holds a third less.
    ///
    /// What is held already stays where it is. Other systems' allocators need none of this.
    static func shareArenas() {
        #if canImport(Glibc)
        mallopt(M_ARENA_MAX, 4)
        #endif
    }
}
