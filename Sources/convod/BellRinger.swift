import ConvoStore
import ConvoSync
import Foundation

/// Turns the store's doorbell, which other processes ring, into a signal for this one's engine.
struct BellRinger {
    let wake = WakeSignal()

    /// Hangs the bell up and listens to it on a thread of its own, for the rest of the process: waiting for a FIFO
    /// blocks, and a thread of the concurrency pool must not.
    ///
    /// - Throws: ``StoreError`` where the FIFO can't be made.
    init(beside database: String) throws(StoreError) {
        let bell = try Doorbell(beside: database)
        let wake = wake
        Thread.detachNewThread {
            while true {
                if bell.wait(milliseconds: -1) { wake.ring() }
            }
        }
    }
}
