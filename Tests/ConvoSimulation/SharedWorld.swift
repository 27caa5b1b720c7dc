// What every process of ours in a simulation holds.

package import ConvoModel
package import Synchronization

/// One world that all our processes share, one after another or side by side.
package final class SharedWorld: Sendable {
    package let state: Mutex<SimulatedWorld>

    package init(_ world: sending SimulatedWorld) { state = Mutex(world) }

    package var now: VirtualInstant { state.withLock { $0.now } }
    package var clientClock: VirtualInstant { state.withLock { $0.clientClock } }
    package var clientUptime: Uptime { state.withLock { $0.clientUptime } }
    package var audit: Audit { state.withLock { $0.audit } }
    /// The server and key of a process of ours that reads its settings now.
    package var access: Access { state.withLock { $0.access.source(at: $0.now) } }
    package var server: SimulatedServer { state.withLock { $0.server } }
}
