public import ConvoModel
public import Synchronization

/// One world for all our processes, one after another or side by side.
public final class SharedWorld: Sendable {
    public let state: Mutex<SimulatedWorld>

    public init(_ world: sending SimulatedWorld) { state = Mutex(world) }

    public var now: VirtualInstant { state.withLock { $0.now } }
    public var clientClock: VirtualInstant { state.withLock { $0.clientClock } }
    public var clientUptime: Uptime { state.withLock { $0.clientUptime } }
    public var audit: Audit { state.withLock { $0.audit } }
    /// What a process of ours that reads its settings now shows.
    public var access: Access { state.withLock { $0.access.source(at: $0.now) } }
    public var server: SimulatedServer { state.withLock { $0.server } }
}
