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
}
