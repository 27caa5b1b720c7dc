// One file for each difference between systems: see DESIGN.md.

import CPosix

/// The memory that the C library holds for this process.
package enum HeapMemory {
    /// Gives memory that was freed back to the kernel, where the C library keeps it and can: glibc.
    package static func trim() {
        #if os(Linux)
        convo_trim_heap()
        #endif
    }

    /// Gives back what is held of the program itself, which the kernel maps again where it is needed.
    ///
    /// For a process that lives on: most of what its start needs, the parser of arguments above all, is never needed again.
    package static func releaseProgram() {
        #if os(Linux)
        convo_release_program_pages()
        #endif
    }
}
