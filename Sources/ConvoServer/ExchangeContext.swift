public import Hummingbird
import NIOCore

/// What a request carries through the server: its connection and its name.
public struct ExchangeContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let correlationID: String
    /// The same in 32 digits, as the router's errors have it.
    let requestID: String
    let arrival: ContinuousClock.Instant

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        let name = UUIDv7(microseconds: WallClock.microseconds())
        (correlationID, requestID) = (name.dashed, name.hex)
        arrival = .now
    }
}
